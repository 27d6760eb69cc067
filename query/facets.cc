#include "query/facets.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "query/internal/columns.h"

namespace csn {
namespace {

// Keeps the values that most items have.
class MostFrequent {
 public:
  explicit MostFrequent(size_t most) : most_(most) {}

  // Values come ascending.
  template <typename T>
  void Add(const T& value, uint64_t count) {
    const uint64_t order = added_++;
    if (most_ == 0 || (kept_.size() == most_ && count <= kept_.front().count)) return;
    if (kept_.size() == most_) {
      std::pop_heap(kept_.begin(), kept_.end(), GoesFirst);
      kept_.pop_back();
    }
    kept_.push_back({Value(value), count, order});
    std::push_heap(kept_.begin(), kept_.end(), GoesFirst);
  }

  // The most frequent first, equals as they came.
  std::vector<std::pair<Value, uint64_t>> Take() && {
    std::sort_heap(kept_.begin(), kept_.end(), GoesFirst);
    std::vector<std::pair<Value, uint64_t>> values;
    for (Entry& entry : kept_) values.emplace_back(std::move(entry.value), entry.count);
    return values;
  }

 private:
  struct Entry {
    Value value;
    uint64_t count = 0;
    uint64_t order = 0;
  };
  static bool GoesFirst(const Entry& a, const Entry& b) {
    return a.count != b.count ? a.count > b.count : a.order < b.order;
  }

  const size_t most_;
  uint64_t added_ = 0;
  std::vector<Entry> kept_;  // a heap: the one that goes last is in front
};

}  // namespace

Facet CountFacet(const MetadataStore& store, size_t column, const RowSet* among, size_t most) {
  Facet facet{.column = store.columns()[column]};
  facet.items = among == nullptr ? store.size() : among->cardinality();
  const RowSet missing = store.RowsWithout(column);
  facet.missing = among == nullptr ? missing.cardinality() : missing.and_cardinality(*among);
  MostFrequent kept(most);
  if (facet.column.type == ColumnType::kNumber) {
    store.ForEachNumber(column, [&](double number, std::span<const uint32_t> rows) {
      const auto counts = [&](uint32_t row) { return among == nullptr || among->contains(row); };
      const auto count = static_cast<uint64_t>(std::count_if(rows.begin(), rows.end(), counts));
      if (count == 0) return;
      ++facet.distinct;
      if (!facet.range) facet.range.emplace(number, number);
      facet.range->second = number;
      kept.Add(number, count);
    });
  } else {
    store.ForEachText(column, "", [&](std::string_view text, const RowSet& rows) {
      const uint64_t count = among == nullptr ? rows.cardinality() : rows.and_cardinality(*among);
      if (count == 0) return true;
      ++facet.distinct;
      kept.Add(std::string(text), count);
      return true;
    });
  }
  facet.values = std::move(kept).Take();
  return facet;
}

size_t FindColumn(const std::vector<Column>& columns, std::string_view name,
                  std::string_view asker) {
  if (const std::optional<size_t> column = internal::LookUpColumn(columns, name)) return *column;
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  Fail(ErrorCode::kInvalidArgument, "{}: no column '{}'{}", asker, EscapeForTerminal(name),
       DidYouMean(NearestNames(name, names)));
}

}  // namespace csn
