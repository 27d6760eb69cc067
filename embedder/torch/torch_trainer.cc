#include "embedder/torch/torch_trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/distance.h"
#include "base/thread_pool.h"
#include "embedder/internal/batch_loader.h"
#include "embedder/torch/learner.h"
#include "embedder/torch/runtime.h"

namespace csn {
namespace {

constexpr size_t kEvaluationTriplets = 4000;  // a notion
constexpr size_t kEvaluationChunk = 1024;     // photographs in memory at once
// Of the time asked for: the rest is for machines whose speed drifts, reading the catalogue,
// saving.
constexpr double kPlannedShare = 0.93;

using Clock = std::chrono::steady_clock;
double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

// The triplets that judge an epoch: the same for every epoch and run of a seed.
std::vector<std::vector<Triplet>> EvaluationTriplets(const TrainOptions& options,
                                                     const TrainingData& data) {
  std::vector<std::vector<Triplet>> triplets;
  std::vector<uint32_t> positions(data.validation.size());
  for (NotionId c = 0; c < data.labels.notions().size(); ++c) {
    const std::string& name = data.labels.notions()[c].name;
    Require(TripletSampler(data.labels, c, data.train).possible(),
            "notion {}: the {} training items hold no triplet (two alike and one unlike)", name,
            data.train.size());
    const TripletSampler sampler(data.labels, c, data.validation);
    Require(sampler.possible(),
            "notion {}: the {} validation items hold no triplet (two alike and one unlike)", name,
            data.validation.size());
    Rng rng(options.seed + c);
    triplets.push_back(sampler.Sample(kEvaluationTriplets, rng));
  }
  // Embeddings are held by position in the validation list.
  std::vector<uint32_t> position_of(data.labels.size());
  for (size_t i = 0; i < data.validation.size(); ++i) {
    position_of[data.validation[i]] = static_cast<uint32_t>(i);
  }
  for (auto& notion : triplets) {
    for (Triplet& t : notion) {
      t = {position_of[t.anchor], position_of[t.positive], position_of[t.negative]};
    }
  }
  return triplets;
}

class Trainer {
 public:
  Trainer(const TrainOptions& options, const TrainingData& data, const TrainCallbacks& callbacks)
      : options_(options),
        data_(data),
        callbacks_(callbacks),
        triplets_(EvaluationTriplets(options, data)),
        per_epoch_(StepsPerEpoch(options, data)) {}

  TrainReport Run() {
    const int64_t steps = options_.steps > 0 ? options_.steps : ChooseSteps();
    const int64_t epochs = (steps + per_epoch_ - 1) / per_epoch_;
    Learner learner(options_, NotionCount());
    TrainReport report;
    Model& model = report.model;
    model.trunk = options_.trunk;
    model.preprocessing = options_.preprocessing;
    model.notions = data_.labels.notions();
    model.training = {.steps = steps,
                      .batch = BatchSize(options_, data_),
                      .seed = options_.seed,
                      .threads = options_.threads,
                      .best_epoch = 0,
                      .train_items = static_cast<int64_t>(data_.train.size()),
                      .validation_items = static_cast<int64_t>(data_.validation.size()),
                      .history = {}};
    report.untrained_error = Evaluate(learner, learner.Masks());
    BatchLoader loader(options_, data_, steps);
    double best_error = 2;
    const auto start = Clock::now();
    int64_t step = 0;
    for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
      const auto epoch_start = Clock::now();
      double loss = 0;
      const int64_t end = std::min(steps, epoch * per_epoch_), begin = step;
      for (; step < end && !Stopped(); ++step) {
        learner.SetRates(step, steps);
        loss += OneStep(learner, loader, step);
        ReportProgress(step + 1, steps);
      }
      if (Stopped()) {
        report.interrupted = true;
        break;
      }
      const double seconds = Seconds(epoch_start);
      MaskTable masks = learner.Masks();
      EpochRecord record{.epoch = epoch,
                         .step = step,
                         .loss = loss / static_cast<double>(step - begin),
                         .triplet_error = Evaluate(learner, masks),
                         .live_dims = {}};
      for (NotionId c = 0; c < NotionCount(); ++c) {
        record.live_dims.push_back(static_cast<int>(masks.live_dims(c).size()));
      }
      const double error = Mean(record.triplet_error);
      const bool best = error < best_error;
      if (best) {
        best_error = error;
        model.masks = std::move(masks);
        model.tensors = learner.Tensors();
        model.training.best_epoch = epoch;
      }
      model.training.history.push_back(record);
      if (callbacks_.epoch) {
        callbacks_.epoch({.record = record,
                          .epochs = epochs,
                          .images_per_second =
                              static_cast<double>((step - begin) * model.training.batch) / seconds,
                          .seconds_left = Seconds(start) / static_cast<double>(step) *
                                          static_cast<double>(steps - step),
                          .best = best});
      }
    }
    if (model.training.best_epoch == 0) {
      Fail(ErrorCode::kInterrupted, "stopped before the first epoch ended: there is no model yet");
    }
    return report;
  }

