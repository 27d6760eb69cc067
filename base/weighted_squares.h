// Weighted squared distances of many rows from one point, in float, by the widest vectors that the
// processor has (Highway's run-time dispatch).
#pragma once

#include <cstddef>
#include <span>

namespace csn {

// Dimensions [begin, end).
struct DimRun {
  size_t begin = 0;
  size_t end = 0;
};

// out[i] = sum over the runs' dimensions k of weights[k] (rows[i][k] - point[k])^2: differences,
// squares, products and sums rounded to float, a term at most dimensions + 3 times, in an order
// that differs between processors. Runs but the last have multiples of 16 dimensions. `out` is as
// long as `rows`. Thread-safe.
void WeightedSquares(const float* weights, const float* point, std::span<const DimRun> runs,
                     std::span<const float* const> rows, float* out);

}  // namespace csn
