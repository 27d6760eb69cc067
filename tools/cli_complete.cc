#include "tools/cli_complete.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "base/utf8.h"
#include "storage/generation.h"
#include "tools/cli_sources.h"

namespace csn::cli {
namespace {

using Words = std::vector<std::string>;

constexpr char kCompleteFlag[] = "--complete";
constexpr size_t kMostSkus = 50;

std::string Reply(const char* kind, const Words& words) {
  std::string text = std::string(kind) + "\n";
  for (const std::string& word : words) {
    // A catalogue's texts cannot add lines, nor steer the terminal.
    if (EscapeForTerminal(word) == word) text += word + "\n";
  }
  return text;
}

Words BeginningWith(const std::string& begin, const Words& words) {
  Words matching;
  std::ranges::copy_if(words, std::back_inserter(matching),
                       [&](const std::string& word) { return word.starts_with(begin); });
  return matching;
}

// A command line up to the word that is being completed.
struct Typed {
  std::map<std::string, std::string> values;  // by option; "" of switches
  const PageOption* waiting = nullptr;        // whose value is next
  bool positional = false;                    // a word without a flag was there
};

const PageOption* FindFlag(const std::vector<PageOption>& options, const std::string& flag) {
  const auto found = std::ranges::find_if(options, [&](const PageOption& option) {
    return flag == "--" + option.name || (!option.short_name.empty() && flag == option.short_name);
  });
  return found == options.end() ? nullptr : &*found;
}

Typed ReadWords(const Words& words, const std::vector<PageOption>& options) {
  Typed typed;
  for (const std::string& word : words) {
    if (typed.waiting != nullptr) {
      typed.values[typed.waiting->name] = word;
      typed.waiting = nullptr;
    } else if (!word.starts_with('-')) {
      typed.positional = true;
    } else {
      const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
      const PageOption* option = FindFlag(options, word.substr(0, equals));
      // "-k5"
      const bool joined = option == nullptr && !word.starts_with("--") && word.size() > 2;
      if (joined) option = FindFlag(options, word.substr(0, 2));
      if (option == nullptr) continue;
      typed.values[option->name] = equals == std::string::npos ? "" : word.substr(equals + 1);
      if (!joined && equals == std::string::npos && !option->value.empty()) typed.waiting = option;
    }
  }
  return typed;
}

// "" where nothing names one.
std::string IndexOf(const Typed& typed, const Completed& completed) {
  if (const auto flag = typed.values.find("index"); flag != typed.values.end()) return flag->second;
  const auto find = [](const std::vector<Setting>& settings) {
    const auto found = std::ranges::find(settings, "index", &Setting::option);
    return found == settings.end() ? "" : found->values.back();
  };
  std::string index = find(EnvironmentSettings(completed.section, completed.options));
  if (!index.empty()) return index;
  std::optional<std::string> config;
  if (const auto flag = typed.values.find("config"); flag != typed.values.end()) {
    config = flag->second;
  }
  const std::string path = ConfigFile(config);
  return path.empty()
             ? ""
             : find(FileSettings(path, completed.section, completed.sections, completed.options));
}

Words Notions(const Generation& generation) {
  Words names;
  for (const Notion& notion : generation.manifest().notions) names.push_back(notion.name);
  return names;
}

Words Columns(const Generation& generation) {
  Words names;
  for (const Column& column : generation.manifest().columns) names.push_back(column.name);
  return names;
}

Words Skus(const Generation& generation, const std::string& begin) {
  Words skus;
  generation.metadata().ForEachSku(begin, [&](std::string_view sku, uint32_t) {
    if (!sku.starts_with(begin) || skus.size() == kMostSkus) return false;
    skus.emplace_back(sku);
    return true;
  });
  return skus;
}

// Of a list "a=2,b": what may take the place of its last part. Names that are in it already are
// left out; '-' and '_' are the same.
Words LastPart(const std::string& word, const Words& names) {
  const size_t comma = word.rfind(',');
  const std::string before = comma == std::string::npos ? "" : word.substr(0, comma + 1);
  const std::string part = word.substr(before.size());
  Words taken, words;
  for (const std::string& text : SplitText(before, ',')) {
    taken.push_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names) {
    const bool there =
        std::ranges::any_of(taken, [&](const std::string& other) { return SameName(name, other); });
    if (!there && SameName(name.substr(0, part.size()), part)) words.push_back(before + name);
  }
  return words;
}

// An option's value, of which `word` is there.
std::string CompleteValue(const PageOption& option, const std::string& word, const Typed& typed,
                          const Completed& completed) {
  const std::string& value = option.value;
  if (value.find('|') != std::string::npos) {
    return Reply("words", BeginningWith(word, SplitText(value, '|')));
  }
  if (value == "FILE" || value == "MODEL" || value == "PNG") return Reply("files", {});
  if (value == "DIR") return Reply("folders", {});
  const bool notions = value == "NAME[=W][,NAME[=W]...]" || value == "NOTION<=D";
  const bool columns = value == "COLUMN[,COLUMN]...";
  if (!notions && !columns && value != "COLUMN" && value != "SKU") return Reply("words", {});
  const std::string index = IndexOf(typed, completed);
  if (index.empty()) return Reply("words", {});
  const Generation generation = Generation::Open(index);
  if (notions) return Reply("parts", LastPart(word, Notions(generation)));
  if (columns) {
    Words names = Columns(generation);
    names.emplace_back("image");  // counts as one
    return Reply("parts", LastPart(word, names));
  }
  return Reply("words",
               value == "SKU" ? Skus(generation, word) : BeginningWith(word, Columns(generation)));
}

// `before` in front of every word of a reply.
std::string Prefixed(const std::string& before, const std::string& reply) {
  Words lines = SplitText(reply, '\n');
  std::string text = lines.front() + "\n";
  for (size_t i = 1; i + 1 < lines.size(); ++i) text += before + lines[i] + "\n";
  return text;
}

std::string Complete(const Words& words, const Completed& completed) {
  const std::string word = words.empty() ? "" : words.back();
  const Typed typed =
      ReadWords(words.empty() ? words : Words(words.begin(), words.end() - 1), completed.options);
  if (typed.waiting != nullptr) return CompleteValue(*typed.waiting, word, typed, completed);
  const size_t equals = word.find('=');
  if (word.starts_with("--") && equals != std::string::npos) {
    const PageOption* option = FindFlag(completed.options, word.substr(0, equals));
    if (option == nullptr || option->value.empty()) return Reply("words", {});
    return Prefixed(word.substr(0, equals + 1),
                    CompleteValue(*option, word.substr(equals + 1), typed, completed));
  }
  const bool positional = !completed.positional.empty() && !typed.positional &&
                          !typed.values.contains(completed.positional);
  if (positional && !word.starts_with('-')) {
    return CompleteValue(*FindFlag(completed.options, "--" + completed.positional), word, typed,
                         completed);
  }
  Words flags;
  for (const PageOption& option : completed.options) {
    if (option.repeatable || !typed.values.contains(option.name)) {
      flags.push_back("--" + option.name);
    }
  }
  return Reply("words", BeginningWith(word, flags));
}

}  // namespace

bool IsCompletion(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments.front() == kCompleteFlag;
}

std::string CompleteCommand(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& names) {
  Words words = names;
  for (const char* flag : {"--help", "--man", "--version"}) words.emplace_back(flag);
  return Reply("words", BeginningWith(arguments.size() > 1 ? arguments[1] : "", words));
}

std::string CompleteOptions(const std::vector<std::string>& arguments, const Completed& completed) {
  try {
    return Complete(Words(arguments.begin() + 1, arguments.end()), completed);
  } catch (const Error&) {
    return Reply("words", {});
  }
}

}  // namespace csn::cli
