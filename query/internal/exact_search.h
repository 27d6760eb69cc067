// The exact search: every row that qualifies, measured by definition.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/neighbor.h"
#include "query/internal/request.h"
#include "storage/generation.h"

namespace csn::internal {

// What a scan reads first of the rows; those that it does not pass over are read in floats.
enum class ReadFirst { kFloats, kCodes, kTree };

// Rows that a scan looked at, each time those that may still be hits.
struct ScanCounts {
  uint64_t by_codes = 0, by_floats = 0, measured = 0;
};

// The first `k` hits behind `after` (none: from the start), nearest first: rows left out, filter
// and limits first, then the request's distance ceiling, then of each group the nearest of all that
// remain. kCodes: every notion that counts has codes, and there are no groups; kTree: besides,
// there is a sole notion, which has a tree. Where codes cannot tell, floats are read all the same.
// Adds to `counts`. Thread-safe.
std::vector<Neighbor> SearchExactly(const Generation& generation, const Request& request, size_t k,
                                    const std::optional<Neighbor>& after, ReadFirst first,
                                    ScanCounts& counts);

// What is sought by one of several searches.
struct Sought {
  const Request* request = nullptr;
  size_t k = 0;
  std::optional<Neighbor> after = {};
};

// As SearchExactly of each by kCodes, all of them in one pass over the codes: memory is read once
// for all that rank by the same notions. `counts` has one for each.
std::vector<std::vector<Neighbor>> SearchTogether(const Generation& generation,
                                                  std::span<const Sought> sought,
                                                  std::span<ScanCounts> counts);

// Of a request with groups: the nearest row of each that qualifies, by the group's number.
std::vector<std::optional<Neighbor>> NearestOfGroups(const Generation& generation,
                                                     const Request& request);

}  // namespace csn::internal
