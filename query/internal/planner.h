// The ways to an answer, what each is expected to cost, and so which is taken.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/internal/exact_search.h"
#include "query/internal/request.h"
#include "storage/generation.h"

namespace csn::internal {

enum class Way {
  kCodes,      // every row by its codes, those that may be hits in full
  kFloats,     // every row that qualifies by its floats
  kTree,       // rows by their codes, those in near boxes first, until no box is near enough
  kFlatIndex,  // FAISS's flat index, proven: of rows without codes
  kGraph,      // FAISS's graph: approximate
  kLists,      // FAISS's inverted lists: approximate
};
const char* WayName(Way way);  // "codes", "floats", "tree", "flat index", "graph", "lists"
std::optional<ReadFirst> ScanOf(Way way);  // none: it asks an index

struct WayCost {
  Way way = Way::kFloats;
  double seconds = 0;  // expected, of one thread
};

// Those that can answer the request's first k (or, with `after`, the k behind it), the cheapest
// first: at least one. Graph and lists only where nothing exact is asked for; where the request
// says how widely they are to be searched, they come first. The last one never fails. Thread-safe.
std::vector<WayCost> PlanWays(const Generation& generation, const Request& request, size_t k,
                              bool first_page);

}  // namespace csn::internal
