// The exact search: every row that qualifies, measured by definition.
#pragma once

#include <optional>
#include <vector>

#include "base/neighbor.h"
#include "query/internal/request.h"
#include "storage/generation.h"

namespace csn::internal {

// The first `k` hits behind `after` (none: from the start), nearest first: rows left out, filter
// and limits first, then the request's distance ceiling, then of each group the nearest of all that
// remain. Thread-safe.
std::vector<Neighbor> SearchExactly(const Generation& generation, const Request& request, size_t k,
                                    const std::optional<Neighbor>& after);

// Whether `score` is within the request's ceiling: its root is what is shown.
bool IsNearEnough(const Request& request, double score);

}  // namespace csn::internal
