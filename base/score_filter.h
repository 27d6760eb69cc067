// Which rows cannot be among the nearest, told in float: what an exact search need not measure by
// definition.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "base/measurer.h"
#include "base/weighted_squares.h"

namespace csn {

// With W_k = sum over notions c of w_c m_ck^2 / S_c a row's score is sum_k W_k times the mean of
// (q_k - x_k)^2 over the liked examples less beta times that over the unliked: a weighted squared
// distance from one point, and a constant. Bound gives that distance with its weights made so much
// smaller that no rounding, of floats here or of doubles in the definition, can lift it above the
// truth; docs/exactness.md has the proof. Thread-safe after construction.
class ScoreFilter {
 public:
  // Arguments as Measurer's, which has checked them. Copies what it needs.
  ScoreFilter(const Ranking& ranking, const Examples& examples);

  // bounds[i] for the row [d] that rows[i] points to.
  void Bound(std::span<const float* const> rows, float* bounds) const {
    WeightedSquares(weights_.data(), point_.data(), runs_, rows, bounds);
  }
  // A row whose bound IsBehind this has, by definition, a score greater than `score`.
  float Ceiling(double score) const;
  // What else can be told of all rows at once: where share() is above 0, the sum over notions of
  // share() w_c / S_c times the squared distance in c of a row from point() [d] is no more than
  // what Bound gives; a row for which it is greater than a ceiling IsBehind that.
  double share() const { return share_; }
  std::span<const float> point() const { return point_; }
  // Bounds that overflowed say nothing.
  static bool IsBehind(float bound, float ceiling) {
    // Not &&: without a branch several are told at once.
    return (bound > ceiling) & (bound <= std::numeric_limits<float>::max());
  }

 private:
  std::vector<float> weights_, point_;  // [d], weights times scale_
  std::vector<DimRun> runs_;            // where weights are not 0
  double scale_ = 0;                    // a power of two, that weights are of about 1
  double constant_ = 0;                 // least that is to be added to a bound, unscaled
  double share_ = 0;                    // 0 with negative weights
  double slack_ = 0;                    // what floats too small to be held may add to a bound
  bool usable_ = false;                 // no weight or example is beyond what floats can hold
};

}  // namespace csn
