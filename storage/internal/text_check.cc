#include "storage/internal/text_check.h"

#include <fmt/format.h>

#include <cstdint>

namespace csn {
namespace {

// Bytes of the UTF-8 character at `pos`; 0 where it is overlong, a surrogate, beyond U+10FFFF or
// cut off.
size_t CharacterLength(std::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(pos);
  if (lead < 0x80) return 1;
  size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || text.size() - pos < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(pos + i) & 0xC0) != 0x80) return 0;
  }
  const uint8_t second = byte(pos + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  return length;
}

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string TextProblem(std::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    const size_t length = CharacterLength(text, pos);
    if (length == 0) return fmt::format("invalid UTF-8 at byte {}", pos + 1);
    if (text[pos] == '\0') return fmt::format("a NUL byte at byte {}", pos + 1);
    pos += length;
  }
  return {};
}

std::string Printable(std::string_view text, size_t max_bytes) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    if (out.size() >= max_bytes) return out + "...";
    const size_t length = CharacterLength(text, pos);
    const uint8_t byte = static_cast<uint8_t>(text[pos]);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02X}", byte);
      ++pos;
    } else {
      out += text.substr(pos, length);
      pos += length;
    }
  }
  return out;
}

std::string Quoted(std::string_view text) { return '"' + Printable(text, 80) + '"'; }

}  // namespace csn
