// How much a linear classifier finds in embeddings that were not trained for its classes. Source:
// CSN paper, section 4.4 (off-task features); Alain, Bengio, Understanding intermediate layers
// using linear classifier probes, 2016.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/stop.h"

namespace csn {

// Multinomial logistic regression: the scores of an x are weights [K, d] times x, plus bias [K].
struct LinearClassifier {
  std::vector<double> weights;  // [K, d], row-major
  std::vector<double> bias;     // [K]

  uint32_t Classify(std::span<const double> x) const;  // the greatest score, ties to the smaller
};

struct ClassifierOptions {
  // Of the mean loss: penalty/2 * sum of squared weights; the bias is free.
  double penalty = 0;
  int max_iterations = 200;
  double tolerance = 1e-5;  // of the greatest partial derivative
};

// Minimises the mean cross entropy plus penalty over rows x [n, d] (row-major) of classes 0 to
// `class_count` - 1 by L-BFGS from zero weights, until tolerance or max_iterations. Deterministic.
// Throws Error(kInvalidArgument) on wrong shapes, Error(kInterrupted) where `stop` is set.
LinearClassifier FitClassifier(std::span<const double> x, std::span<const uint32_t> classes,
                               size_t class_count, const ClassifierOptions& options,
                               const StopFlag* stop = nullptr);

inline constexpr size_t kProbeFolds = 5;

struct ProbeResult {
  std::vector<double> correct;  // [n]: 1 where the item's class was told rightly, else 0
  double majority = 0;          // share of the commonest class: accuracy of always saying it
};

// Five folds, every class dealt out evenly by `seed`; each is classified by FitClassifier on the
// other four, dimensions brought to mean 0 and variance 1 by those four, penalty 1 / their number
// (weights as a standard normal prior would have them). `classes` [n] are below `class_count`.
// Throws Error(kInvalidArgument) on wrong shapes or fewer than two classes, Error(kInterrupted)
// where `stop` is set. Folds run on `threads` threads, which change nothing.
ProbeResult ProbeLinearly(MatrixView embeddings, std::span<const uint32_t> classes,
                          size_t class_count, uint64_t seed, int threads,
                          const StopFlag* stop = nullptr);

}  // namespace csn
