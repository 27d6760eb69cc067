// What every program shares: options and help, exit statuses, signals, progress. Programs hold no
// other try/catch, but for one around each line of a batch of queries and one around what a shell
// asks at its completion key.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/device.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/stop.h"
#include "indexer/photograph_stream.h"
#include "storage/catalogue.h"

namespace csn::cli {

namespace po = boost::program_options;

// A program's (or subcommand's) page. Help, man pages, completion, the names of environment
// variables and the config file's sections are all made from it and the options.
struct Page {
  std::string usage;     // begins with the program's name, and a subcommand's behind it
  std::string summary;   // some words: what lists and man pages say of it
  std::string about;     // a paragraph
  std::string examples;  // three commands, indented by two, each with what it does, by six
  // Sets of options that exclude each other: what one place says gives way to what a stronger one
  // (flag, environment, config file) says of another.
  std::vector<std::vector<std::string>> rivals = {};
};

// Parses argv against `options` (which gets --help, --man, --version and --config added), then
// gives those that no flag gives the values of the environment and of the config file
// (docs/cli.md). Prints what is asked for and returns false for --help, --man and --version, and
// for a shell's question at its completion key. Throws Error(kInvalidArgument) naming the flag,
// variable or key for unknown, repeated, missing or malformed ones, with near names where there are
// any, Error(kNotFound) where the config file that was named is not there. No abbreviations are
// guessed. Once a process.
bool ParseOptions(const std::vector<std::string>& arguments, const Page& page,
                  po::options_description& options, po::variables_map& values,
                  const po::positional_options_description& positional = {});

// Whether the command line gives the option. For checks of flags that need or exclude each other:
// what is said once, for many runs, must not spoil a run that has no use for it.
bool IsFlagGiven(const std::string& option);
// Gives these options the values that they have without being given, but for those of flags.
void ForgetUnlessFlags(po::variables_map& values, std::initializer_list<const char*> options);
// " (--k is from config FILE, line 3, k)" where the message's first line names an option, or quotes
// its value, that the environment or the config file gave, else "".
std::string OriginNote(const std::string& message);

// Runs a program: body(arguments after the program's name) returns the exit status; an Error
// becomes one line on stderr
// ("csn_index: error: ...") and its status, by a signal 128 + signal, anything else status 1.
// Where stdin, stdout or stderr is closed, it becomes /dev/null, so that no file that is opened
// later is taken for it.
int RunMain(int argc, char** argv, const std::function<int(const std::vector<std::string>&)>& body);

// For programs about to use LibTorch, under RunMain: starts the program anew, once. GNU OpenMP's
// threads spin for milliseconds at each of LibTorch's many barriers, and where anything else wants
// a core, that makes it several times slower (docs/training.md). How long they spin is read from
// the environment before main() begins, hence the new start. What the user has set there stands.
void RestartWithShortSpins();

// Runs the subcommand named by arguments[0]; with --help or --man prints `page` and the list,
// without one throws Error(kInvalidArgument) that lists them.
struct Command {
  Page page;
  std::function<int(const std::vector<std::string>&)> run;  // gets the arguments behind the name
  std::string name() const;                                 // the last word of the page's name
};
int RunCommand(const std::vector<std::string>& arguments, const Page& page,
               const std::vector<Command>& commands);

// From the first call on SIGINT and SIGTERM set the flag, and a second one ends the program at
// once; until then the first does. For work that has something to keep or to clean up.
const StopFlag& Stop();
// Exit status of work that a signal ended early but that kept what it had.
int InterruptedStatus();

// "csn_index 0.1.0"
std::string VersionLine(const std::string& program);

// Writes to stdout. Throws Error(kFailed) where it cannot be written; false where the reader of a
// pipe has gone, which is no error and nobody's to be told.
bool Print(const std::string& text);
// The same on one line as JSON, whatever bytes its texts hold.
void PrintJson(const nlohmann::ordered_json& json);
// Writes to stderr, as it is or as a line without control characters. What cannot be written is
// dropped: nobody is there to read of it.
void WriteToStderr(const std::string& text);
void Note(const std::string& line);
// True where a shell, and a terminal, takes the text as it is.
bool IsPlainWord(const std::string& text);
// As it is typed into a shell.
std::string ShellQuoted(const std::string& text);
// How a program was called, to be typed again.
std::string CommandLine(const std::string& program, const std::vector<std::string>& arguments);
bool StdoutIsTerminal();
std::string Grouped(uint64_t number);  // 1234567 -> "1,234,567"; for people only

// The value of an option declared as po::value<int64_t>() or <double>(), checked: boost itself
// would take -1 for an unsigned number. Throws Error(kInvalidArgument) naming flag and range.
int64_t IntegerOption(const po::variables_map& values, const std::string& name, int64_t low,
                      int64_t high);
double NumberOption(const po::variables_map& values, const std::string& name, double low,
                    double high);

// Adds --threads N (0: all processors), and reads it.
void AddThreadsOption(po::options_description& options);
void AddDeviceOption(po::options_description& options, const std::string& what = "the network");
Device DeviceOption(const po::variables_map& values);
int ThreadsOption(const po::variables_map& values);

// Adds --index DIR; IndexOption throws Error(kInvalidArgument) where nothing gives it.
void AddIndexOption(po::options_description& options);
std::string IndexOption(const po::variables_map& values);

// Adds --format table|jsonl|json: a table on a terminal, JSON lines elsewhere. (json is the same:
// each program prints one object, csn_index verify one a file.)
void AddFormatOption(po::options_description& options);
bool WantsTable(const po::variables_map& values);

// Adds --column NAME:TYPE (repeatable) and --allow-outside.
void AddColumnOptions(po::options_description& options);
// Adds --catalogue, the column options and --rejects FILE; `default_rejects` says in words where
// they go without it.
void AddCatalogueOptions(po::options_description& options, const std::string& default_rejects);
Catalogue OpenCatalogue(const std::string& path, const po::variables_map& values);
// --rejects, or `fallback`.
std::string RejectPath(const po::variables_map& values, const std::string& fallback);
// Says on stderr, as --progress has it, what was rejected, and returns the exit status: 0, or 4
// where anything was.
int FinishRejects(const po::variables_map& values, const StreamCounts& counts,
                  const std::string& path);

// Adds --progress none|plain|json (default: a bar on a terminal, plain lines otherwise).
void AddProgressOption(po::options_description& options);
// A sink that draws a bar with rate and time left on a terminal (at most 10 times a second), writes
// a plain line a stage every few seconds otherwise, or JSON lines, all to stderr and without
// colours. Thread-safe.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(const po::variables_map& values);
  ~ProgressPrinter();  // ends the bar's line
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;
  ProgressSink sink();
  // A whole line that does not break the bar: {"note": text} in JSON, nothing under `none`.
  void Line(const std::string& text);
  // The same for what must be known whatever was asked for: {"warning": text} in JSON.
  void Warn(const std::string& text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn::cli
