#include "base/notion.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace csn {
namespace {

constexpr std::string_view kForms =
    "expected NAME, NAME=column or NAME=column:numeric[,near=X][,far=Y]";

char FoldDash(char c) { return c == '_' ? '-' : c; }

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// The number in "near=0.5" behind its key.
double ParseThreshold(std::string_view text, std::string_view option, std::string_view value) {
  const std::optional<double> number = ParseNumber(value);
  Require(number.has_value() && *number >= 0,
          "notion '{}': {}: expected a number of at least 0, got '{}'", text, option, value);
  return *number;
}

// One of the parts after the kind: "near=X" or "far=Y".
void ParseOption(std::string_view text, std::string_view part, NotionSpec& spec) {
  const size_t equals = part.find('=');
  const std::string_view key = part.substr(0, equals);
  Require(equals != std::string_view::npos && (key == "near" || key == "far"),
          "notion '{}': expected near=X or far=Y, got '{}'", text, part);
  Require(spec.kind == NotionKind::kNumeric,
          "notion '{}': {} belongs to a numeric notion, this one is categorical", text, key);
  std::optional<double>& threshold = key == "near" ? spec.near : spec.far;
  Require(!threshold.has_value(), "notion '{}': {} is given twice", text, key);
  threshold = ParseThreshold(text, key, part.substr(equals + 1));
}

// What stands behind the colon: the kind and its options.
void ParseKind(std::string_view text, std::string_view rest, NotionSpec& spec) {
  const std::vector<std::string> parts = SplitText(rest, ',');
  Require(parts[0] == "numeric" || parts[0] == "categorical",
          "notion '{}': expected the kind numeric or categorical, got '{}'", text, parts[0]);
  if (parts[0] == "numeric") spec.kind = NotionKind::kNumeric;
  for (size_t i = 1; i < parts.size(); ++i) ParseOption(text, parts[i], spec);
  Require(!spec.far.has_value() || *spec.far > spec.near.value_or(0),
          "notion '{}': far: expected more than {}, got {}", text, spec.near.value_or(0),
          spec.far.value_or(0));
}

}  // namespace

NotionSpec ParseNotionSpec(std::string_view text) {
  NotionSpec spec;
  const size_t equals = text.find('=');
  spec.name = text.substr(0, equals);
  Require(!spec.name.empty(), "notion '{}': the name is empty; {}", text, kForms);
  Require(std::all_of(spec.name.begin(), spec.name.end(), IsNameCharacter),
          "notion '{}': a name is made of letters, digits, '-', '_' and '.', got '{}'; {}", text,
          spec.name, kForms);
  if (equals == std::string_view::npos) return spec;

  const std::string_view rest = text.substr(equals + 1);
  const size_t colon = rest.find(':');
  spec.column = rest.substr(0, colon);
  Require(!spec.column.empty(), "notion '{}': the column is empty; {}", text, kForms);
  // A comma before any kind is an option in the wrong place, not a part of the column's name.
  Require(spec.column.find(',') == std::string::npos,
          "notion '{}': the kind is missing before ','; {}", text, kForms);
  if (colon != std::string_view::npos) ParseKind(text, rest.substr(colon + 1), spec);
  return spec;
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return FoldDash(x) == FoldDash(y); });
}

NotionId FindNotion(const std::vector<Notion>& notions, std::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < notions.size(); ++i) {
    if (SameName(notions[i].name, name)) return static_cast<NotionId>(i);
    names.push_back(notions[i].name);
  }
  const std::vector<std::string> near = NearestNames(name, names);
  if (!near.empty()) {
    Fail(ErrorCode::kInvalidArgument, "no notion '{}'{}", name, DidYouMean(near));
  }
  Fail(ErrorCode::kInvalidArgument, "no notion '{}'; the model knows {}", name,
       fmt::join(names, ", "));
}

}  // namespace csn
