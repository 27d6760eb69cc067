#include "tests/support/test_support.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/random.h"

namespace csn::test {
namespace {

// This process's environment with the built programs first on PATH and nothing that gives them
// options, as "NAME=value" lines.
std::vector<std::string> ChildEnvironment() {
  const char* path = std::getenv("PATH");
  std::vector<std::string> lines = {
      std::string("PATH=") + CSN_BIN_DIR + ":" + (path == nullptr ? "/usr/bin:/bin" : path),
      "CSN_CONFIG=/dev/null"};
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string_view text = *line;
    if (!text.starts_with("PATH=") && !text.starts_with("CSN_")) lines.emplace_back(text);
  }
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts `sh -c command` with its output going to the two files.
pid_t Spawn(const std::string& command, const std::string& folder, const std::string& out,
            const std::string& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), flags, 0600);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<std::string> arguments = {"sh", "-c", command};
  std::vector<std::string> environment = ChildEnvironment();
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &actions, nullptr, Pointers(arguments).data(),
                                Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "starting " + command);
  return child;
}

}  // namespace

TempDir::TempDir() {
  path_ = (std::filesystem::temp_directory_path() / "csn_test.XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "making " + path_);
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ProcessResult RunCommand(const std::string& command, const std::string& folder) {
  const TempDir output;
  const pid_t child = Spawn(command, folder, output / "out", output / "err");
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waiting");
  }
  return {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .out = ReadTextFile(output / "out"),
          .err = ReadTextFile(output / "err")};
}

void WriteText(const std::string& path, std::string_view text) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  // Not by base/file.h: syncing every one of thousands of files takes longer than the tests.
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "writing " + path);
}

Image TestImage(int width, int height, int shade) {
  Image image{.width = width, .height = height, .rgb = {}};
  image.rgb.reserve(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool square = std::abs(2 * x + 1 - width) * 2 < std::min(width, height) &&
                          std::abs(2 * y + 1 - height) * 2 < std::min(width, height);
      for (const int channel : {shade, 255 - shade, 128}) {
        image.rgb.push_back(static_cast<uint8_t>(square ? channel / 2 : channel));
      }
    }
  }
  return image;
}

void WritePng(const std::string& path, const Image& image) {
  const std::vector<uint8_t> png = EncodePng(image);
  WriteText(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

EmbeddingWorld MakeEmbeddingWorld(size_t n, size_t d, size_t notions, uint64_t seed) {
  Rng rng(seed);
  Matrix embeddings(n, d);
  for (size_t i = 0; i < n; ++i) {
    // One row in eight repeats an earlier one: catalogues are full of duplicates.
    const bool duplicate = i > 0 && rng.Below(8) == 0;
    const size_t source = duplicate ? rng.Below(i) : i;
    for (size_t k = 0; k < d; ++k) {
      embeddings.Row(i)[k] =
          duplicate ? embeddings.Row(source)[k] : static_cast<float>(rng.Normal());
    }
  }
  // About half the weights are zero; every notion keeps one that is not.
  Matrix weights(notions, d);
  for (size_t c = 0; c < notions; ++c) {
    for (size_t k = 0; k < d; ++k) {
      const bool live = k == c % d || rng.Below(2) == 0;
      if (live) weights.Row(c)[k] = static_cast<float>(rng.Uniform(0.1, 1.5));
    }
    if (d > 1) weights.Row(c)[(c + 1) % d] = 0;
  }
  return {std::move(embeddings), MaskTable(std::move(weights))};
}

}  // namespace csn::test
