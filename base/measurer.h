// Measures rows against what a query asks for, by base/distance.h: every answer is decided here.
#pragma once

#include <span>
#include <vector>

#include "base/distance.h"
#include "base/mask.h"
#include "base/matrix.h"

namespace csn {

// What an exact search ranks by: score(weights, scales) under these masks.
// The referenced masks and scales must outlive the search.
struct Ranking {
  const MaskTable* masks = nullptr;
  std::span<const double> scales;  // [C]
  NotionWeights weights;           // [C], at least one not 0
};

// What hits are to be like, and what unlike: unmasked embeddings [d], which must outlive this.
struct Examples {
  std::vector<std::span<const float>> liked;  // at least one
  std::vector<std::span<const float>> unliked = {};
  double beta = 0;  // how much the unliked count beside the liked, in [0, 1)
};

// One row after the other. With L_c and U_c the means of D_c over the liked and over the unliked
// examples, in their order (U_c = 0 without any), a row's distance in a notion is
// L_c - beta U_c, and its score that of base/distance.h with these distances. Not thread-safe: one
// a thread.
class Measurer {
 public:
  // `also`: notions whose distances are asked for beside those with a weight. Throws
  // Error(kInvalidArgument) where shapes do not agree or no weight counts.
  Measurer(const Ranking& ranking, const Examples& examples, std::span<const NotionId> also = {});

  // The row's [d] score; what follows is of the row measured last.
  double Score(std::span<const float> row);
  double liked(NotionId notion) const { return liked_[notion]; }         // L_c
  double distance(NotionId notion) const { return distances_[notion]; }  // L_c - beta U_c

 private:
  const Ranking& ranking_;
  const Examples& examples_;
  std::vector<NotionId> measured_;  // ascending
  std::vector<double> liked_, distances_;
};

}  // namespace csn
