#include "embedder/torch/learner.h"

#include <torch/utils.h>

#include <cmath>
#include <numbers>

#include "embedder/torch/runtime.h"
#include "embedder/torch/triplet_loss.h"

namespace csn {
namespace {

constexpr double kPrunedShare = 1e-3;  // of a notion's greatest weight
constexpr double kWeightDecay = 1e-4;  // of the trunk

TrunkNet SeededTrunk(const TrainOptions& options) {
  torch::manual_seed(options.seed);
  return TrunkNet(options.trunk, options.dim);
}

}  // namespace

MaskTable PrunedMasks(const torch::Tensor& beta) {
  const torch::Tensor weights = torch::relu(beta).detach();
  const torch::Tensor floor = std::get<0>(weights.max(1, true)) * kPrunedShare;
  const torch::Tensor kept =
      torch::where(weights < floor, torch::zeros_like(weights), weights).contiguous();
  if (!torch::isfinite(kept).all().item<bool>()) {
    Fail(ErrorCode::kFailed, "training: a mask weight is not finite; try a lower learning rate");
  }
  Matrix matrix(kept.size(0), kept.size(1));
  std::copy_n(kept.data_ptr<float>(), kept.numel(), matrix.data());
  return MaskTable(std::move(matrix));
}

Learner::Learner(const TrainOptions& options, int64_t notions)
    : options_(options),
      trunk_(SeededTrunk(options)),
      beta_(PreinitialisedMasks(notions, options.dim).set_requires_grad(true)),
      optimiser_(std::vector<torch::optim::OptimizerParamGroup>{}) {
  using torch::optim::AdamOptions;
  UseChannelsLast(trunk_);
  optimiser_.add_param_group(
      {trunk_->parameters(), std::make_unique<AdamOptions>(
                                 AdamOptions(options.learning_rate).weight_decay(kWeightDecay))});
  optimiser_.add_param_group(
      {{beta_}, std::make_unique<AdamOptions>(AdamOptions(options.mask_learning_rate))});
}

void Learner::SetRates(int64_t step, int64_t steps) {
  const double factor =
      0.5 *
      (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
  const double rates[] = {options_.learning_rate, options_.mask_learning_rate};
  for (size_t i = 0; i < 2; ++i) {
    optimiser_.param_groups()[i].options().set_lr(rates[i] * factor);
  }
}

double Learner::Step(const Batch& batch) {
  const auto n = static_cast<int64_t>(batch.items.size());
  trunk_->train();
  const torch::Tensor embeddings =
      trunk_->forward(NormaliseBatch(batch.photographs.data(), n, options_.preprocessing.size));
  const torch::Tensor loss = TripletLoss(embeddings, torch::relu(beta_), batch.picks,
                                         {.margin = options_.margin,
                                          .embedding = options_.embedding_weight,
                                          .mask = options_.mask_weight});
  optimiser_.zero_grad();
  loss.backward();
  optimiser_.step();
  return loss.item<double>();
}

Matrix Learner::Embed(const std::vector<uint8_t>& photographs, size_t n) {
  Matrix embeddings(n, static_cast<size_t>(options_.dim));
  EmbedBatches(trunk_, photographs.data(), n, options_.preprocessing.size, embeddings.data());
  return embeddings;
}

}  // namespace csn
