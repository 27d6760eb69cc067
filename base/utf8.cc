#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace csn {
namespace {

bool IsHarmful(uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) ||       // C0, DEL, C1
         value == 0x61c || value == 0x200e || value == 0x200f ||  // direction marks
         (value >= 0x2028 && value <= 0x202e) ||  // line breaks, embeddings, overrides
         (value >= 0x2066 && value <= 0x2069) ||  // isolates
         value == 0xfeff;
}

std::string Escaped(uint32_t value) {
  if (value == '\n') return "\\n";
  if (value == '\r') return "\\r";
  if (value == '\t') return "\\t";
  return value < 0x100 ? fmt::format("\\x{:02x}", value) : fmt::format("\\u{:04x}", value);
}

}  // namespace

std::optional<CodePoint> DecodeUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  size_t length = 0;
  if ((lead & 0xe0) == 0xc0) length = 2;
  if ((lead & 0xf0) == 0xe0) length = 3;
  if ((lead & 0xf8) == 0xf0) length = 4;
  if (length == 0 || text.size() < length) return std::nullopt;
  uint32_t value = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return std::nullopt;
  return CodePoint{value, length};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::optional<CodePoint> point = DecodeUtf8(text);
    if (!point) return false;
    text.remove_prefix(point->length);
  }
  return true;
}

size_t DisplayLength(std::string_view text) {
  const auto starts = [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), starts));
}

std::string CutForDisplay(const std::string& text, size_t length) {
  if (DisplayLength(text) <= length) return text;
  if (length == 0) return "";
  size_t end = 0;
  for (size_t kept = 0; kept + 1 < length; ++kept) {
    end += DecodeUtf8(std::string_view(text).substr(end))->length;
  }
  return text.substr(0, end) + "…";
}

std::string EscapeForTerminal(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::optional<CodePoint> point = DecodeUtf8(text);
    const size_t length = point.has_value() ? point->length : 1;
    if (!point.has_value()) {
      escaped += Escaped(static_cast<uint8_t>(text[0]));
    } else if (IsHarmful(point->value)) {
      escaped += Escaped(point->value);
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return escaped;
}

}  // namespace csn
