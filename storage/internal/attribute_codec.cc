#include "storage/internal/attribute_codec.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "base/error.h"
#include "storage/internal/byte_codec.h"

namespace csn::internal {
namespace {

void AppendBigEndian(uint64_t value, std::string& bytes) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
}

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
  try {
    RowSet rows = RowSet::readSafe(bytes.data(), bytes.size());
    if (rows.getSizeInBytes() == bytes.size()) return rows;
  } catch (const std::runtime_error&) {
    // Said below.
  }
  Fail(ErrorCode::kCorruption, "{}: expected a bitmap, got {} other bytes", what, bytes.size());
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
