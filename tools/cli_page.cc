#include "tools/cli_page.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "tools/cli_sources.h"

namespace csn::cli {
namespace {

constexpr char kExitStatuses[] =
    "0 done; 1 failed while running; 2 wrong usage; 3 not found; 4 done, but rows\n"
    "were rejected or lines of a batch failed; 5 damaged data; 6 model and index do not match;\n"
    "7 target not reached; 8 locked by another writer; 130 or 143 ended by SIGINT or SIGTERM.\n";

// The caption that each option stands under. Boost tells its groups to nobody, but prints them.
std::vector<std::string> GroupsOf(const po::options_description& options) {
  std::ostringstream text;
  text << options;
  std::vector<std::string> groups;
  std::string group;
  for (const std::string& line : SplitText(text.str(), '\n')) {
    if (line.starts_with("  -")) {
      groups.push_back(group);
    } else if (!line.starts_with(' ') && line.ends_with(':')) {
      group = line.substr(0, line.size() - 1);
    }
  }
  return groups;
}

std::string Head(const Page& page) { return "Usage: " + page.usage + "\n\n" + page.about + "\n"; }

std::string Tail(const Page& page) {
  return "\nExamples:\n" + page.examples + "\nExit status: " + kExitStatuses;
}

}  // namespace

std::vector<PageOption> PageOptions(const po::options_description& options) {
  const std::vector<std::string> groups = GroupsOf(options);
  std::vector<PageOption> list;
  for (const auto& option : options.options()) {
    PageOption& added = list.emplace_back();
    added.name = option->long_name();
    const std::string shown =
        option->canonical_display_name(po::command_line_style::allow_dash_for_short);
    if (shown != added.name) added.short_name = shown;
    // "N (=10)"
    const std::string parameter = option->format_parameter();
    const size_t at = parameter.find(" (=");
    added.value = parameter.substr(0, at);
    if (at != std::string::npos) {
      added.default_value = parameter.substr(at + 3, parameter.size() - at - 4);
    }
    added.about = option->description();
    if (list.size() <= groups.size()) added.group = groups[list.size() - 1];
    const auto* typed = dynamic_cast<const po::typed_value_base*>(option->semantic().get());
    added.repeatable = typed != nullptr && typed->value_type() == typeid(std::vector<std::string>);
  }
  return list;
}

std::vector<std::string> PageWords(const Page& page) {
  std::vector<std::string> words = SplitText(page.usage, ' ');
  words.erase(std::ranges::find_if(words,
                                   [](const std::string& word) {
                                     return word.empty() || word[0] < 'a' || word[0] > 'z';
                                   }),
              words.end());
  return words;
}

std::string PageName(const Page& page, const std::string& separator) {
  return fmt::format("{}", fmt::join(PageWords(page), separator));
}

std::string Command::name() const { return PageWords(page).back(); }

std::string ExitStatuses() { return kExitStatuses; }

std::string FormatHelp(const Page& page, const po::options_description& options) {
  std::ostringstream text;
  text << options;
  return Head(page) + text.str() +
         fmt::format(
             "\nOptions are also taken from the environment ({}) and a config file, as\n"
             "{} --man says.\n",
             EnvironmentName(PageName(page, "."), "OPTION"), PageName(page, " ")) +
         Tail(page);
}

std::string FormatHelp(const Page& page, const std::vector<Command>& commands) {
  return Head(page) +
         fmt::format("\nCommands ({} COMMAND --help says more):\n", PageName(page, " ")) +
         FormatCommands(commands) + Tail(page);
}

std::string FormatCommands(const std::vector<Command>& commands) {
  std::string list;
  for (const Command& command : commands) {
    list += fmt::format("  {:<10}  {}\n", command.name(), command.page.summary);
  }
  return list;
}

}  // namespace csn::cli
