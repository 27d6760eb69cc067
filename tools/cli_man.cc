#include "tools/cli_man.h"

#include <string_view>

#include "base/text.h"
#include "tools/cli_sources.h"

namespace csn::cli {
namespace {

// As roff prints it: a hyphen may be typed, quotes stay straight, no line is a request.
std::string Roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool begins = escaped.empty() || escaped.back() == '\n';
    switch (c) {
      case '\\':
        escaped += "\\(rs";
        break;
      case '-':
        escaped += "\\-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        escaped += "\\(ga";
        break;
      case '^':
        escaped += "\\(ha";
        break;
      case '~':
        escaped += "\\(ti";
        break;
      case '.':
        escaped += begins ? "\\&." : ".";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Bold(std::string_view text) { return "\\fB" + Roff(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + Roff(text) + "\\fR"; }
std::string Section(const std::string& name) { return ".SH " + name + "\n"; }
std::string Entry(const std::string& head, const std::string& text) {
  return ".TP\n" + head + "\n" + text + "\n";
}

std::string OptionEntry(const PageOption& option) {
  std::string head = option.short_name.empty() ? "" : Bold(option.short_name) + ", ";
  head += Bold("--" + option.name);
  if (!option.value.empty()) head += " " + Italic(option.value);
  std::string text = Roff(option.about);
  if (!option.default_value.empty()) text += " (default: " + Roff(option.default_value) + ")";
  return Entry(head, text);
}

std::string OptionSections(const std::vector<PageOption>& options) {
  std::string text = Section("OPTIONS"), group;
  for (const PageOption& option : options) {
    if (option.group != group) text += ".SS \"" + Roff(option.group) + "\"\n";
    group = option.group;
    text += OptionEntry(option);
  }
  return text;
}

std::string CommandSection(const std::vector<Command>& commands) {
  std::string text = Section("COMMANDS");
  for (const Command& command : commands) {
    text += Entry(Bold(PageName(command.page, "-")) + "(1)", Roff(command.page.summary));
  }
  return text;
}

// Lines indented by two columns, or going on after a backslash, are a command; those by six say
// what it does.
std::string ExampleSection(const std::string& examples) {
  std::string text = Section("EXAMPLES"), before;
  bool about = false;  // of the line before
  for (const std::string& line : SplitText(examples, '\n')) {
    if (line.empty()) continue;
    const bool goes_on = before.ends_with('\\');
    const bool says = !goes_on && line.starts_with("      ");
    if (says && !about) text += ".EE\n.RS 4\n";
    if (!says && about) text += ".RE\n";
    if (!says && !goes_on) text += ".PP\n.EX\n";
    text += Roff(says ? Trim(line) : std::string_view(line).substr(2)) + "\n";
    about = says;
    before = line;
  }
  return text + ".RE\n";
}

std::string EnvironmentSection(const std::string& section, const std::vector<PageOption>& options) {
  std::string text = Section("ENVIRONMENT") +
                     "A flag goes before the environment, and that before the config file.\n";
  for (const PageOption& option : options) {
    if (option.group == kGeneralGroup) continue;
    std::string head = Bold(EnvironmentName(section, option.name));
    for (const char* shared : kSharedOptions) {
      if (option.name == shared) head += ", " + Bold(EnvironmentName("csn", shared));
    }
    text += Entry(head, Bold("--" + option.name));
  }
  return text + Entry(Bold("CSN_CONFIG"), Bold("--config"));
}

std::string FileSection(const std::string& section) {
  return Section("FILES") +
         Entry(Italic("$XDG_CONFIG_HOME/csn/config") + ", " + Italic("~/.config/csn/config"),
               "Lines " + Italic("option = value") + ". Those below [" + Roff(section) +
                   "] are for this program; those above every section are for all programs:\n"
                   "index, threads, format, progress. A switch takes true or false. Lines that\n"
                   "begin with # are comments.");
}

}  // namespace

std::string FormatManPage(const Page& page, const std::vector<PageOption>& options,
                          const std::vector<Command>& commands) {
  const std::string name = PageName(page, "-"), section = PageName(page, "."),
                    words = PageName(page, " ");
  // Flags and file names are not to be broken or spread.
  std::string text = fmt::format(".nr HY 0\n.TH {} 1 \"\" \"{}\" \"csn\"\n.ad l\n", Roff(name),
                                 VersionLine("csn"));
  text += Section("NAME") + Roff(name) + " \\- " + Roff(page.summary) + "\n";
  text += Section("SYNOPSIS") + Bold(words) + Roff(page.usage.substr(words.size())) + "\n";
  text += Section("DESCRIPTION") + Roff(page.about) + "\n";
  if (!commands.empty()) text += CommandSection(commands);
  if (!options.empty()) text += OptionSections(options);
  text += ExampleSection(page.examples);
  if (!options.empty()) text += EnvironmentSection(section, options) + FileSection(section);
  return text + Section("EXIT STATUS") + Roff(ExitStatuses());
}

}  // namespace csn::cli
