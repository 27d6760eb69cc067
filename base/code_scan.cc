#include "base/code_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "base/nearest_heap.h"
#include "base/scan.h"
#include "base/score_filter.h"

namespace csn {
namespace {

// Blocks of codes looked at in one go: ceilings stay as they are meanwhile, but memory waits
// between one go and the next.
constexpr size_t kBlocksTogether = 64;

// The nearest to one row, but for itself.
class NearestToRow : public CodedSearch {
 public:
  NearestToRow(const Ranking& ranking, MatrixView rows, uint32_t query,
               std::span<const CodesView> codes, size_t k)
      : rows_(rows),
        query_(query),
        examples_{.liked = {rows.Row(query)}},
        measurer_(ranking, examples_),
        floats_(ranking, examples_),
        filter_(CodeFilter::Make(ranking, floats_, codes)),
        nearest_(k, rows.rows) {}

  bool has_filter() const { return filter_.has_value(); }
  const CodeFilter& filter() const override { return *filter_; }
  float ceiling() const override { return ceiling_; }
  void LookAt(std::span<const uint32_t> rows) override {
    for (const uint32_t row : rows) {
      if (row != query_) nearest_.Add({row, measurer_.Score(rows_.Row(row))});
    }
    if (nearest_.full()) ceiling_ = floats_.Ceiling(nearest_.farthest().value);
  }
  std::vector<Neighbor> Take() { return std::move(nearest_).Take(); }

 private:
  const MatrixView rows_;
  const uint32_t query_;
  const Examples examples_;
  Measurer measurer_;
  const ScoreFilter floats_;
  const std::optional<CodeFilter> filter_;
  NearestHeap nearest_;
  float ceiling_ = std::numeric_limits<float>::infinity();
};

}  // namespace

void ReadCodes(std::span<CodedSearch* const> searches) {
  std::vector<std::array<uint64_t, kBlocksTogether>> within(searches.size());
  std::vector<CodeFilter::Asked> asked(searches.size());
  std::vector<uint32_t> rows;
  const size_t blocks = searches.front()->filter().blocks();
  // Few blocks at first: what they hold lowers the ceilings most.
  for (size_t first = 0, some = 1; first < blocks; first += some) {
    some = std::min({std::max<size_t>(first, 1), kBlocksTogether, blocks - first});
    for (size_t i = 0; i < searches.size(); ++i) {
      asked[i] = {.filter = &searches[i]->filter(),
                  .ceiling = searches[i]->ceiling(),
                  .within = std::span(within[i]).first(some)};
    }
    CodeFilter::FindWithinEach(first, asked);
    for (size_t i = 0; i < searches.size(); ++i) {
      rows.clear();
      for (size_t at = 0; at < some; ++at) {
        for (uint64_t left = within[i][at]; left != 0; left &= left - 1) {
          rows.push_back(static_cast<uint32_t>((first + at) * kCodeBlockRows +
                                               static_cast<size_t>(std::countr_zero(left))));
        }
      }
      if (!rows.empty()) searches[i]->LookAt(rows);
    }
  }
}

std::vector<std::vector<Neighbor>> NearestByCodes(const Ranking& ranking,
                                                  std::span<const uint32_t> queries,
                                                  MatrixView rows, std::span<const CodesView> codes,
                                                  size_t k) {
  std::deque<NearestToRow> all;  // which stay where they are
  std::vector<CodedSearch*> searches;
  for (const uint32_t query : queries) {
    NearestToRow& search = all.emplace_back(ranking, rows, query, codes, k);
    const bool alike = search.has_filter() &&
                       (searches.empty() || search.filter().ReadsTheSame(searches[0]->filter()));
    if (alike) searches.push_back(&search);
  }
  if (!searches.empty()) ReadCodes(searches);
  std::vector<std::vector<Neighbor>> found;
  for (size_t i = 0, at = 0; i < queries.size(); ++i) {
    if (at < searches.size() && searches[at] == &all[i]) {
      ++at;
      found.push_back(all[i].Take());
    } else {
      found.push_back(ExactScan(ranking, rows.Row(queries[i]), rows, k, queries[i]));
    }
  }
  return found;
}

}  // namespace csn
