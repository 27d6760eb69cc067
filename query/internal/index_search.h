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
// What a graph or lists find, or nothing where that falls short of what there is.
std::optional<std::vector<Neighbor>> SearchApproximately(const Generation& generation,
                                                         const Request& request, size_t k);

// How widely that is: as the request says, or else as the build found best.
struct SearchWidth {
  int ef_search = 0;  // candidates kept
  int nprobe = 0;     // of lists
};
SearchWidth WidthOf(const Request& request, const SubspaceManifest& subspace);

}  // namespace csn::internal
