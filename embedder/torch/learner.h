// What one training run changes: network, masks, optimiser.
#pragma once

#include <torch/optim/adamw.h>

#include <string>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "embedder/internal/batch_loader.h"
#include "embedder/torch/csn_model.h"

namespace csn {

// The masks of beta [C, d]: relu(beta), weights below a thousandth of their notion's greatest set
// to 0. Throws Error(kFailed) where a weight is not finite.
MaskTable PrunedMasks(const torch::Tensor& beta);

// One network and its masks, and AdamW over what of them learns. The start depends on options.seed
// (and options.init) alone. Not thread-safe.
class Learner {
 public:
  // `options` must outlive the learner. Throws Error(kCorruption) naming a file of options.init or
  // options.import_checkpoint that does not fit.
  Learner(const TrainOptions& options, int64_t notions);

  // Learning rates of trunk and masks for step 0..steps-1, by options.schedule.
  void SetRates(int64_t step, int64_t steps, int64_t steps_per_epoch);
  // Of the trunk's kernels; of its other parameters; of the masks, where they learn.
  std::vector<double> Rates() const;
  // One optimiser step; returns the loss.
  double Step(const Batch& batch);

  // What is evaluated and saved.
  MaskTable Masks() const { return PrunedMasks(beta_); }
  // The trunk's weights.
  std::vector<Tensor> Tensors() const { return TrunkTensors(trunk_); }
  // All that the next step depends on, and back: a learner of the same options goes on as this one
  // would. Restore throws Error(kCorruption).
  std::string Save() const;
  void Restore(const std::string& state);
  // Photographs [n, size, size, 3] -> embeddings [n, d].
  Matrix Embed(const std::vector<uint8_t>& photographs, size_t n);

 private:
  torch::Tensor Forward(const Batch& batch);
  // A parameter group.
  void AddToOptimiser(std::vector<torch::Tensor> parameters, double rate, double decay);

  const TrainOptions& options_;
  const torch::Device device_;
  TrunkNet trunk_;
  torch::Tensor beta_;  // [C, d]
  torch::optim::AdamW optimiser_;
  std::vector<double> start_rates_;  // of its groups
};

}  // namespace csn
