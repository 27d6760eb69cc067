#include "storage/internal/attribute_codec.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "storage/internal/byte_codec.h"

namespace csn::internal {
namespace {

void AppendBigEndian(uint64_t value, std::string& bytes) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
}

// Reads Roaring's portable format (github.com/RoaringBitmap/RoaringFormatSpec) far enough to know
// that the library, which trusts what it reads, may be given it.
class BitmapCheck {
 public:
  explicit BitmapCheck(std::string_view bytes) : rest_(bytes) {}

  bool IsSound() {
    uint32_t cookie = 0, count = 0;
    if (!Read(cookie)) return false;
    const bool any_runs = (cookie & 0xffff) == kRunCookie;
    if (any_runs) {
      count = (cookie >> 16) + 1;
    } else if (cookie != kPlainCookie || !Read(count) || count > kMostContainers) {
      return false;
    }
    std::string_view runs, header, offsets;
    if (any_runs && !Take((count + 7) / 8, runs)) return false;
    if (!Take(size_t{4} * count, header)) return false;
    // The library passes over offsets without a look.
    if ((!any_runs || count >= kLeastOffsets) && !Take(size_t{4} * count, offsets)) return false;
    int last_key = -1;
    for (size_t i = 0; i < count; ++i) {
      const int key = Word(header, 2 * i);
      const uint32_t cardinality = Word(header, 2 * i + 1) + 1u;
      const bool run = any_runs && (static_cast<uint8_t>(runs[i / 8]) >> (i % 8) & 1) != 0;
      if (key <= last_key || !(run ? IsRuns(cardinality) : IsValues(cardinality))) return false;
      last_key = key;
    }
    return rest_.empty();
  }

 private:
  static constexpr uint32_t kPlainCookie = 12346, kRunCookie = 12347;
  static constexpr uint32_t kMostContainers = 1 << 16, kLeastOffsets = 4;
  static constexpr uint32_t kLongestArray = 4096;
  static constexpr size_t kBitsetBytes = 8192;

  static uint16_t Word(std::string_view bytes, size_t at) {
    return static_cast<uint16_t>(static_cast<uint8_t>(bytes[2 * at]) |
                                 static_cast<uint8_t>(bytes[2 * at + 1]) << 8);
  }
  bool Take(size_t size, std::string_view& taken) {
    if (size > rest_.size()) return false;
    taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool Read(uint32_t& number) {
    std::string_view bytes;
    if (!Take(4, bytes)) return false;
    number = Word(bytes, 0) | static_cast<uint32_t>(Word(bytes, 1)) << 16;
    return true;
  }

  // A sorted array, or a bit for each of 65,536.
  bool IsValues(uint32_t cardinality) {
    std::string_view bytes;
    if (cardinality > kLongestArray) {
      if (!Take(kBitsetBytes, bytes)) return false;
      uint32_t ones = 0;
      for (size_t i = 0; i < kBitsetBytes / 2; ++i) ones += std::popcount(Word(bytes, i));
      return ones == cardinality;
    }
    if (!Take(size_t{2} * cardinality, bytes)) return false;
    for (size_t i = 1; i < cardinality; ++i) {
      if (Word(bytes, i - 1) >= Word(bytes, i)) return false;
    }
    return true;
  }

  // Runs, each a first value and how many follow it.
  bool IsRuns(uint32_t cardinality) {
    std::string_view bytes;
    if (!Take(2, bytes)) return false;
    const size_t count = Word(bytes, 0);
    if (!Take(4 * count, bytes)) return false;
    int64_t last = -2;  // where one run ends, the next may not go on
    uint32_t values = 0;
    for (size_t i = 0; i < count; ++i) {
      const int64_t first = Word(bytes, 2 * i), more = Word(bytes, 2 * i + 1);
      if (first <= last + 1 || first + more > 0xffff) return false;
      last = first + more;
      values += static_cast<uint32_t>(more) + 1;
    }
    return values == cardinality;
  }

  std::string_view rest_;
};

bool IsSoundBitmap(std::string_view bytes) { return BitmapCheck(bytes).IsSound(); }

}  // namespace

std::string AttributeKey(size_t column, AttributeKind kind, std::string_view rest) {
  std::string key(1, kAttributeKey);
  AppendBigEndian(column, key);
  key.push_back(static_cast<char>(kind));
  return key.append(rest);
}

std::string AttributeKey(size_t column, AttributeKind kind, uint32_t block) {
  std::string key = AttributeKey(column, kind);
  AppendBigEndian(block, key);
  return key;
}

std::string EncodeRows(const RowSet& rows) {
  std::string bytes(rows.getSizeInBytes(), '\0');
  rows.write(bytes.data());
  return bytes;
}

RowSet DecodeRows(std::string_view bytes, std::string_view what) {
  if (!IsSoundBitmap(bytes)) {
    Fail(ErrorCode::kCorruption, "{}: expected a bitmap, got {} other bytes", what, bytes.size());
  }
  return RowSet::readSafe(bytes.data(), bytes.size());
}

std::string EncodeNumbers(const NumberBlock& block) {
  ByteWriter writer;
  writer.Varint(block.values.size());
  for (const double value : block.values) writer.Double(value);
  for (const uint32_t row : block.rows) writer.Varint(row);
  return std::move(writer).Take();
}

NumberBlock DecodeNumbers(std::string_view bytes, std::string_view what) {
  ByteReader reader(bytes, what);
  NumberBlock block;
  block.values.resize(reader.Count());
  block.rows.resize(block.values.size());
  for (double& value : block.values) value = reader.Double();
  for (uint32_t& row : block.rows) {
    const uint64_t number = reader.Varint();
    if (number > std::numeric_limits<uint32_t>::max()) {
      Fail(ErrorCode::kCorruption, "{}: row {}", what, number);
    }
    row = static_cast<uint32_t>(number);
  }
  reader.End();
  if (!std::is_sorted(block.values.begin(), block.values.end())) {
    Fail(ErrorCode::kCorruption, "{}: its numbers do not ascend", what);
  }
  return block;
}

std::string EncodeOutline(const NumberOutline& outline) {
  ByteWriter writer;
  writer.Varint(outline.ends.size());
  for (const auto& [least, greatest] : outline.ends) {
    writer.Double(least);
    writer.Double(greatest);
  }
  return std::move(writer).Take();
}

NumberOutline DecodeOutline(std::string_view bytes, std::string_view what) {
  ByteReader reader(bytes, what);
  NumberOutline outline;
  outline.ends.resize(reader.Count());
  for (auto& [least, greatest] : outline.ends) {
    least = reader.Double();
    greatest = reader.Double();
  }
  reader.End();
  return outline;
}

}  // namespace csn::internal
