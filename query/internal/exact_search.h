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

// Of a request with groups: the nearest row of each that qualifies, by the group's number.
std::vector<std::optional<Neighbor>> NearestOfGroups(const Generation& generation,
                                                     const Request& request);

}  // namespace csn::internal
