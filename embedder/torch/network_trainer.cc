#include "embedder/torch/network_trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/distance.h"
#include "base/hash.h"
#include "base/thread_pool.h"
#include "embedder/internal/batch_loader.h"
#include "embedder/torch/learner.h"
#include "embedder/torch/runtime.h"

namespace csn {
namespace {

constexpr size_t kEvaluationTriplets = 4000;  // a notion
constexpr size_t kFewAnchors = 20;            // validation items that say little of a notion
constexpr size_t kEvaluationChunk = 1024;     // photographs in memory at once
// Of the time asked for: the rest is for machines whose speed drifts, reading the catalogue,
// saving.
constexpr double kPlannedShare = 0.93;

using Clock = std::chrono::steady_clock;
double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

// The triplets of `notion` that judge an epoch: the fixed ones, or drawn among the validation
// items.
std::vector<Triplet> EvaluationTriplets(const TrainOptions& options, const TrainingData& data,
                                        const TrainCallbacks& callbacks, NotionId notion) {
  const std::string& name = data.labels.notions()[notion].name;
  if (!data.train_triplets.empty()) {
    Require(!data.train_triplets[notion].empty(), "notion {}: there is no training triplet", name);
  } else {
    Require(TripletSampler(data.labels, notion, data.train).possible(),
            "notion {}: the {} training items hold no triplet (two alike and one unlike)", name,
            data.train.size());
  }
  if (!data.validation_triplets.empty()) {
    Require(!data.validation_triplets[notion].empty(), "notion {}: there is no validation triplet",
            name);
    return data.validation_triplets[notion];
  }
  const TripletSampler sampler(data.labels, notion, data.validation);
  Require(sampler.possible(),
          "notion {}: the {} validation items hold no triplet (two alike and one unlike)", name,
          data.validation.size());
  if (sampler.anchor_count() < kFewAnchors && callbacks.note) {
    callbacks.note(fmt::format(
        "notion {}: only {} validation items have another like them and one unlike them; its "
        "triplet error says little",
        name, sampler.anchor_count()));
  }
  Rng rng(options.seed + Hash64(name));  // by name: a specialist is judged by the same triplets
  return sampler.Sample(kEvaluationTriplets, rng);
}

// The triplets that judge an epoch: the same for every epoch and run of a seed. Positions in the
// validation list, by which embeddings are held.
std::vector<std::vector<Triplet>> EvaluationTriplets(const TrainOptions& options,
                                                     const TrainingData& data,
                                                     const TrainCallbacks& callbacks) {
  std::vector<std::vector<Triplet>> triplets;
  for (NotionId c = 0; c < data.labels.notions().size(); ++c) {
    triplets.push_back(EvaluationTriplets(options, data, callbacks, c));
  }
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

class NetworkTrainer {
 public:
  NetworkTrainer(const TrainOptions& options, const TrainingData& data,
                 const TrainCallbacks& callbacks)
      : options_(options),
        data_(data),
        callbacks_(callbacks),
        triplets_(EvaluationTriplets(options, data, callbacks)),
        per_epoch_(StepsPerEpoch(options, data)) {}

  TrainReport Run(const Checkpoint* resume) {
    TrainReport report;
    int64_t begin = 0;
    if (resume != nullptr) {
      report.model = resume->best;
      report.untrained_error = resume->untrained_error;
      begin = resume->step;
    } else {
      report.model = NewModel(PlannedSteps());
    }
    if (!options_.import_checkpoint.empty()) return Import(std::move(report));
    Model& model = report.model;
    const int64_t steps = model.training.steps;
    Regularise(steps);
    Learner learner(options_, NotionCount());
    if (resume != nullptr) {
      learner.Restore(resume->learner);
    } else {
      report.untrained_error = EvaluateUnlessStopped(learner);
    }
    BatchLoader loader(options_, data_, begin, steps);
    const Timing timing{.start = Clock::now(), .begin = begin};
    for (int64_t step = begin; step < steps && !report.interrupted; step += per_epoch_) {
      report.interrupted = !RunEpoch(learner, loader, timing, step, model);
      if (!report.interrupted && callbacks_.checkpoint) {
        callbacks_.checkpoint({.run = {},
                               .finished = {},
                               .finished_untrained_error = {},
                               .step = std::min(steps, step + per_epoch_),
                               .untrained_error = report.untrained_error,
                               .best = model,
                               .learner = learner.Save()});
      }
    }
    if (model.training.best_epochs.empty()) FailWithoutModel();
    return report;
  }

 private:
  // Of the steps that this process does, to foretell the rest.
  struct Timing {
    Clock::time_point start;
    int64_t begin;
  };

  NotionId NotionCount() const { return static_cast<NotionId>(data_.labels.notions().size()); }
  bool Stopped() const { return callbacks_.stop != nullptr && callbacks_.stop->requested(); }

  [[noreturn]] static void FailWithoutModel() {
    Fail(ErrorCode::kInterrupted, "stopped before the first epoch ended: there is no model yet");
  }

  static double Mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  int64_t PlannedSteps() {
    if (!options_.import_checkpoint.empty()) return 0;
    if (options_.steps > 0) return options_.steps;
    if (options_.epochs > 0) return options_.epochs * per_epoch_;
    if (options_.images == 0) return ChooseSteps();
    const double steps = static_cast<double>(options_.images) / ImagesPerStep(options_, data_);
    return std::max<int64_t>(1, std::llround(steps));
  }

  void Regularise(int64_t steps) {
    const double epochs = static_cast<double>(steps) * ImagesPerStep(options_, data_) /
                          static_cast<double>(data_.train.size());
    options_ = Regularised(options_, epochs);
    if (callbacks_.note) {
      callbacks_.note(fmt::format(
          "every photograph about {:.3g} times: stochastic depth {:.2g}, random erasing {:.2g}; {}",
          epochs, *options_.stochastic_depth, *options_.random_erasing,
          PrecisionName(options_.precision)));
    }
  }

  // A model of no steps: measured, beside a network that nobody trained, and that is all.
  TrainReport Import(TrainReport report) {
    TrainOptions untrained = options_;
    untrained.import_checkpoint.clear();
    Learner start(untrained, NotionCount()), imported(options_, NotionCount());
    report.untrained_error = EvaluateUnlessStopped(start);
    Record(imported, 0, 0, report.model);
    return report;
  }

  Model NewModel(int64_t steps) const {
    Model model;
    model.trunk = options_.trunk;
    model.preprocessing = options_.preprocessing;
    model.notions = data_.labels.notions();
    model.training.steps = steps;
    model.training.batch = BatchSize(options_, data_);
    model.training.seed = options_.seed;
    model.training.threads = options_.threads;
    model.training.recipe = RecipeName(options_.recipe);
    model.training.masks = options_.masks;
    if (!data_.train_triplets.empty()) {
      model.training.fixed_triplets = static_cast<int64_t>(data_.train_triplets.front().size());
    }
    model.training.train_items = static_cast<int64_t>(data_.train.size());
    model.training.validation_items = static_cast<int64_t>(data_.validation.size());
    return model;
  }

  // The loss; adds to the count of images that were seen.
  double OneStep(Learner& learner, BatchLoader& loader, int64_t step, uint64_t& images) {
    const Batch batch = *loader.Next();
    const double loss = learner.Step(batch);
    images += batch.items.size();
    if (!std::isfinite(loss)) {
      Fail(ErrorCode::kFailed,
           "training: the loss is not finite at step {}; try a lower learning rate", step + 1);
    }
    return loss;
  }

  // The epoch that begins at step `begin`. False where a stop cut it short: then nothing is
  // recorded of it.
  bool RunEpoch(Learner& learner, BatchLoader& loader, const Timing& timing, int64_t begin,
                Model& model) {
    const int64_t steps = model.training.steps, end = std::min(steps, begin + per_epoch_);
    const auto epoch_start = Clock::now();
    double loss = 0;
    uint64_t images = 0;
    for (int64_t step = begin; step < end; ++step) {
      if (Stopped()) return false;
      learner.SetRates(step, steps, per_epoch_);
      loss += OneStep(learner, loader, step, images);
      ReportProgress(step + 1, steps);
    }
    if (Stopped()) return false;
    const double images_per_second = static_cast<double>(images) / Seconds(epoch_start);
    model.training.images += images;
    const bool best = Record(learner, end, loss / static_cast<double>(end - begin), model);
    if (callbacks_.epoch) {
      callbacks_.epoch(
          {.record = model.training.history.back(),
           .epochs = (steps + per_epoch_ - 1) / per_epoch_,
           .specialist = {},
           .images_per_second = images_per_second,
           .seconds_left = Seconds(timing.start) / static_cast<double>(end - timing.begin) *
                           static_cast<double>(steps - end),
           .best = best});
    }
    return true;
  }

  // Evaluates after `step` steps and adds to the history; keeps the network where it is the best so
  // far, which it returns.
  bool Record(Learner& learner, int64_t step, double loss, Model& model) {
    std::vector<EpochRecord>& history = model.training.history;
    MaskTable masks = learner.Masks();
    EpochRecord record{.epoch = static_cast<int64_t>(history.size()) + 1,
                       .step = step,
                       .loss = loss,
                       .triplet_error = Evaluate(learner, masks),
                       .live_dims = {}};
    for (NotionId c = 0; c < NotionCount(); ++c) {
      record.live_dims.push_back(static_cast<int>(masks.live_dims(c).size()));
    }
    const double error = Mean(record.triplet_error);
    const bool best = std::all_of(history.begin(), history.end(), [&](const EpochRecord& other) {
      return error < Mean(other.triplet_error);
    });
    if (best) {
      model.masks = std::move(masks);
      model.tensors = learner.Tensors();
      model.training.best_epochs = {record.epoch};
    }
    history.push_back(std::move(record));
    return best;
  }

  void ReportProgress(int64_t done, int64_t total) const {
    if (!callbacks_.progress) return;
    callbacks_.progress({.stage = "training",
                         .done = static_cast<uint64_t>(done),
                         .total = static_cast<uint64_t>(total),
                         .unit = "steps"});
  }

  // The validation items' embeddings, their photographs held a few at a time.
  Matrix EmbedValidation(Learner& learner, bool may_stop) const {
    Matrix embeddings(data_.validation.size(), static_cast<size_t>(options_.dim));
    const std::span<const uint32_t> items = data_.validation;
    for (size_t begin = 0; begin < items.size(); begin += kEvaluationChunk) {
      if (may_stop && Stopped()) FailWithoutModel();
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

  // Triplet error of every notion on the validation triplets; a tie is an error. Before there is a
  // model to keep, a stop ends it (`may_stop`).
  std::vector<double> Evaluate(Learner& learner, const MaskTable& masks, bool may_stop = false) {
    const Matrix embeddings = EmbedValidation(learner, may_stop);
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

  std::vector<double> EvaluateUnlessStopped(Learner& learner) {
    return Evaluate(learner, learner.Masks(), true);
  }

  // Times a few steps and one evaluation of a throwaway network, then divides what is left of the
  // time.
  int64_t ChooseSteps() {
    // The loader's store of batches made in advance must be used up, and never its supply.
    constexpr int64_t kWarmUp = kBatchesAhead + 2, kTimed = 8, kLeastTimed = 3;
    constexpr double kLongest = 0.05;  // of the time asked for, once the least is timed
    const auto start = Clock::now();
    const double minutes = options_.minutes * 60 * kPlannedShare;
    Learner learner(options_, NotionCount());
    BatchLoader loader(options_, data_, 0, kWarmUp + kTimed + kWarmUp);
    int64_t timed = 0;
    uint64_t images = 0;
    auto timing = start;
    for (int64_t i = 0; i < kWarmUp + kTimed; ++i) {
      if (Stopped()) FailWithoutModel();
      if (i == kWarmUp) timing = Clock::now();
      OneStep(learner, loader, i, images);
      timed = i < kWarmUp ? 0 : timed + 1;
      if (timed >= kLeastTimed && Seconds(timing) > kLongest * minutes) break;
    }
    const double step_seconds = Seconds(timing) / static_cast<double>(timed);
    const auto evaluation = Clock::now();
    EvaluateUnlessStopped(learner);
    const double evaluation_seconds = Seconds(evaluation);
    const double epoch_seconds =
        step_seconds * static_cast<double>(per_epoch_) + evaluation_seconds;
    // The untrained network is evaluated too.
    const double left = minutes - Seconds(start) - evaluation_seconds;
    const double epochs =
        std::clamp(left / epoch_seconds, 0.0, static_cast<double>(options_.max_epochs));
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

  TrainOptions options_;
  const TrainingData& data_;
  const TrainCallbacks& callbacks_;
  const std::vector<std::vector<Triplet>> triplets_;
  const int64_t per_epoch_;
};

}  // namespace

TrainReport TrainNetwork(const TrainOptions& options, const TrainingData& data,
                         const TrainCallbacks& callbacks, const Checkpoint* resume) {
  return NetworkTrainer(options, data, callbacks).Run(resume);
}

}  // namespace csn
