#include "tools/bench/peers.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

extern char** environ;

namespace csn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "csn_peer_";

fs::path ProgramFolder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

// What a program wrote to its stdout, once it has ended well.
std::string OutputOf(const std::string& program, const std::vector<std::string>& arguments,
                     const StopFlag* stop) {
  ThrowIfStopped(stop);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    Fail(ErrorCode::kFailed, "{}: no pipe: {}", program, std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  if (error == 0) {
    std::array<char, 4096> some;
    ssize_t got = 0;
    while ((got = read(ends[0], some.data(), some.size())) > 0 || (got < 0 && errno == EINTR)) {
      if (got > 0) output.append(some.data(), static_cast<size_t>(got));
    }
  }
  close(ends[0]);
  if (error != 0) {
    Fail(ErrorCode::kFailed, "{}: cannot be started: {}", program, std::strerror(error));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ThrowIfStopped(stop);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    Fail(ErrorCode::kFailed, "{}: ended with {} {}", program,
         WIFEXITED(status) ? "status" : "signal",
         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  }
  return output;
}

PeerResult ParseResult(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line);
  PeerResult result;
  json.at("plan").get_to(result.plan);
  json.at("ef").get_to(result.ef);
  json.at("asked").get_to(result.asked);
  json.at("queries_per_second").get_to(result.queries_per_second);
  json.at("p50").get_to(result.p50);
  json.at("p99").get_to(result.p99);
  json.at("build_seconds").get_to(result.build_seconds);
  json.at("bytes").get_to(result.bytes);
  return result;
}

}  // namespace

std::vector<std::string> BuiltPeers() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(ProgramFolder())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) names.push_back(name.substr(kPrefix.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void WriteRowsFile(const std::string& path, MatrixView rows) {
  WriteFileUnsynced(
      path, {reinterpret_cast<const uint8_t*>(rows.data), rows.rows * rows.cols * sizeof(float)});
}

std::vector<PeerResult> RunPeer(const PeerJob& job) {
  const std::string queries = job.scratch + ".queries";
  WriteFileUnsynced(queries, {reinterpret_cast<const uint8_t*>(job.queries.data()),
                              job.queries.size() * sizeof(uint32_t)});
  const std::string program = ProgramFolder() / (std::string(kPrefix) + job.peer);
  std::istringstream lines(
      OutputOf(program,
               {job.key, std::to_string(job.links), job.rows_file, std::to_string(job.rows),
                std::to_string(job.dim), queries, std::to_string(job.queries.size()),
                std::to_string(job.together), std::to_string(job.k), fmt::format("{}", job.seconds),
                job.scratch},
               job.stop));
  std::vector<PeerResult> results;
  const std::vector<uint8_t> bytes = ReadFile(job.scratch);
  const size_t each = job.queries.size() * job.k * sizeof(uint32_t);
  try {
    for (std::string line; std::getline(lines, line);) {
      PeerResult& result = results.emplace_back(ParseResult(line));
      Require(bytes.size() >= results.size() * each, "too few hits");
      const uint8_t* from = bytes.data() + (results.size() - 1) * each;
      for (size_t i = 0; i < job.queries.size(); ++i) {
        std::vector<uint32_t>& hits = result.found.emplace_back(job.k);
        std::memcpy(hits.data(), from + i * job.k * sizeof(uint32_t), job.k * sizeof(uint32_t));
      }
    }
  } catch (const std::exception& error) {
    Fail(ErrorCode::kFailed, "{}: not an answer: {}", program, error.what());
  }
  return results;
}

}  // namespace csn