 private:
  NotionId NotionCount() const { return static_cast<NotionId>(data_.labels.notions().size()); }
  bool Stopped() const { return callbacks_.stop != nullptr && callbacks_.stop->requested(); }

  static double Mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  double OneStep(Learner& learner, BatchLoader& loader, int64_t step) {
    const double loss = learner.Step(*loader.Next());
    if (!std::isfinite(loss)) {
      Fail(ErrorCode::kFailed,
           "training: the loss is not finite at step {}; try a lower learning rate", step + 1);
    }
    return loss;
  }

  void ReportProgress(int64_t done, int64_t total) const {
    if (!callbacks_.progress) return;
    callbacks_.progress({.stage = "training",
                         .done = static_cast<uint64_t>(done),
                         .total = static_cast<uint64_t>(total),
                         .unit = "steps"});
  }

  // The validation items' embeddings, their photographs held a few at a time.
  Matrix EmbedValidation(Learner& learner) const {
    Matrix embeddings(data_.validation.size(), static_cast<size_t>(options_.dim));
    const std::span<const uint32_t> items = data_.validation;
    for (size_t begin = 0; begin < items.size(); begin += kEvaluationChunk) {
      const auto chunk = items.subspan(begin, std::min(kEvaluationChunk, items.size() - begin));
      const Matrix part = learner.Embed(
          LoadPhotographs(data_, options_.preprocessing.size, chunk, options_.threads),
          chunk.size());
      std::copy_n(part.data(), part.rows() * part.cols(), embeddings.Row(begin).data());
    }
    const float* values = embeddings.data();
    if (!std::all_of(values, values + embeddings.rows() * embeddings.cols(),
                     [](float value) { return std::isfinite(value); })) {
      Fail(ErrorCode::kFailed, "training: an embedding is not finite; try a lower learning rate");
    }
    return embeddings;
  }

  // Triplet error of every notion on the validation triplets; a tie is an error.
  std::vector<double> Evaluate(Learner& learner, const MaskTable& masks) {
    const Matrix embeddings = EmbedValidation(learner);
    std::vector<double> errors;
    for (NotionId c = 0; c < NotionCount(); ++c) {
      size_t wrong = 0;
      for (const Triplet& t : triplets_[c]) {
        const auto anchor = embeddings.Row(t.anchor);
        const double positive = NotionDistance(masks, c, anchor, embeddings.Row(t.positive));
        const double negative = NotionDistance(masks, c, anchor, embeddings.Row(t.negative));
        wrong += negative <= positive ? 1 : 0;
      }
      errors.push_back(static_cast<double>(wrong) / static_cast<double>(triplets_[c].size()));
    }
    return errors;
  }

  // Times a few steps and one evaluation of a throwaway network, then divides.
  int64_t ChooseSteps() {
    constexpr int kWarmUp = 2, kTimed = 8;
    Learner learner(options_, NotionCount());
    BatchLoader loader(options_, data_, kWarmUp + kTimed);
    for (int i = 0; i < kWarmUp; ++i) OneStep(learner, loader, i);
    const auto start = Clock::now();
    for (int i = 0; i < kTimed && !Stopped(); ++i) OneStep(learner, loader, i);
    const double step_seconds = Seconds(start) / kTimed;
    const auto evaluation = Clock::now();
    Evaluate(learner, learner.Masks());
    const double epoch_seconds =
        step_seconds * static_cast<double>(per_epoch_) + Seconds(evaluation);
    const double budget = options_.minutes * 60 * kPlannedShare;
    const double epochs =
        std::min(budget / epoch_seconds, static_cast<double>(options_.max_epochs));
    const auto steps =
        std::max<int64_t>(1, static_cast<int64_t>(epochs * static_cast<double>(per_epoch_)));
    if (callbacks_.note) {
      callbacks_.note(fmt::format(
          "measured {:.0f} ms a step: {} steps ({:.1f} epochs) planned, about {:.1f} minutes; "
          "--steps {} repeats this run",
          step_seconds * 1e3, steps, epochs, epochs * epoch_seconds / 60, steps));
    }
    return steps;
  }

  const TrainOptions& options_;
  const TrainingData& data_;
  const TrainCallbacks& callbacks_;
  const std::vector<std::vector<Triplet>> triplets_;
  const int64_t per_epoch_;
};

}  // namespace

TrainReport TrainWithTorch(TrainOptions options, const TrainingData& data,
                           const TrainCallbacks& callbacks) {
  options.threads = UseThreads(options.threads);
  return Trainer(options, data, callbacks).Run();
}

}  // namespace csn
