#include "tools/cli.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/utf8.h"

namespace csn::cli {
namespace {

constexpr char kSpinVariable[] = "GOMP_SPINCOUNT";
constexpr char kShortSpin[] = "1000";  // some microseconds, where the default is milliseconds

StopFlag stop_flag;
char** program_arguments = nullptr;  // main()'s
std::string program_name;            // its file's

// The second signal, whichever it is, finds the default again, which ends the program at once.
extern "C" void RequestStop(int signal) {
  stop_flag.signal.store(signal);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool InstallSignals() {
  struct sigaction action {};
  action.sa_handler = RequestStop;
  action.sa_flags = SA_RESTART;
  return sigaction(SIGINT, &action, nullptr) == 0 && sigaction(SIGTERM, &action, nullptr) == 0;
}

void OpenClosedStreams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    // open() takes the lowest number that is free: this one.
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0) return;
  }
}

int Report(const std::string& message, int status) {
  Note(program_name + ": error: " + message + OriginNote(message));
  return status;
}

}  // namespace

int RunMain(int argc, char** argv,
            const std::function<int(const std::vector<std::string>&)>& body) {
  OpenClosedStreams();
  std::signal(SIGPIPE, SIG_IGN);
  program_arguments = argv;
  program_name = std::filesystem::path(argc > 0 ? argv[0] : "csn").filename().string();
  try {
    return body(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const Error& error) {
    const bool interrupted = error.code() == ErrorCode::kInterrupted;
    return Report(error.what(), interrupted ? InterruptedStatus() : ExitStatus(error.code()));
  } catch (const std::bad_alloc&) {
    return Report("out of memory", ExitStatus(ErrorCode::kFailed));
  } catch (const std::exception& error) {
    return Report(error.what(), ExitStatus(ErrorCode::kFailed));
  }
}

void RestartWithShortSpins() {
  if (std::getenv(kSpinVariable) != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv(kSpinVariable, kShortSpin, 1);
  // By its own path, so that the process keeps its name; not where it runs inside another program,
  // such as valgrind. Where it fails, all goes on as it is.
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || program.filename() != program_name) return;
  execv(program.c_str(), program_arguments);
}

const StopFlag& Stop() {
  [[maybe_unused]] static const bool installed = InstallSignals();
  return stop_flag;
}

int InterruptedStatus() {
  const int signal = stop_flag.signal.load();
  return signal == 0 ? ExitStatus(ErrorCode::kInterrupted) : 128 + signal;
}

std::string VersionLine(const std::string& program) { return program + " " CSN_VERSION; }

bool Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return true;
  }
  if (errno == EPIPE) return false;
  Fail(ErrorCode::kFailed, "writing to stdout: {}", std::strerror(errno));
}

void PrintJson(const nlohmann::ordered_json& json) {
  Print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void WriteToStderr(const std::string& text) {
  [[maybe_unused]] const size_t written = std::fwrite(text.data(), 1, text.size(), stderr);
}

void Note(const std::string& line) {
  std::string text;
  for (const std::string& part : SplitText(line, '\n')) text += EscapeForTerminal(part) + "\n";
  WriteToStderr(text);
}

bool IsPlainWord(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:/=,").find(c) != std::string_view::npos;
  });
}

std::string ShellQuoted(const std::string& text) {
  if (IsPlainWord(text)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandLine(const std::string& program, const std::vector<std::string>& arguments) {
  std::string line = program;
  for (const std::string& argument : arguments) line += " " + ShellQuoted(argument);
  return line;
}

bool StdoutIsTerminal() { return isatty(STDOUT_FILENO) == 1; }

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace csn::cli
