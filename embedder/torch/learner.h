// What one training run changes: network, masks, optimiser.
#pragma once

#include <torch/optim/adam.h>

#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "embedder/internal/batch_loader.h"
#include "embedder/torch/csn_model.h"

namespace csn {

// The masks of beta [C, d]: relu(beta), weights below a thousandth of their notion's greatest set
// to 0. Throws Error(kFailed) where a weight is not finite.
MaskTable PrunedMasks(const torch::Tensor& beta);

// A Conditional Similarity Network with learned masks from the preinitialised start, and Adam over
// both. The start depends on options.seed alone. Not thread-safe.
class Learner {
 public:
  // `options` must outlive the learner.
  Learner(const TrainOptions& options, int64_t notions);

  // Learning rates of trunk and masks for step 0..steps-1: half a cosine from their start to 0.
  void SetRates(int64_t step, int64_t steps);
  // One optimiser step; returns the loss.
  double Step(const Batch& batch);

  // What is evaluated and saved.
  MaskTable Masks() const { return PrunedMasks(beta_); }
  // The trunk's weights.
  std::vector<Tensor> Tensors() const { return TrunkTensors(trunk_); }
  // Photographs [n, size, size, 3] -> embeddings [n, d].
  Matrix Embed(const std::vector<uint8_t>& photographs, size_t n);

 private:
  const TrainOptions& options_;
  TrunkNet trunk_;
  torch::Tensor beta_;  // [C, d]
  torch::optim::Adam optimiser_;
};

}  // namespace csn
