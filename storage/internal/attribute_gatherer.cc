#include "storage/internal/attribute_gatherer.h"

#include <algorithm>
#include <string_view>

#include "storage/internal/attribute_codec.h"
#include "storage/metadata_store.h"

namespace csn::internal {
namespace {

// A bitmap of the rows before it is stored for each block: 64 of them take 8 bytes a row at most.
// A block is what is read to the number at the ends of a range.
constexpr size_t kMostBlocks = 64;
constexpr size_t kLeastNumbers = 1024;  // of a block, but for the last

std::string EncodeOptimized(RowSet rows) {
  rows.runOptimize();
  return EncodeRows(rows);
}

void PutTexts(size_t column, const GatheredTexts& texts, const AttributeGatherer::Put& put) {
  std::vector<std::pair<std::string_view, uint32_t>> order(texts.ids.begin(), texts.ids.end());
  std::sort(order.begin(), order.end());
  // Rows by id, those of id i from first[i] to first[i + 1].
  std::vector<size_t> first(texts.ids.size() + 1);
  for (const auto& [id, row] : texts.pairs) ++first[id + 1];
  for (size_t id = 0; id < texts.ids.size(); ++id) first[id + 1] += first[id];
  std::vector<uint32_t> rows(texts.pairs.size());
  std::vector<size_t> next(first.begin(), first.end() - 1);
  for (const auto& [id, row] : texts.pairs) rows[next[id]++] = row;
  for (const auto& [text, id] : order) {
    put(AttributeKey(column, AttributeKind::kValue, text),
        EncodeOptimized(RowSet(first[id + 1] - first[id], rows.data() + first[id])));
  }
}

void PutNumbers(size_t column, GatheredNumbers numbers, const AttributeGatherer::Put& put) {
  std::sort(numbers.begin(), numbers.end());
  const size_t size = std::max(kLeastNumbers, (numbers.size() + kMostBlocks - 1) / kMostBlocks);
  NumberOutline outline;
  std::vector<std::string> before;  // a bitmap a block
  RowSet passed;
  for (size_t first = 0; first < numbers.size(); first += size) {
    NumberBlock block;
    for (size_t i = first; i < std::min(first + size, numbers.size()); ++i) {
      block.values.push_back(numbers[i].first);
      block.rows.push_back(numbers[i].second);
    }
    put(AttributeKey(column, AttributeKind::kNumbers, static_cast<uint32_t>(before.size())),
        EncodeNumbers(block));
    outline.ends.emplace_back(block.values.front(), block.values.back());
    before.push_back(EncodeOptimized(passed));
    passed.addMany(block.rows.size(), block.rows.data());
  }
  put(AttributeKey(column, AttributeKind::kOutline), EncodeOutline(outline));
  for (uint32_t i = 0; i < before.size(); ++i) {
    put(AttributeKey(column, AttributeKind::kBefore, i), before[i]);
  }
}

}  // namespace

AttributeGatherer::AttributeGatherer(const std::vector<Column>& columns)
    : columns_(columns.size()) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type == ColumnType::kNumber) columns_[i].values = GatheredNumbers();
  }
}

void GatheredTexts::Add(const std::string& text, uint32_t row) {
  if (too_long) return;
  if (text.size() > kMaxFilterTextBytes) {
    *this = {.ids = {}, .pairs = {}, .too_long = true};
    return;
  }
  const auto [at, added] = ids.try_emplace(text, static_cast<uint32_t>(ids.size()));
  pairs.emplace_back(at->second, row);
}

void AttributeGatherer::Append(const std::vector<Value>& values) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    GatheredColumn& column = columns_[i];
    if (const auto* number = std::get_if<double>(&values[i])) {
      std::get<GatheredNumbers>(column.values).emplace_back(*number, row_);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      std::get<GatheredTexts>(column.values).Add(*text, row_);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&values[i]);
               list != nullptr && !list->empty()) {
      for (const std::string& part : *list) std::get<GatheredTexts>(column.values).Add(part, row_);
    } else {
      column.missing.add(row_);
    }
  }
  ++row_;
}

void AttributeGatherer::Finish(const Put& put) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    put(AttributeKey(i, AttributeKind::kMissing), EncodeOptimized(std::move(columns_[i].missing)));
    if (auto* numbers = std::get_if<GatheredNumbers>(&columns_[i].values)) {
      PutNumbers(i, std::move(*numbers), put);
    } else {
      PutTexts(i, std::get<GatheredTexts>(columns_[i].values), put);
    }
  }
}

bool AttributeGatherer::TooLong(size_t column) const {
  const auto* texts = std::get_if<GatheredTexts>(&columns_[column].values);
  return texts != nullptr && texts->too_long;
}

}  // namespace csn::internal
