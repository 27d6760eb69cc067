#include "embedder/torch/learner.h"

#include <torch/serialize/archive.h>
#include <torch/utils.h>

#include <cmath>
#include <numbers>
#include <sstream>
#include <utility>

#include "embedder/torch/placement.h"
#include "embedder/torch/pytorch_file.h"
#include "embedder/torch/runtime.h"
#include "embedder/torch/triplet_loss.h"

namespace csn {
namespace {

constexpr double kPrunedShare = 1e-3;  // of a notion's greatest weight

TrunkNet StartTrunk(const TrainOptions& options) {
  torch::manual_seed(options.seed);
  TrunkNet trunk(options.trunk, options.dim);
  const std::string& path =
      options.import_checkpoint.empty() ? options.init : options.import_checkpoint;
  if (!path.empty()) InitTrunk(ReadPyTorchWeights(path), path, trunk);
  return trunk;
}

torch::Tensor StartBeta(const TrainOptions& options, int64_t notions) {
  const std::string& path = options.import_checkpoint;
  if (path.empty()) return StartMasks(options.masks, notions, options.dim);
  Matrix masks = ReadPyTorchWeights(path).masks;
  if (static_cast<int64_t>(masks.rows()) != notions ||
      static_cast<int64_t>(masks.cols()) != options.dim) {
    Fail(ErrorCode::kCorruption, "{}: masks of {} notions and {} dimensions, expected {} and {}",
         path, masks.rows(), masks.cols(), notions, options.dim);
  }
  return torch::from_blob(masks.data(), {notions, options.dim}).clone();
}

bool Learn(MaskKind masks) {
  return masks == MaskKind::kPreinitialised || masks == MaskKind::kLearned;
}

}  // namespace

MaskTable PrunedMasks(const torch::Tensor& beta) {
  const torch::Tensor weights = torch::relu(beta).detach().to(torch::kCPU);
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
      device_(Place(options.device).device),
      trunk_(StartTrunk(options)),
      beta_(StartBeta(options, notions).to(device_)),
      optimiser_(std::vector<torch::optim::OptimizerParamGroup>{}) {
  trunk_->to(device_);
  UseChannelsLast(trunk_);
  trunk_->SetStochasticDepth(options.stochastic_depth.value_or(0));
  trunk_->bfloat16 = options.precision == Precision::kBfloat16;
  // Scales and offsets are not drawn to 0.
  std::vector<torch::Tensor> kernels, others;
  for (const torch::Tensor& parameter : trunk_->parameters()) {
    (parameter.dim() > 1 ? kernels : others).push_back(parameter);
  }
  AddToOptimiser(std::move(kernels), options.learning_rate, options.weight_decay);
  AddToOptimiser(std::move(others), options.learning_rate, 0);
  if (!Learn(options.masks)) return;
  beta_.set_requires_grad(true);
  AddToOptimiser({beta_}, options.mask_learning_rate, 0);
}

void Learner::AddToOptimiser(std::vector<torch::Tensor> parameters, double rate, double decay) {
  using torch::optim::AdamWOptions;
  optimiser_.add_param_group({std::move(parameters), std::make_unique<AdamWOptions>(
                                                         AdamWOptions(rate).weight_decay(decay))});
  start_rates_.push_back(rate);
}

void Learner::SetRates(int64_t step, int64_t steps, int64_t steps_per_epoch) {
  double factor = 1;
  switch (options_.schedule) {
    case Schedule::kCosine:
      factor =
          0.5 *
          (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
      break;
    case Schedule::kExponential:
      factor = std::pow(options_.rate_decay, static_cast<double>(step / steps_per_epoch + 1));
      break;
  }
  for (size_t i = 0; i < start_rates_.size(); ++i) {
    optimiser_.param_groups()[i].options().set_lr(start_rates_[i] * factor);
  }
}

std::vector<double> Learner::Rates() const {
  std::vector<double> rates;
  for (const auto& group : optimiser_.param_groups()) rates.push_back(group.options().get_lr());
  return rates;
}

torch::Tensor Learner::Forward(const Batch& batch) {
  const torch::Tensor photographs =
      NormaliseBatch(batch.photographs.data(), static_cast<int64_t>(batch.items.size()),
                     options_.preprocessing.size, device_);
  if (options_.recipe != Recipe::kPaper) return trunk_->forward(photographs);
  std::vector<torch::Tensor> roles;
  for (const torch::Tensor& role : photographs.chunk(3)) {
    roles.push_back(trunk_->forward(role.contiguous(torch::MemoryFormat::ChannelsLast)));
  }
  return torch::cat(roles);
}

double Learner::Step(const Batch& batch) {
  trunk_->train();
  torch::manual_seed(batch.seed);
  const torch::Tensor embeddings = Forward(batch), masks = torch::relu(beta_);
  const LossWeights weights{.margin = options_.margin,
                            .embedding = options_.embedding_weight,
                            .mask = options_.mask_weight};
  const torch::Tensor loss = batch.triplets.empty()
                                 ? TripletLoss(embeddings, masks, batch.picks, weights)
                                 : FixedTripletLoss(embeddings, masks, batch.triplets,
                                                    batch.notions, options_.recipe, weights);
  optimiser_.zero_grad();
  loss.backward();
  optimiser_.step();
  return loss.item<double>();
}

std::string Learner::Save() const {
  torch::serialize::OutputArchive archive, trunk, optimiser;
  trunk_->save(trunk);
  optimiser_.save(optimiser);
  archive.write("trunk", trunk);
  archive.write("masks", beta_);
  archive.write("optimiser", optimiser);
  std::ostringstream stream;
  archive.save_to(stream);
  return std::move(stream).str();
}

void Learner::Restore(const std::string& state) {
  try {
    torch::serialize::InputArchive archive, trunk, optimiser;
    std::istringstream stream(state);
    archive.load_from(stream, device_);
    archive.read("trunk", trunk);
    archive.read("optimiser", optimiser);
    torch::Tensor beta;
    archive.read("masks", beta);
    trunk_->load(trunk);
    optimiser_.load(optimiser);
    const torch::NoGradGuard no_grad;
    beta_.copy_(beta);
  } catch (const c10::Error& error) {
    Fail(ErrorCode::kCorruption, "checkpoint: no state of this network: {}",
         error.what_without_backtrace());
  }
}

Matrix Learner::Embed(const std::vector<uint8_t>& photographs, size_t n) {
  Matrix embeddings(n, static_cast<size_t>(options_.dim));
  EmbedBatches({&trunk_, 1}, device_, photographs.data(), n, options_.preprocessing.size,
               embeddings.data());
  return embeddings;
}

}  // namespace csn
