#include "storage/internal/store_meta.h"

#include "base/error.h"
#include "storage/internal/byte_codec.h"

namespace csn::internal {

std::string EncodeMeta(const StoreMeta& meta) {
  ByteWriter writer;
  writer.Varint(kStoreVersion);
  writer.Varint(meta.count);
  writer.Varint(meta.columns.size());
  for (size_t i = 0; i < meta.columns.size(); ++i) {
    writer.Text(meta.columns[i].name);
    writer.Byte(static_cast<uint8_t>(meta.columns[i].type));
    writer.Byte(meta.too_long[i] ? 1 : 0);
  }
  return std::move(writer).Take();
}

StoreMeta DecodeMeta(std::string_view bytes, const std::string& folder) {
  const std::string what = "metadata store " + folder;
  ByteReader reader(bytes, what);
  StoreMeta meta;
  meta.version = reader.Varint();
  if (meta.version < 1 || meta.version > kStoreVersion) {
    Fail(ErrorCode::kCorruption, "{}: format version {}, this build reads up to {}", what,
         meta.version, kStoreVersion);
  }
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
    if (meta.has_attributes()) meta.too_long.push_back(reader.Byte() != 0);
  }
  reader.End();
  return meta;
}

}  // namespace csn::internal
