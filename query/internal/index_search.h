// Answers from a notion's FAISS index.
#pragma once

#include <optional>
#include <vector>

#include "base/neighbor.h"
#include "query/internal/request.h"
#include "storage/generation.h"

namespace csn::internal {

// The first `k` of the request by an index of its sole notion, nearest first. Limits, filters,
// groups and the page before are not looked at: the caller asks only where there are none. The
// request has one example and a sole notion with live dimensions. Thread-safe.
//
// The exact answer by way of a flat index, or nothing where its float distances cannot prove it.
std::optional<std::vector<Neighbor>> SearchFlat(const Generation& generation,
                                                const Request& request, size_t k);
// The graph's answer, or nothing where it came back short.
std::optional<std::vector<Neighbor>> SearchGraph(const Generation& generation,
                                                 const Request& request, size_t k);

}  // namespace csn::internal
