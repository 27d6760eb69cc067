// How fast an engine answers, and how well: queries of an index's own items, asked over and over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/stop.h"
#include "query/evaluation/bootstrap.h"
#include "query/query_engine.h"

namespace csn {

struct WorkloadOptions {
  double seconds = 1;   // at least so long, and each query at least once
  int threads = 1;      // that ask at once
  size_t together = 1;  // queries that a thread asks in one call
  const StopFlag* stop = nullptr;
};

struct WorkloadResult {
  Plan plan = Plan::kScan;  // of the first query
  uint64_t asked = 0;
  double queries_per_second = 0;            // of all threads together
  double p50 = 0, p99 = 0;                  // seconds a query took, or all that were asked with it
  std::vector<std::vector<double>> scores;  // of each query's hits, nearest first
};

// `count` of the index's skus, drawn by seed without repetition; all where there are fewer.
std::vector<std::string> DrawSkus(const QueryEngine& engine, size_t count, uint64_t seed);

// Asks `query` by each of the skus in turn, each left out of its own answer. One round that warms
// up is not counted. Errors as QueryEngine::Search; Error(kInterrupted) where `stop` is set.
WorkloadResult RunWorkload(const QueryEngine& engine, const Query& query,
                           const std::vector<std::string>& skus, const WorkloadOptions& options);

// recall@k of `found` against the exact answers to the same queries, by score, with its interval;
// queries without hits are left out, and of none it is 1.
Interval WorkloadRecall(const WorkloadResult& exact, const WorkloadResult& found, size_t k,
                        uint64_t seed);

}  // namespace csn
