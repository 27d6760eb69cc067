#include "tests/bench/programs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "tests/bench/pair.h"

namespace csn::bench {
namespace {

pid_t Start(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
  return child;
}

}  // namespace

Cost RunProgram(const std::vector<std::string>& command) {
  std::vector<std::string> started = command;
  if (started[0].find('/') == std::string::npos) started[0] = CSN_BIN_DIR "/" + started[0];
  Cost cost;
  int status = 0;
  rusage usage{};
  cost.seconds = Seconds([&] {
    const pid_t child = Start(started);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
  });
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(fmt::format("{} failed", fmt::join(started, " ")));
  }
  cost.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return cost;
}

}  // namespace csn::bench
