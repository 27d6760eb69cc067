#include "tools/report/open_page.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace csn {
namespace {

constexpr char kOpener[] = "xdg-open";
// A browser that is still running then has started.
constexpr std::chrono::seconds kPatience(5);
constexpr std::chrono::milliseconds kGlance(20);

std::string NewPagePath() {
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "csn-query-XXXXXX.html";
  constexpr int kSuffix = 5;
  const int fd = error ? -1 : mkstemps(path.data(), kSuffix);
  if (fd < 0) {
    Fail(ErrorCode::kFailed, "--open: making {}: {}", path,
         error ? error.message() : std::strerror(errno));
  }
  close(fd);
  return path;
}

// Its own session, so that Ctrl-C in our terminal is not the browser's end.
pid_t Start(const std::string& path) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string opener = kOpener, file = path;
  char* arguments[] = {opener.data(), file.data(), nullptr};
  pid_t child = 0;
  const int fault = posix_spawnp(&child, kOpener, nullptr, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) {
    Fail(ErrorCode::kFailed, "--open: running {} (package xdg-utils): {}; the page is {}", kOpener,
         std::strerror(fault), path);
  }
  return child;
}

}  // namespace

std::string OpenPage(const std::string& html) {
  std::string path = NewPagePath();
  WriteFileAtomically(path, html);
  const pid_t child = Start(path);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == 0) {
      std::this_thread::sleep_for(kGlance);
      continue;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
    Fail(ErrorCode::kFailed, "--open: {} found nothing to open it with; the page is {}", kOpener,
         path);
  }
  return path;
}

}  // namespace csn
