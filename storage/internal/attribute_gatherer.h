// Gathers which rows hold which values while items come in row order, for the store's filters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/item.h"
#include "base/row_set.h"

namespace csn::internal {

// Of a text or list column.
struct GatheredTexts {
  std::unordered_map<std::string, uint32_t> ids;     // in order of first appearance
  std::vector<std::pair<uint32_t, uint32_t>> pairs;  // (id, row), rows ascending
  bool too_long = false;

  void Add(const std::string& text, uint32_t row);
};

using GatheredNumbers = std::vector<std::pair<double, uint32_t>>;  // (value, row)

struct GatheredColumn {
  RowSet missing;
  std::variant<GatheredTexts, GatheredNumbers> values;
};

// Memory: 8 bytes a text (16 a number), and each different text of a column once.
class AttributeGatherer {
 public:
  explicit AttributeGatherer(const std::vector<Column>& columns);

  // The values of the next row: one a column, of its type or missing.
  void Append(const std::vector<Value>& values);

  // Calls put(key, value) for every entry of attribute_codec.h, keys ascending; once, last.
  using Put = std::function<void(const std::string& key, const std::string& value)>;
  void Finish(const Put& put);

  // True where a column's texts were not kept, one being longer than kMaxFilterTextBytes.
  bool TooLong(size_t column) const;

 private:
  std::vector<GatheredColumn> columns_;
  uint32_t row_ = 0;
};

}  // namespace csn::internal
