#include "base/utf8.h"

#include <gtest/gtest.h>

namespace csn {
namespace {

// The bytes of a code point by the table of RFC 3629.
std::string Encode(uint32_t value) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (value >> shift & 0x3f)); };
  if (value < 0x80) return {static_cast<char>(value)};
  if (value < 0x800) return {static_cast<char>(0xc0 | value >> 6), tail(0)};
  if (value < 0x10000) return {static_cast<char>(0xe0 | value >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | value >> 18), tail(12), tail(6), tail(0)};
}

TEST(DecodeUtf8, ReadsEveryCodePointAndNoSurrogate) {
  for (uint32_t value = 0; value < 0x120000; ++value) {
    const std::string bytes = Encode(value);
    const std::optional<CodePoint> point = DecodeUtf8(bytes + "x");
    const bool exists = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    ASSERT_EQ(point.has_value(), exists) << value;
    if (!exists) continue;
    ASSERT_EQ(point->value, value);
    ASSERT_EQ(point->length, bytes.size());
    for (size_t length = 1; length < bytes.size(); ++length) {
      ASSERT_FALSE(DecodeUtf8(bytes.substr(0, length)).has_value()) << value;
    }
  }
}

TEST(DisplayLength, CountsCodePoints) {
  EXPECT_EQ(DisplayLength(""), 0u);
  EXPECT_EQ(DisplayLength("abc"), 3u);
  EXPECT_EQ(DisplayLength("Größe – 靴 👠"), 11u);
}

TEST(CutForDisplay, CutsBetweenCodePoints) {
  EXPECT_EQ(CutForDisplay("Größe", 5), "Größe");
  EXPECT_EQ(CutForDisplay("Größe", 4), "Grö…");
  EXPECT_EQ(CutForDisplay("Größe", 1), "…");
  EXPECT_EQ(CutForDisplay("Größe", 0), "");
}

TEST(EscapeForTerminal, LeavesTextAndEscapesEveryBrokenByte) {
  const std::string text = "Größe 38 – 靴 👠 \\n";
  EXPECT_EQ(EscapeForTerminal(text), text);
  EXPECT_EQ(EscapeForTerminal("\xc0\xaf"), R"(\xc0\xaf)");                  // overlong
  EXPECT_EQ(EscapeForTerminal("\xed\xa0\x80"), R"(\xed\xa0\x80)");          // surrogate
  EXPECT_EQ(EscapeForTerminal("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");  // beyond Unicode
  EXPECT_EQ(EscapeForTerminal("a\xe2\x82"), R"(a\xe2\x82)");                // cut short
  EXPECT_EQ(EscapeForTerminal("\xff"), R"(\xff)");
}

TEST(EscapeForTerminal, ShowsWhatWouldSteerIt) {
  EXPECT_EQ(EscapeForTerminal("a\n\r\t\x1b[2J\x7f"), R"(a\n\r\t\x1b[2J\x7f)");
  EXPECT_EQ(EscapeForTerminal(std::string("\0", 1)), R"(\x00)");
  EXPECT_EQ(EscapeForTerminal("\u0085\u200f\u2028\u202e\u2069\ufeff"),
            R"(\x85\u200f\u2028\u202e\u2069\ufeff)");
}

}  // namespace
}  // namespace csn
