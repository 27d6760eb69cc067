#include "base/text.h"

#include <fmt/format.h>
#include <nettle/base64.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

namespace csn {
namespace {

// Locale-free and ASCII only: bytes of UTF-8 letters are left alone.
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// Optimal string alignment distances to one text, case ignored. The three rolling rows are kept
// from one candidate to the next.
class Alignment {
 public:
  // Distances above `limit` need not be exact.
  Alignment(std::string_view wanted, size_t limit)
      : wanted_(wanted),
        limit_(limit),
        before_(wanted.size() + 1),
        above_(wanted.size() + 1),
        row_(wanted.size() + 1) {}

  // The distance; where it is above the limit, any number above it.
  size_t operator()(std::string_view candidate) {
    const size_t shorter = std::min(wanted_.size(), candidate.size());
    const size_t least = std::max(wanted_.size(), candidate.size()) - shorter;
    if (least > limit_) return least;
    std::iota(above_.begin(), above_.end(), size_t{0});
    for (size_t i = 1; i <= candidate.size(); ++i) {
      FillRow(candidate, i);
      std::swap(before_, above_);
      std::swap(above_, row_);
      // No later row falls below the least of this one: a swap of neighbours costs one more than
      // the row before, whose values are at least this row's less one.
      const size_t reached = *std::min_element(above_.begin(), above_.end());
      if (reached > limit_) return reached;
    }
    return above_.back();
  }

 private:
  void FillRow(std::string_view candidate, size_t i) {
    const char c = Lower(candidate[i - 1]);
    row_[0] = i;
    for (size_t j = 1; j <= wanted_.size(); ++j) {
      const char w = Lower(wanted_[j - 1]);
      row_[j] = std::min({above_[j] + 1, row_[j - 1] + 1, above_[j - 1] + (c == w ? 0 : 1)});
      if (i > 1 && j > 1 && c == Lower(wanted_[j - 2]) && Lower(candidate[i - 2]) == w) {
        row_[j] = std::min(row_[j], before_[j - 2] + 1);
      }
    }
  }

  std::string_view wanted_;
  size_t limit_;
  std::vector<size_t> before_, above_, row_;
};

}  // namespace

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  return lower;
}

std::optional<double> ParseNumber(std::string_view text) {
  text = Trim(text);
  // from_chars takes '-' but not '+'; "+-3" must not slip through.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed_to != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

bool IsMissing(std::string_view text) {
  text = Trim(text);
  return text.empty() || EqualIgnoringCase(text, "na") || EqualIgnoringCase(text, "n/a") ||
         EqualIgnoringCase(text, "null");
}

std::vector<std::string> SplitText(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end; (end = text.find(separator, start)) != std::string_view::npos; start = end + 1) {
    parts.emplace_back(text.substr(start, end - start));
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

std::string CsvLine(std::span<const std::string> fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (fields[i].find_first_of("\",\r\n") == std::string::npos) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + "\n";
}

std::vector<std::string> NearestNames(std::string_view wanted,
                                      const std::vector<std::string>& candidates, size_t count) {
  const size_t limit = std::max<size_t>(2, wanted.size() / 3);
  Alignment distance_to(wanted, limit);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const size_t distance = distance_to(candidate);
    if (distance <= limit) near.emplace_back(distance, candidate);
  }
  // Equally near names stay in the order they were given.
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (near.size() > count) near.resize(count);
  std::vector<std::string> names;
  names.reserve(near.size());
  for (auto& [distance, name] : near) names.push_back(std::move(name));
  return names;
}

std::string DidYouMean(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string text = "; did you mean " + names[0];
  for (size_t i = 1; i < names.size(); ++i) {
    text += (i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  return text + "?";
}

std::string Base64(std::span<const uint8_t> bytes) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
  base64_encode_raw(text.data(), bytes.size(), bytes.data());
  return text;
}

std::string HumanBytes(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // 1023.95 would print as 1024.0.
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::optional<uint64_t> ParseBytes(std::string_view text) {
  std::string_view rest = Trim(text);
  const size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
  const std::optional<double> number = ParseNumber(rest.substr(0, digits));
  const std::string unit = LowerCase(Trim(rest.substr(digits)));
  constexpr std::string_view kUnits = "kmgt";
  int power = 0;
  if (!unit.empty() && unit != "b") {
    const size_t at = kUnits.find(unit[0]);
    const std::string_view tail = std::string_view(unit).substr(1);
    if (at == std::string_view::npos || (tail != "" && tail != "b" && tail != "ib")) return {};
    power = static_cast<int>(at) + 1;
  }
  if (!number || !(*number > 0)) return {};
  const double bytes = std::ldexp(*number, 10 * power);
  if (!(bytes >= 1 && bytes < 0x1p63)) return {};
  return static_cast<uint64_t>(bytes);
}

std::string HumanSeconds(double seconds) {
  const int64_t whole = std::llround(std::clamp(seconds, 0.0, 1e15));
  if (whole >= 3600) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return whole >= 60 ? fmt::format("{}m{:02}s", whole / 60, whole % 60) : fmt::format("{}s", whole);
}

}  // namespace csn
