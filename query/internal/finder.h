// From requests to the rows that answer them, by the ways that the planner gives.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "query/internal/exact_search.h"
#include "query/internal/planner.h"
#include "query/internal/request.h"
#include "query/internal/standing.h"
#include "storage/generation.h"

namespace csn::internal {

struct Found : FoundHits {
  std::vector<WayCost> ways;  // all that could have answered, the cheapest first
  Way way = Way::kFloats;     // that was taken
  ScanCounts counts;
  double seconds = 0;  // finding took; of several found together, a share of it
};

// The hits of the request's page: at most k, and one more where there is another page. Thread-safe.
Found FindHits(const Generation& generation, const Request& request);

// One of several requests; it comes out with hits or with an error.
struct FindJob {
  const Request* request = nullptr;
  Found found = {};
  std::optional<Error> error = {};
};

// FindHits of each; those that codes answer best are found together. Thread-safe.
void FindHitsOfEach(const Generation& generation, std::span<FindJob> jobs);

}  // namespace csn::internal
