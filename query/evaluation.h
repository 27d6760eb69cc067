// How well a subspace serves its notion, measured on labelled items.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "base/progress.h"
#include "base/stop.h"

namespace csn {

// precision@k of one notion and what it is to be compared with.
struct PrecisionReport {
  uint64_t queries = 0;  // items with a label
  double masked = 0;     // mean precision@k ranking by D_c
  double unmasked = 0;   // the same ranking by the plain distance over the whole embedding
  double chance = 0;     // expected precision of a random order
};

// Queries and candidates are the rows with a label (`known`, [n], 0 or 1), the query itself left
// out; a hit is relevant where `relevant(query row, candidate row)`, which several threads may ask
// at once. precision@k divides by min(k, candidates). Ranked by base/distance.h, ties by row.
// Queries run on `threads` threads; `progress` counts them, and Error(kInterrupted) ends them where
// `stop` is set. With fewer than two labels there is nothing to rank: all zeros.
// Throws Error(kInvalidArgument) on wrong shapes or k < 1.
PrecisionReport PrecisionAtK(const MaskTable& masks, NotionId notion, MatrixView embeddings,
                             std::span<const uint8_t> known,
                             const std::function<bool(uint32_t, uint32_t)>& relevant, size_t k,
                             int threads, const ProgressSink& progress = {},
                             const StopFlag* stop = nullptr);

// recall@k by distance, so that duplicates do not count against an answer: the mean over queries of
// the first k `found` distances that are no farther than the exact k-th (1e-6 relative), divided by
// min(k, exact ones). Both nearest first, one list a query. Throws Error(kInvalidArgument) for no
// queries, lists of unequal number, an empty exact list, or k < 1.
double RecallAtK(std::span<const std::vector<double>> exact_distances,
                 std::span<const std::vector<double>> found_distances, size_t k);

}  // namespace csn
