#include "base/scan.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"

namespace csn {
namespace {

// Measures many rows against one query. All arithmetic is base/distance.h's; only the list of
// notions that count and the room for their distances are kept from row to row.
class Measurer {
 public:
  Measurer(const Ranking& ranking, std::span<const float> query)
      : ranking_(ranking), query_(query), distances_(ranking.weights.size()) {
    for (size_t notion = 0; notion < ranking.weights.size(); ++notion) {
      if (ranking.weights[notion] != 0) counted_.push_back(static_cast<NotionId>(notion));
    }
  }

  double operator()(std::span<const float> row) {
    for (const NotionId notion : counted_) {
      distances_[notion] = NotionDistance(*ranking_.masks, notion, query_, row);
    }
    return Score(ranking_.weights, distances_, ranking_.scales);
  }

 private:
  const Ranking& ranking_;
  std::span<const float> query_;
  std::vector<NotionId> counted_;
  std::vector<double> distances_;
};

void CheckShapes(const Ranking& ranking, std::span<const float> query, MatrixView rows, size_t k) {
  assert(ranking.masks != nullptr);
  const size_t notions = ranking.masks->notion_count();
  const size_t dim = ranking.masks->dim();
  Require(k >= 1, "exact search: expected k of at least 1, got {}", k);
  Require(ranking.weights.size() == notions && ranking.scales.size() == notions,
          "exact search: expected {} weights and scales, one a notion, got {} and {}", notions,
          ranking.weights.size(), ranking.scales.size());
  Require(std::any_of(ranking.weights.begin(), ranking.weights.end(),
                      [](double weight) { return weight != 0; }),
          "exact search: every notion has weight 0");
  Require(query.size() == dim, "exact search: expected a query of {} dimensions, got {}", dim,
          query.size());
  Require(rows.cols == dim, "exact search: expected rows of {} dimensions, got {}", dim, rows.cols);
}

}  // namespace

std::vector<Neighbor> ExactScan(const Ranking& ranking, std::span<const float> query,
                                MatrixView rows, size_t k, std::optional<uint32_t> excluded) {
  CheckShapes(ranking, query, rows, k);
  Measurer measure(ranking, query);
  // The farthest of the best so far is on top.
  std::vector<Neighbor> heap;
  heap.reserve(std::min(k, rows.rows));
  for (size_t i = 0; i < rows.rows; ++i) {
    const Neighbor neighbor{static_cast<uint32_t>(i), measure(rows.Row(i))};
    if (excluded == neighbor.row) continue;
    if (heap.size() < k) {
      heap.push_back(neighbor);
      std::push_heap(heap.begin(), heap.end());
    } else if (neighbor < heap.front()) {
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = neighbor;
      std::push_heap(heap.begin(), heap.end());
    }
  }
  std::sort_heap(heap.begin(), heap.end());
  return heap;
}

std::vector<Neighbor> Rescore(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                              std::span<const uint32_t> candidates, size_t k) {
  CheckShapes(ranking, query, rows, k);
  Measurer measure(ranking, query);
  std::vector<Neighbor> neighbors;
  neighbors.reserve(candidates.size());
  for (const uint32_t row : candidates) {
    Require(row < rows.rows, "rescoring: expected a row below {}, got {}", rows.rows, row);
    neighbors.push_back({row, measure(rows.Row(row))});
  }
  std::sort(neighbors.begin(), neighbors.end());
  // Several searches may propose the same row; equal rows have equal values, so they stand side by
  // side.
  neighbors.erase(std::unique(neighbors.begin(), neighbors.end()), neighbors.end());
  if (neighbors.size() > k) neighbors.resize(k);
  return neighbors;
}

}  // namespace csn
