// A product: its sku, its photograph, and typed attributes.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace csn {

// Stored in manifests: fixed values, do not reuse.
enum class ColumnType { kText = 0, kNumber = 1, kList = 2 };

std::string_view ColumnTypeName(ColumnType type);
// Throws Error(kInvalidArgument) that lists the names.
ColumnType ParseColumnType(std::string_view name);

struct Column {
  std::string name;
  ColumnType type = ColumnType::kText;
  friend bool operator==(const Column&, const Column&) = default;
};

// Missing, text, number, or list of texts.
using Value = std::variant<std::monostate, std::string, double, std::vector<std::string>>;

// "" for missing; lists joined with '|'; numbers in the shortest form that reads back equal.
std::string ValueText(const Value& value);

struct Item {
  std::string sku;            // the shop's own id, unique, never empty, always text
  std::string image;          // as the catalogue writes it: relative to the catalogue's folder
  std::vector<Value> values;  // one a column, in the catalogue's column order
};

}  // namespace csn
