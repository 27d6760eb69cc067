#include "query/facets.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

namespace csn {
namespace {

// Keeps the values that most items have. They come ascending, so that an equal that came earlier
// stays before.
class MostFrequent {
 public:
  explicit MostFrequent(size_t most) : most_(most) {}

  template <typename T>
  void Add(const T& value, uint64_t count) {
    if (kept_.size() == most_ && (most_ == 0 || count <= kept_.back().second)) return;
    const auto at =
        std::upper_bound(kept_.begin(), kept_.end(), count,
                         [](uint64_t wanted, const auto& other) { return wanted > other.second; });
    kept_.emplace(at, Value(value), count);
    if (kept_.size() > most_) kept_.pop_back();
  }

  std::vector<std::pair<Value, uint64_t>> Take() && { return std::move(kept_); }

 private:
  const size_t most_;
  std::vector<std::pair<Value, uint64_t>> kept_;
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

size_t FindColumn(const std::vector<Column>& columns, std::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    names.push_back(columns[i].name);
  }
  Fail(ErrorCode::kInvalidArgument, "no column '{}'{}", EscapeForTerminal(name),
       DidYouMean(NearestNames(name, names)));
}

}  // namespace csn
