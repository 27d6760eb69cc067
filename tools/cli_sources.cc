#include "tools/cli_sources.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace csn::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kAllPrograms[] = "csn";
constexpr uint64_t kMaxConfigBytes = 1 << 20;

// "" where it is not set.
std::string Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool IsShared(const std::string& option) {
  return std::ranges::find(kSharedOptions, option) != std::end(kSharedOptions);
}

const PageOption* FindOption(const std::vector<PageOption>& options, const std::string& name) {
  const auto found = std::ranges::find_if(options, [&](const PageOption& option) {
    return option.name == name && option.group != kGeneralGroup;
  });
  return found == options.end() ? nullptr : &*found;
}

std::string DefaultConfigFile() {
  fs::path folder = Variable("XDG_CONFIG_HOME");
  // By the XDG base directory specification a relative one counts for nothing.
  if (!folder.is_absolute()) {
    const std::string home = Variable("HOME");
    if (home.empty()) return "";
    folder = fs::path(home) / ".config";
  }
  return folder / kAllPrograms / "config";
}

struct Line {
  std::string section;  // "" above the first
  std::string key;
  std::string value;
  std::string where;  // "config FILE, line 3"
};

std::vector<Line> ReadLines(const std::string& path) {
  std::vector<Line> lines;
  std::string section;
  size_t number = 0;
  for (const std::string& line : SplitText(ReadTextFile(path, kMaxConfigBytes), '\n')) {
    ++number;
    const std::string_view text = Trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    const std::string where = fmt::format("config {}, line {}", path, number);
    if (text.front() == '[' && text.back() == ']') {
      section = Trim(text.substr(1, text.size() - 2));
      // Kept though it holds nothing, so that a name of nothing is found out.
      Require(!section.empty(), "{}: expected [SECTION], got an empty name", where);
      lines.push_back({section, "", "", where});
      continue;
    }
    const size_t equals = text.find('=');
    const std::string key(Trim(text.substr(0, equals)));
    Require(equals != std::string::npos && !key.empty(),
            "{}: expected KEY = VALUE or [SECTION], got '{}'", where, text);
    lines.push_back({section, key, std::string(Trim(text.substr(equals + 1))), where});
  }
  return lines;
}

// Of other programs only the names are known, not their commands.
void CheckSection(const Line& line, const std::vector<std::string>& sections) {
  const auto program = [](const std::string& section) {
    return section.substr(0, section.find('.'));
  };
  std::vector<std::string> known = sections;
  for (const std::string& name : SplitText(CSN_PROGRAMS, ' ')) {
    if (name == program(sections.front())) continue;
    if (name == program(line.section)) return;
    known.push_back(name);
  }
  if (std::ranges::find(sections, line.section) != sections.end()) return;
  const std::vector<std::string> near = NearestNames(line.section, known);
  Fail(ErrorCode::kInvalidArgument, "{}: unknown section [{}]{}", line.where, line.section,
       near.empty() ? fmt::format("; expected one of {}", fmt::join(known, ", "))
                    : DidYouMean(near));
}

// A key of the program's own section, or of all programs.
void CheckKey(const Line& line, const std::string& section,
              const std::vector<PageOption>& options) {
  std::vector<std::string> known;
  if (!line.section.empty()) {
    if (FindOption(options, line.key) != nullptr) return;
    for (const PageOption& option : options) {
      if (option.group != kGeneralGroup) known.push_back(option.name);
    }
    Fail(ErrorCode::kInvalidArgument, "{}, [{}]: unknown key '{}'{}", line.where, line.section,
         line.key, DidYouMean(NearestNames(line.key, known)));
  }
  if (IsShared(line.key)) return;
  known.assign(std::begin(kSharedOptions), std::end(kSharedOptions));
  const std::vector<std::string> near = NearestNames(line.key, known);
  Fail(ErrorCode::kInvalidArgument,
       "{}: '{}' is not one of the keys for all programs ({}){}; options of one program stand "
       "under its section, such as [{}]",
       line.where, line.key, fmt::join(known, ", "),
       FindOption(options, line.key) != nullptr ? "" : DidYouMean(near), section);
}

}  // namespace

std::string EnvironmentName(const std::string& section, const std::string& option) {
  std::string name = section + "_" + option;
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-' || c == '.') c = '_';
  }
  return name;
}

std::vector<Setting> EnvironmentSettings(const std::string& section,
                                         const std::vector<PageOption>& options) {
  std::vector<Setting> settings;
  const auto add = [&](const std::string& option, Source source, const std::string& name) {
    const std::string value = Variable(name);
    if (!value.empty()) settings.push_back({option, source, {value}, "environment " + name});
    return !value.empty();
  };
  std::vector<std::string> shared;
  for (const PageOption& option : options) {
    if (option.group == kGeneralGroup) continue;
    const std::string name = EnvironmentName(section, option.name);
    if (!add(option.name, Source::kEnvironment, name) && IsShared(option.name)) {
      shared.push_back(option.name);
    }
  }
  for (const std::string& option : shared) {
    add(option, Source::kSharedEnvironment, EnvironmentName(kAllPrograms, option));
  }
  return settings;
}

std::string ConfigFile(const std::optional<std::string>& flag) {
  const std::string variable = Variable(EnvironmentName(kAllPrograms, "config"));
  const bool named = flag.has_value() || !variable.empty();
  std::string path = flag ? *flag : variable;
  if (!named) path = DefaultConfigFile();
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    if (!named) return "";
    Fail(ErrorCode::kNotFound, "{}: config file {} does not exist",
         flag ? "--config" : "environment CSN_CONFIG", path);
  }
  // A pipe would be empty for a program that starts itself anew (RestartWithShortSpins).
  Require(fs::is_regular_file(status) || fs::is_character_file(status),
          "config {}: expected a regular file", path);
  return path;
}

std::vector<Setting> FileSettings(const std::string& path, const std::string& section,
                                  const std::vector<std::string>& sections,
                                  const std::vector<PageOption>& options) {
  std::vector<Setting> own, shared;
  for (const Line& line : ReadLines(path)) {
    if (!line.section.empty()) CheckSection(line, sections);
    if (line.key.empty() || (!line.section.empty() && line.section != section)) continue;
    CheckKey(line, section, options);
    const bool is_shared = line.section.empty();
    const std::string place = is_shared ? "" : "[" + line.section + "] ";
    std::vector<Setting>& list = is_shared ? shared : own;
    const auto same = std::ranges::find(list, line.key, &Setting::option);
    if (same != list.end()) {
      same->values.push_back(line.value);
    } else {
      list.push_back({line.key,
                      is_shared ? Source::kSharedFile : Source::kFile,
                      {line.value},
                      line.where + ", " + place + line.key});
    }
  }
  for (Setting& setting : shared) {
    if (FindOption(options, setting.option) == nullptr ||
        std::ranges::find(own, setting.option, &Setting::option) != own.end()) {
      continue;
    }
    own.push_back(std::move(setting));
  }
  return own;
}

}  // namespace csn::cli
