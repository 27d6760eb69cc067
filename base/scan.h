// The exact search: every row measured by base/distance.h.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/distance.h"
#include "base/mask.h"
#include "base/matrix.h"
#include "base/neighbor.h"
#include "base/row_set.h"

namespace csn {

// What an exact search ranks by: score(weights, scales) under these masks.
// The referenced masks and scales must outlive the search.
struct Ranking {
  const MaskTable* masks = nullptr;
  std::span<const double> scales;  // [C]
  NotionWeights weights;           // [C], at least one not 0
};

// The k rows with the smallest score, nearest first, ties by row; fewer where there are fewer rows.
// `query` is an unmasked embedding [d], rows [n, d]; `among` says which rows are looked at (none:
// all), `excluded` is left out. Throws Error(kInvalidArgument) on wrong shapes, k < 1, or a row of
// `among` beyond n. Thread-safe.
std::vector<Neighbor> ExactScan(const Ranking& ranking, std::span<const float> query,
                                MatrixView rows, size_t k,
                                std::optional<uint32_t> excluded = std::nullopt,
                                const RowSet* among = nullptr);

// `candidates` measured by definition and sorted, the first k kept: what makes another search's
// answer exact in order.
std::vector<Neighbor> Rescore(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                              std::span<const uint32_t> candidates, size_t k);

}  // namespace csn
