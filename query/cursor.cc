#include "query/cursor.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace csn {
namespace {

constexpr char kVersion = '1';
constexpr size_t kDigits = 16;       // of a number
constexpr size_t kShownCursor = 40;  // of a wrong cursor in a message

std::string Hex(uint64_t number) { return fmt::format("{:016x}", number); }

std::optional<uint64_t> ParseHex(std::string_view text) {
  uint64_t number = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
    if (digit < 0) return std::nullopt;
    number = number << 4 | static_cast<uint64_t>(digit);
  }
  return number;
}

}  // namespace

// Version, query hash, hits, row and value of the last, generation, hash of all before.
std::string FormatCursor(const Cursor& cursor) {
  const CursorPosition& position = cursor.position;
  std::string text = kVersion + Hex(cursor.query_hash) + Hex(position.hits) +
                     Hex(position.last.row) + Hex(std::bit_cast<uint64_t>(position.last.value)) +
                     cursor.generation;
  return text + Hex(Hash64(text));
}

Cursor ParseCursor(const std::string& text) {
  const auto fail = [&]() {
    Fail(ErrorCode::kInvalidArgument, "cursor '{}': expected one as an answer gave it, unchanged",
         CutForDisplay(EscapeForTerminal(text), kShownCursor));
  };
  constexpr size_t kFields = 4;
  if (text.size() <= 1 + (kFields + 1) * kDigits || text[0] != kVersion) fail();
  const std::string body = text.substr(0, text.size() - kDigits);
  if (text.substr(body.size()) != Hex(Hash64(body))) fail();
  std::vector<uint64_t> fields;
  for (size_t i = 0; i < kFields; ++i) {
    const std::optional<uint64_t> field = ParseHex(body.substr(1 + i * kDigits, kDigits));
    if (!field) fail();
    fields.push_back(*field);
  }
  Cursor cursor{
      .generation = body.substr(1 + kFields * kDigits), .query_hash = fields[0], .position = {}};
  cursor.position.hits = fields[1];
  if (fields[2] > std::numeric_limits<uint32_t>::max()) fail();
  cursor.position.last = {static_cast<uint32_t>(fields[2]), std::bit_cast<double>(fields[3])};
  if (std::isnan(cursor.position.last.value)) fail();
  return cursor;
}

}  // namespace csn
