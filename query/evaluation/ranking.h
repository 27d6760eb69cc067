// How well a space ranks: average precision, precision, recall, nDCG. Source: csn-model "Metrics,
// exactly"; Manning, Raghavan, Schuetze, Introduction to Information Retrieval, chapter 8.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "base/neighbor.h"
#include "base/progress.h"
#include "base/stop.h"

namespace csn {

// Means over the queries of one notion, ranked one way. Of the vectors, one value for each k.
struct RankingScores {
  double mean_average_precision = 0;
  std::vector<double> precision, recall;
  // Numeric notions only, else empty: gain 1 - |difference| / range, and the mean difference of the
  // nearest k in the column's unit.
  std::vector<double> ndcg, mean_absolute_difference;
};

// What one notion says of n items.
struct Relevance {
  std::vector<uint8_t> known;  // [n]: 1 where the item has a label
  // Fills relevant [n]: 1 where the item is relevant to `query`. What it says of the query itself
  // and of items without a label is not read. Several threads may ask at once.
  std::function<void(uint32_t query, std::span<uint8_t> relevant)> mark;
  std::vector<double> numbers;  // [n] for a numeric notion, else empty
};

struct RankingOptions {
  std::vector<size_t> ks;   // ascending, at least one, each at least 1
  size_t detail_k = 10;     // one of ks: of NotionRanking::precision
  int threads = 1;          // speed only
  ProgressSink progress{};  // counts queries
  const StopFlag* stop = nullptr;
};

struct NotionRanking {
  uint64_t queries = 0;  // items with a label
  uint64_t judged = 0;   // of them, with something relevant among the others
  RankingScores masked, whole, chance;
  // Of the masked ranking, one value for each of `query_rows`, ascending.
  std::vector<uint32_t> query_rows;
  std::vector<double> average_precision;  // NaN where nothing is relevant
  std::vector<double> precision;          // at detail_k
};

// Ranks, for every notion c and every item with a label as the query, all other items with a label
// by D_c (base/distance.h, ties by row), once in space c of `spaces`, once in its last space, the
// whole embedding (query/evaluation/spaces.h). `relevance` is [C], spaces are C + 1.
// - average precision: the mean over the relevant of the precision at their rank. Means of it and
// of
//   recall are over the `judged` queries, those of precision and the numeric measures over all.
// - precision@k divides by min(k, candidates).
// - nDCG@k: gain 1 - |difference| / range, discount log2(rank + 1), divided by that of the best
//   order; the range is that of the labels, and a range of 0 makes all gains 1.
// - `chance` is what the mean over all orders is, in closed form.
// With fewer than two labels there is nothing to rank: no queries and zeros. The same on any number
// of threads. Throws Error(kInvalidArgument) on wrong shapes, Error(kInterrupted) where `stop` is
// set.
std::vector<NotionRanking> MeasureRankings(const MaskTable& spaces, MatrixView embeddings,
                                           std::span<const Relevance> relevance,
                                           const RankingOptions& options);

// The k nearest candidates of one query as MeasureRankings ranks them, with their D.
std::vector<Neighbor> NearestKnown(const MaskTable& spaces, NotionId space, MatrixView embeddings,
                                   std::span<const uint8_t> known, uint32_t query, size_t k);

}  // namespace csn
