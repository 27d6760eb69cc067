#include "base/scan.h"

#include <algorithm>

#include "base/error.h"
#include "base/nearest_heap.h"

namespace csn {
namespace {

void CheckRows(const Ranking& ranking, MatrixView rows, size_t k) {
  Require(k >= 1, "exact search: expected k of at least 1, got {}", k);
  Require(rows.cols == ranking.masks->dim(), "exact search: expected rows of {} dimensions, got {}",
          ranking.masks->dim(), rows.cols);
}

}  // namespace

std::vector<Neighbor> ExactScan(const Ranking& ranking, std::span<const float> query,
                                MatrixView rows, size_t k, std::optional<uint32_t> excluded) {
  const Examples examples{.liked = {query}};
  Measurer measurer(ranking, examples);
  CheckRows(ranking, rows, k);
  NearestHeap nearest(k, rows.rows);
  for (uint32_t row = 0; row < rows.rows; ++row) {
    if (excluded != row) nearest.Add({row, measurer.Score(rows.Row(row))});
  }
  return std::move(nearest).Take();
}

std::vector<Neighbor> Rescore(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                              std::span<const uint32_t> candidates, size_t k) {
  const Examples examples{.liked = {query}};
  Measurer measurer(ranking, examples);
  CheckRows(ranking, rows, k);
  std::vector<Neighbor> neighbors;
  neighbors.reserve(candidates.size());
  for (const uint32_t row : candidates) {
    Require(row < rows.rows, "rescoring: expected a row below {}, got {}", rows.rows, row);
    neighbors.push_back({row, measurer.Score(rows.Row(row))});
  }
  std::sort(neighbors.begin(), neighbors.end());
  // Several searches may propose the same row; equal rows have equal values, so they stand side by
  // side.
  neighbors.erase(std::unique(neighbors.begin(), neighbors.end()), neighbors.end());
  if (neighbors.size() > k) neighbors.resize(k);
  return neighbors;
}

}  // namespace csn
