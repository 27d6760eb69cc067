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

// The k nearest of those added.
class NearestHeap {
 public:
  // `most`: how many will be added at most.
  NearestHeap(size_t k, size_t most) : k_(k) { heap_.reserve(std::min(k, most)); }

  void Add(const Neighbor& neighbor) {
    if (heap_.size() < k_) {
      heap_.push_back(neighbor);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (neighbor < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = neighbor;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  // Nearest first.
  std::vector<Neighbor> Take() && {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  const size_t k_;
  std::vector<Neighbor> heap_;  // the farthest on top
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
                                MatrixView rows, size_t k, std::optional<uint32_t> excluded,
                                const RowSet* among) {
  CheckShapes(ranking, query, rows, k);
  Measurer measure(ranking, query);
  NearestHeap nearest(k, among == nullptr ? rows.rows : among->cardinality());
  const auto look_at = [&](uint32_t row) {
    if (excluded != row) nearest.Add({row, measure(rows.Row(row))});
  };
  if (among == nullptr) {
    for (size_t i = 0; i < rows.rows; ++i) look_at(static_cast<uint32_t>(i));
  } else {
    Require(among->isEmpty() || among->maximum() < rows.rows,
            "exact search: expected rows below {}, got {}", rows.rows, among->maximum());
    for (const uint32_t row : *among) look_at(row);
  }
  return std::move(nearest).Take();
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
