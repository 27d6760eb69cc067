#include "storage/internal/text_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace csn {

std::string TextProblem(std::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    const std::optional<CodePoint> point = DecodeUtf8(text.substr(pos));
    if (!point.has_value()) return fmt::format("invalid UTF-8 at byte {}", pos + 1);
    if (point->value == 0) return fmt::format("a NUL byte at byte {}", pos + 1);
    pos += point->length;
  }
  return {};
}

std::string Printable(std::string_view text, size_t max_bytes) {
  size_t end = 0;
  while (end < std::min(text.size(), max_bytes)) {
    const std::optional<CodePoint> point = DecodeUtf8(text.substr(end));
    end += point.has_value() ? point->length : 1;
  }
  return EscapeForTerminal(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string Quoted(std::string_view text) { return '"' + Printable(text, 80) + '"'; }

}  // namespace csn
