// Triplet error: the share of triplets whose negative is no farther from the anchor than the
// positive. Source: CSN paper, section 4; csn-model "Metrics, exactly".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "embedder/triplet_source.h"
#include "query/evaluation/bootstrap.h"

namespace csn {

// One a triplet: 1 where D(a, n) <= D(a, p) in space `space` of `spaces`, 0 otherwise. A tie is an
// error. Triplets are of rows of `embeddings` [n, d]. Throws Error(kInvalidArgument) on wrong
// shapes.
std::vector<double> TripletMistakes(const MaskTable& spaces, NotionId space, MatrixView embeddings,
                                    std::span<const Triplet> triplets);

// One value a triplet, of the triplets of one notion.
struct TripletValues {
  std::span<const Triplet> triplets;
  std::vector<double> values;
};

// The mean over all values of all lists, and how far other items of the same kind would move it.
// Triplets share items in all three roles, so items are resampled, not triplets: an item drawn w
// times counts w times in every triplet it is in, whatever its role. A triplet's own chance would
// count three times that way, once for each of its items; deviations are shrunk by the factor that
// makes it once: sqrt((sum of squared item sums - 2 * sum of squares) / sum of squared item sums),
// the sums being of value - mean of its list (the clustering by more than one way of Cameron,
// Gelbach, Miller, 2011, where the three ways are roles of one kind of item). Pairs of triplets
// that share two items count twice: where that is common, the interval is a little wide. Where all
// values are equal it is the rule of three of as many as there are anchors. Without triplets all is
// 0. `triplets` are of items below `items`.
Interval MeanOverTriplets(std::span<const TripletValues> lists, size_t items, uint64_t seed,
                          const Bounds& bounds = {});

}  // namespace csn
