// From words, environment and config file to the values of options.
#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "tools/cli_complete.h"
#include "tools/cli_man.h"
#include "tools/cli_page.h"
#include "tools/cli_sources.h"

namespace csn::cli {
namespace {

// A process parses one command line.
std::map<std::string, Setting> origins;  // of the options that are given
po::variables_map defaults;
std::vector<std::string> sections;  // of the program's commands

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

// Calls `store` with every error of Boost's turned into ours, `before` in front of it.
template <typename Store>
void Translated(const po::options_description& options, const std::string& before, Store store) {
  try {
    store();
  } catch (const po::unknown_option& error) {
    FailUnknown(error.get_option_name(), options);
  } catch (const po::validation_error& error) {
    Fail(ErrorCode::kInvalidArgument, "{}{}{}", before, error.what(),
         Expectation(error.get_option_name(), options));
  } catch (const po::error& error) {
    Fail(ErrorCode::kInvalidArgument, "{}{}", before, error.what());
  }
}

bool IsSwitch(const po::options_description& options, const std::string& name) {
  const po::option_description* option = options.find_nothrow(name, false);
  return option != nullptr && option->semantic()->max_tokens() == 0;
}

// Takes "--exact=false" out of the words: Boost's switches know no values.
std::vector<po::option> TakeSwitchValues(std::vector<std::string>& words,
                                         const po::options_description& options) {
  std::vector<po::option> taken;
  const auto end = std::ranges::find(words, "--");
  const auto left = std::remove_if(words.begin(), end, [&](const std::string& word) {
    const size_t equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) return false;
    const std::string name = word.substr(2, equals - 2);
    if (!IsSwitch(options, name)) return false;
    taken.emplace_back(name, std::vector<std::string>{word.substr(equals + 1)});
    taken.back().original_tokens = {word};
    return true;
  });
  words.erase(left, end);
  return taken;
}

void StoreFlags(std::vector<std::string> words, const po::options_description& options,
                const po::positional_options_description& positional, po::variables_map& values) {
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  const std::vector<po::option> switches = TakeSwitchValues(words, options);
  po::parsed_options parsed = po::command_line_parser(words).options(options).style(style).run();
  AssignPositional(parsed, positional);
  parsed.options.insert(parsed.options.end(), switches.begin(), switches.end());
  po::store(parsed, values);
  for (const po::option& option : parsed.options) {
    origins[option.string_key] = {.option = option.string_key, .source = Source::kFlag};
  }
}

// Whether a rival of the option is given by a stronger source.
bool IsRuledOut(const Setting& setting, const Page& page, const po::variables_map& values) {
  for (const std::vector<std::string>& rivals : page.rivals) {
    if (std::ranges::find(rivals, setting.option) == rivals.end()) continue;
    for (const std::string& rival : rivals) {
      const auto found = origins.find(rival);
      if (found == origins.end() || found->second.source >= setting.source) continue;
      // A switch that is off rules out nothing.
      const auto* on = boost::any_cast<bool>(&values[rival].value());
      if (on == nullptr || *on) return true;
    }
  }
  return false;
}

void StoreSettings(const std::vector<Setting>& settings, const Page& page,
                   const po::options_description& options, po::variables_map& values) {
  for (const Setting& setting : settings) {
    if (origins.contains(setting.option) || IsRuledOut(setting, page, values)) continue;
    po::parsed_options parsed(&options);
    parsed.options.emplace_back(setting.option, setting.values);
    Translated(options, setting.origin + ": ", [&] { po::store(parsed, values); });
    origins[setting.option] = setting;
  }
}

std::vector<std::string> SectionsOf(const std::string& section) {
  return sections.empty() ? std::vector<std::string>{section} : sections;
}

void StoreAllSettings(const Page& page, const po::options_description& options,
                      po::variables_map& values) {
  const std::string section = PageName(page, ".");
  const std::vector<PageOption> list = PageOptions(options);
  StoreSettings(EnvironmentSettings(section, list), page, options, values);
  std::optional<std::string> flag;
  if (values.count("config") != 0) flag = values["config"].as<std::string>();
  if (const std::string path = ConfigFile(flag); !path.empty()) {
    StoreSettings(FileSettings(path, section, SectionsOf(section), list), page, options, values);
  }
}

// Whether a message is about the option: names it, or quotes what it was given.
bool Mentions(const std::string& line, const Setting& setting) {
  const std::string flag = "--" + setting.option;
  for (size_t at = 0; (at = line.find(flag, at)) != std::string::npos; at += flag.size()) {
    const size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    if (std::min(end, line.size()) == at + flag.size()) return true;
  }
  return std::ranges::any_of(setting.values, [&](const std::string& value) {
    return line.find("'" + value + "'") != std::string::npos;
  });
}

// True where the page, not the program, is asked for.
bool ShowPage(const Page& page, const po::options_description& options,
              const po::variables_map& values) {
  if (values.count("help") != 0) {
    Print(FormatHelp(page, options));
  } else if (values.count("man") != 0) {
    Print(FormatManPage(page, PageOptions(options), {}));
  } else if (values.count("version") != 0) {
    Print(VersionLine(PageWords(page).front()) + "\n");
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool ParseOptions(const std::vector<std::string>& arguments, const Page& page,
                  po::options_description& options, po::variables_map& values,
                  const po::positional_options_description& positional) {
  po::options_description general(kGeneralGroup);
  general.add_options()("help,h", "this page")("man", "the same as a man page, for man -l -")(
      "version", "the program's version")(
      "config", po::value<std::string>()->value_name("FILE"),
      "take options from this file (default: $CSN_CONFIG, else csn/config in $XDG_CONFIG_HOME or "
      "~/.config)");
  options.add(general);
  if (IsCompletion(arguments)) {
    const std::string section = PageName(page, ".");
    Print(CompleteOptions(
        arguments,
        {.section = section,
         .sections = SectionsOf(section),
         .options = PageOptions(options),
         .positional = positional.max_total_count() == 0 ? "" : positional.name_for_position(0)}));
    return false;
  }
  Translated(options, "", [&] { StoreFlags(arguments, options, positional, values); });
  if (ShowPage(page, options, values)) return false;
  po::store(po::parsed_options(&options), defaults);
  StoreAllSettings(page, options, values);
  Translated(options, "", [&] { po::notify(values); });
  return true;
}

bool IsFlagGiven(const std::string& option) {
  const auto found = origins.find(option);
  return found != origins.end() && found->second.source == Source::kFlag;
}

void ForgetUnlessFlags(po::variables_map& values, std::initializer_list<const char*> options) {
  for (const char* option : options) {
    if (IsFlagGiven(option)) continue;
    origins.erase(option);
    values.erase(option);
    if (defaults.count(option) != 0) values.emplace(option, defaults[option]);
  }
}

std::string OriginNote(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  std::string note;
  for (const auto& [option, setting] : origins) {
    if (setting.source == Source::kFlag || !Mentions(line, setting)) continue;
    note += fmt::format("{}--{} is from {}", note.empty() ? " (" : "; ", option, setting.origin);
  }
  return note.empty() ? "" : note + ")";
}

int RunCommand(const std::vector<std::string>& arguments, const Page& page,
               const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) {
    names.push_back(command.name());
    sections.push_back(PageName(command.page, "."));
  }
  if (IsCompletion(arguments) && arguments.size() <= 2) {
    Print(CompleteCommand(arguments, names));
    return 0;
  }
  const size_t at = IsCompletion(arguments) ? 1 : 0;
  const std::string list = FormatCommands(commands);
  const std::string program = PageName(page, " ");
  Require(!arguments.empty(), "a command is missing, one of:\n{}See {} --help", list, program);
  const std::string& first = arguments[at];
  for (size_t i = 0; i < commands.size(); ++i) {
    if (names[i] != first) continue;
    std::vector<std::string> rest = arguments;
    rest.erase(rest.begin() + static_cast<ptrdiff_t>(at));
    return commands[i].run(rest);
  }
  if (at > 0) return 0;  // nothing is known of an unknown command's words
  if (first == "--help" || first == "-h") {
    Print(FormatHelp(page, commands));
  } else if (first == "--man") {
    Print(FormatManPage(page, {}, commands));
  } else if (first == "--version") {
    Print(VersionLine(program) + "\n");
  } else {
    Fail(ErrorCode::kInvalidArgument, "unknown command '{}'{}; the commands are:\n{}See {} --help",
         first, DidYouMean(NearestNames(first, names)), list, program);
  }
  return 0;
}

}  // namespace csn::cli
