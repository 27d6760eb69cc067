// Where hits stand among all items, and which items a query's steps keep out: what explanations are
// made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/neighbor.h"
#include "query/internal/request.h"
#include "query/query.h"
#include "storage/generation.h"

namespace csn::internal {

// How many other items are nearer, and how many farther, than a hit in one notion.
struct NotionStanding {
  uint64_t nearer = 0;
  uint64_t farther = 0;
};

struct StoppedItem {
  KeptOut::Step step = KeptOut::Step::kNext;
  Neighbor nearest;     // of those that the step kept out
  uint64_t nearer = 0;  // as KeptOut
};

struct Standings {
  uint64_t items = 0;                             // all but those asked by
  std::vector<NotionId> asked;                    // notions with a weight, ascending
  std::vector<std::vector<NotionStanding>> hits;  // [hit][asked]
  std::vector<StoppedItem> stopped;               // in the steps' order
};

// An answer as it was found, before it became text.
struct FoundHits {
  std::vector<Neighbor> neighbors = {};  // the hits
  std::vector<Neighbor> pool = {};       // with diversity, what it took from, nearest first
  std::vector<Neighbor> taken = {};  // with diversity, all it took: pages before, hits, the next
};

// Measures every row, twice where there are groups.
Standings FindStandings(const Generation& generation, const Request& request,
                        const FoundHits& found);

}  // namespace csn::internal
