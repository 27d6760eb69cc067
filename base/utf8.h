// UTF-8 text: what it is made of, and how it is shown without harm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace csn {

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes
};

// The code point that `text` (not empty) starts with; nothing where its bytes are overlong, a
// surrogate, beyond U+10FFFF or cut off.
std::optional<CodePoint> DecodeUtf8(std::string_view text);

// True where all of `text` is valid UTF-8.
bool IsUtf8(std::string_view text);

// Code points of valid UTF-8: about the columns it takes.
size_t DisplayLength(std::string_view text);

// Valid UTF-8 cut to `length` code points, the last an ellipsis where something is cut.
std::string CutForDisplay(const std::string& text, size_t length);

// `text` made harmless for a terminal: control characters, those that reorder or break lines, and
// bytes that are not UTF-8 become \n, \t, \x1b or \u202e. The result is valid UTF-8.
std::string EscapeForTerminal(std::string_view text);

}  // namespace csn
