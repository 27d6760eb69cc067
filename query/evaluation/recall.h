// How much of an exact answer an approximate one finds.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace csn {

// recall@k of each query by distance, so that duplicates do not count against an answer: of the
// first k `found` distances those no farther than the exact k-th (1e-6 relative), divided by min(k,
// exact ones). Both nearest first, one list a query. Throws Error(kInvalidArgument) for no queries,
// lists of unequal number, an empty exact list, or k < 1.
std::vector<double> RecallsAtK(std::span<const std::vector<double>> exact_distances,
                               std::span<const std::vector<double>> found_distances, size_t k);

}  // namespace csn
