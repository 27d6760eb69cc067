// Maximal marginal relevance: hits that are near what is asked for and far from each other.
#pragma once

#include <vector>

#include "base/neighbor.h"
#include "query/internal/request.h"
#include "storage/generation.h"

namespace csn::internal {

// The request's ranking without its negative weights: how far items are from each other.
Ranking BetweenItems(const Request& request);

// Takes `count` of `pool` (nearest first), in the order in which they are taken: each time the one
// with least (1 - lambda) score - lambda * its least score to one taken before, by the positive
// weights alone; ties go to the smaller score, then the smaller row. Source: Carbonell and
// Goldstein, SIGIR 1998, with distances for similarities.
std::vector<Neighbor> TakeDiverse(const Generation& generation, const Request& request,
                                  std::vector<Neighbor> pool, size_t count);

}  // namespace csn::internal
