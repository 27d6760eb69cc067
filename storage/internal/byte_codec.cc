#include "storage/internal/byte_codec.h"

#include <bit>
#include <cstring>

#include "base/error.h"

namespace csn::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

}  // namespace

void ByteWriter::Varint(uint64_t value) {
  while (value >= 0x80) {
    Byte(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  Byte(static_cast<uint8_t>(value));
}

void ByteWriter::Double(double value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
}

void ByteWriter::Text(std::string_view value) {
  Varint(value.size());
  bytes_.append(value);
}

void ByteReader::FailShort(size_t size) const {
  Fail(ErrorCode::kCorruption, "{}: {} bytes expected, {} left", what_, size, rest_.size());
}

uint64_t ByteReader::LongVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint64_t byte = Byte();
    const uint64_t bits = byte & 0x7f;
    if (bits << shift >> shift != bits) break;
    value |= bits << shift;
    if (byte < 0x80) return value;
  }
  Fail(ErrorCode::kCorruption, "{}: a number has more than 64 bits", what_);
}

double ByteReader::Double() {
  double value;
  std::memcpy(&value, Take(sizeof value).data(), sizeof value);
  return value;
}

uint64_t ByteReader::Count() {
  const uint64_t count = Varint();
  if (count > rest_.size()) {
    Fail(ErrorCode::kCorruption, "{}: {} values announced, {} bytes left", what_, count,
         rest_.size());
  }
  return count;
}

void ByteReader::End() const {
  if (!rest_.empty()) Fail(ErrorCode::kCorruption, "{}: {} bytes too many", what_, rest_.size());
}

}  // namespace csn::internal
