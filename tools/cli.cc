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
#include <sstream>

#include "base/text.h"
#include "base/utf8.h"

namespace csn::cli {
namespace {

constexpr char kExitStatuses[] =
    "Exit status: 0 done; 1 failed while running; 2 wrong usage; 3 not found; 4 done, but rows\n"
    "were rejected or lines of a batch failed; 5 damaged data; 6 model and index do not match;\n"
    "8 locked by another writer; 130 or 143 ended by SIGINT or SIGTERM.\n";

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

std::string FirstWord(const std::string& text) { return text.substr(0, text.find(' ')); }

void PrintPage(const Page& page, const po::options_description& options) {
  std::ostringstream text;
  text << "Usage: " << page.usage << "\n\n" << page.about << "\n" << options;
  if (!page.examples.empty()) text << "\nExamples:\n" << page.examples;
  text << "\n" << kExitStatuses;
  Print(text.str());
}

[[noreturn]] void FailUnknown(const std::string& flag, const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  Fail(ErrorCode::kInvalidArgument, "unknown option '{}'{}", flag,
       DidYouMean(NearestNames(flag, names)));
}

// What is no flag, put to the names of `positional`.
void AssignPositional(po::parsed_options& parsed,
                      const po::positional_options_description& positional) {
  for (po::option& option : parsed.options) {
    if (option.position_key < 0) continue;
    const auto position = static_cast<unsigned>(option.position_key);
    Require(position < positional.max_total_count(), "unexpected argument '{}'",
            option.value.empty() ? "" : option.value.front());
    option.string_key = positional.name_for_position(position);
  }
}

// What the option takes, for the end of a message.
std::string Expectation(const std::string& flag, const po::options_description& options) {
  const size_t start = std::min(flag.find_first_not_of('-'), flag.size());
  const po::option_description* option = options.find_nothrow(flag.substr(start), false);
  const auto* typed = option == nullptr
                          ? nullptr
                          : dynamic_cast<const po::typed_value_base*>(option->semantic().get());
  if (typed == nullptr) return "";
  if (typed->value_type() == typeid(int64_t)) return "; expected a whole number";
  return typed->value_type() == typeid(double) ? "; expected a number" : "";
}

// Boost's values with every error of its own turned into ours.
void Store(const std::vector<std::string>& arguments, po::options_description& options,
           po::variables_map& values, const po::positional_options_description& positional) {
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    po::parsed_options parsed =
        po::command_line_parser(arguments).options(options).style(style).run();
    AssignPositional(parsed, positional);
    po::store(parsed, values);
    if (values.count("help") == 0 && values.count("version") == 0) po::notify(values);
  } catch (const po::unknown_option& error) {
    FailUnknown(error.get_option_name(), options);
  } catch (const po::validation_error& error) {
    Fail(ErrorCode::kInvalidArgument, "{}{}", error.what(),
         Expectation(error.get_option_name(), options));
  } catch (const po::error& error) {
    Fail(ErrorCode::kInvalidArgument, "{}", error.what());
  }
}

int Report(const std::string& message, int status) {
  Note(program_name + ": error: " + message);
  return status;
}

}  // namespace

bool ParseOptions(const std::vector<std::string>& arguments, const Page& page,
                  po::options_description& options, po::variables_map& values,
                  const po::positional_options_description& positional) {
  po::options_description general("General");
  general.add_options()("help,h", "this page")("version", "the program's version");
  options.add(general);
  Store(arguments, options, values, positional);
  if (values.count("help") != 0) {
    PrintPage(page, options);
    return false;
  }
  if (values.count("version") != 0) {
    Print(VersionLine(FirstWord(page.usage)) + "\n");
    return false;
  }
  return true;
}

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

int RunCommand(const std::vector<std::string>& arguments, const Page& page,
               const std::vector<Command>& commands) {
  std::string list;
  std::vector<std::string> names;
  for (const Command& command : commands) {
    list += fmt::format("  {:<10} {}\n", command.name, command.about);
    names.push_back(command.name);
  }
  const std::string program = FirstWord(page.usage);
  Require(!arguments.empty(), "a command is missing, one of:\n{}See {} --help", list, program);
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h") {
    Print(fmt::format("Usage: {}\n\n{}\n\nCommands ({} COMMAND --help says more):\n{}", page.usage,
                      page.about, program, list) +
          (page.examples.empty() ? "" : "\nExamples:\n" + page.examples) + "\n" + kExitStatuses);
    return 0;
  }
  if (first == "--version") {
    Print(VersionLine(program) + "\n");
    return 0;
  }
  for (const Command& command : commands) {
    if (command.name == first) return command.run({arguments.begin() + 1, arguments.end()});
  }
  Fail(ErrorCode::kInvalidArgument, "unknown command '{}'{}; the commands are:\n{}See {} --help",
       first, DidYouMean(NearestNames(first, names)), list, program);
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
