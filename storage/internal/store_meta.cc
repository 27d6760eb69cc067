#include "storage/internal/store_meta.h"

#include "base/error.h"
#include "storage/internal/byte_codec.h"

namespace csn::internal {
namespace {

constexpr uint64_t kVersion = 1;

}  // namespace

std::string EncodeMeta(const StoreMeta& meta) {
  ByteWriter writer;
  writer.Varint(kVersion);
  writer.Varint(meta.count);
  writer.Varint(meta.columns.size());
  for (const Column& column : meta.columns) {
    writer.Text(column.name);
    writer.Byte(static_cast<uint8_t>(column.type));
  }
  return std::move(writer).Take();
}

StoreMeta DecodeMeta(std::string_view bytes, const std::string& folder) {
  const std::string what = "metadata store " + folder;
  ByteReader reader(bytes, what);
  if (const uint64_t version = reader.Varint(); version != kVersion) {
    Fail(ErrorCode::kCorruption, "{}: format version {}, this build reads up to {}", what, version,
         kVersion);
  }
  StoreMeta meta;
  meta.count = reader.Varint();
  if (meta.count > kMaxStoreRows) Fail(ErrorCode::kCorruption, "{}: {} rows", what, meta.count);
  meta.columns.resize(reader.Count());
  for (Column& column : meta.columns) {
    column.name = reader.Text();
    const uint8_t type = reader.Byte();
    if (type > static_cast<uint8_t>(ColumnType::kList)) {
      Fail(ErrorCode::kCorruption, "{}: column {} has the unknown type {}", what, column.name,
           type);
    }
    column.type = static_cast<ColumnType>(type);
  }
  reader.End();
  return meta;
}

}  // namespace csn::internal
