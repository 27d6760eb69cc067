// The exact search: every row measured by base/distance.h.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/measurer.h"
#include "base/neighbor.h"

namespace csn {

// The k rows with the smallest score, nearest first, ties by row; fewer where there are fewer rows.
// `query` is an unmasked embedding [d], rows [n, d]; `excluded` is left out. Throws
// Error(kInvalidArgument) on wrong shapes or k < 1. Thread-safe.
std::vector<Neighbor> ExactScan(const Ranking& ranking, std::span<const float> query,
                                MatrixView rows, size_t k,
                                std::optional<uint32_t> excluded = std::nullopt);

// `candidates` measured by definition and sorted, the first k kept: what makes another search's
// answer exact in order.
std::vector<Neighbor> Rescore(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                              std::span<const uint32_t> candidates, size_t k);

}  // namespace csn
