// A mask for a new notion, fitted on embeddings that are already there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/stop.h"
#include "embedder/split.h"
#include "embedder/triplet_source.h"

namespace csn {

struct MaskFitOptions {
  uint64_t seed = 1;         // draws the triplets
  size_t triplets = 20'000;  // of each split
};

struct MaskFit {
  std::vector<float> weights;  // [d], not negative, the greatest 1
  size_t test_items = 0;       // with a label
  // Triplet errors, in [0, 1]; a tie is an error, chance is 0.5.
  double validation_error = 0;
  double error = 0;        // on the test split
  double whole_error = 0;  // the same triplets by the plain distance over the whole embedding
};

// Fits one non-negative weight a dimension, so that anchors lie nearer to their positives than to
// their negatives by a margin: with w_k = m_k^2 the distance of engine and trainer is linear in w,
// so this is a convex problem with one answer,
//   min over u >= 0 of  mean over triplets of H(1 - sum_k u_k f_k) + lambda sum_k u_k,
//   f_k = ((a_k - n_k)^2 - (a_k - p_k)^2) / (2 Var_k),  w_k = u_k / (2 Var_k),
// H the square of the positive part, linear beyond 2 so that no single triplet rules. (Learning a
// distance from relative comparisons: Schultz and Joachims, NIPS 2003.) Lambda is the greatest
// whose validation triplet error is within one standard error of the best: few live dimensions
// where they do as well. Weights below a thousandth of the greatest are zeroed, as the trainer
// does.
//
// `labels` hold one notion over the n items, `embeddings` are [n, d], `splits` [n]; items without a
// label take no part. Deterministic. Throws Error(kInvalidArgument) naming notion and split where
// there is no triplet, Error(kTargetNotMet) where no dimension tells positives from negatives,
// Error(kInterrupted) where `stop` is set.
MaskFit FitMask(const LabelTable& labels, MatrixView embeddings, std::span<const Split> splits,
                const MaskFitOptions& options, const StopFlag* stop = nullptr);

}  // namespace csn
