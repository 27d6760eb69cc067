// EncodeItem and DecodeItem (storage/metadata_store.h).
#include <variant>

#include "base/error.h"
#include "storage/internal/byte_codec.h"
#include "storage/metadata_store.h"

namespace csn {
namespace {

using internal::ByteReader;
using internal::ByteWriter;

// Stored: fixed values, do not reuse.
enum class ValueKind : uint8_t { kMissing = 0, kText = 1, kNumber = 2, kList = 3 };

struct ValueEncoder {
  ByteWriter& writer;

  void Kind(ValueKind kind) const { writer.Byte(static_cast<uint8_t>(kind)); }
  void operator()(std::monostate) const { Kind(ValueKind::kMissing); }
  void operator()(const std::string& text) const {
    Kind(ValueKind::kText);
    writer.Text(text);
  }
  void operator()(double number) const {
    Kind(ValueKind::kNumber);
    writer.Double(number);
  }
  void operator()(const std::vector<std::string>& list) const {
    Kind(ValueKind::kList);
    writer.Varint(list.size());
    for (const std::string& text : list) writer.Text(text);
  }
};

// In place: a value is moved as a whole variant, and there are many.
void DecodeValue(ByteReader& reader, Value& value) {
  const uint8_t kind = reader.Byte();
  switch (static_cast<ValueKind>(kind)) {
    case ValueKind::kMissing:
      return;
    case ValueKind::kText:
      value.emplace<std::string>(reader.Text());
      return;
    case ValueKind::kNumber:
      value.emplace<double>(reader.Double());
      return;
    case ValueKind::kList: {
      auto& list = value.emplace<std::vector<std::string>>(reader.Count());
      for (std::string& text : list) text = reader.Text();
      return;
    }
  }
  Fail(ErrorCode::kCorruption, "stored item: unknown kind of value {}", kind);
}

}  // namespace

std::string EncodeItem(const Item& item) {
  ByteWriter writer;
  writer.Text(item.sku);
  writer.Text(item.image);
  writer.Varint(item.values.size());
  for (const Value& value : item.values) std::visit(ValueEncoder{writer}, value);
  return std::move(writer).Take();
}

std::string DecodeSku(std::string_view bytes) {
  return std::string(ByteReader(bytes, "stored item").Text());
}

Item DecodeItem(std::string_view bytes) {
  ByteReader reader(bytes, "stored item");
  Item item;
  item.sku = reader.Text();
  item.image = reader.Text();
  item.values.resize(reader.Count());
  for (Value& value : item.values) DecodeValue(reader, value);
  reader.End();
  return item;
}

}  // namespace csn
