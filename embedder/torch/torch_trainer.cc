#include "embedder/torch/torch_trainer.h"

#include <algorithm>
#include <utility>

#include "embedder/torch/csn_model.h"
#include "embedder/torch/network_trainer.h"
#include "embedder/torch/placement.h"
#include "embedder/torch/runtime.h"

namespace csn {
namespace {

// One notion's share of the data.
TrainingData DataOf(const TrainingData& data, NotionId notion) {
  TrainingData share;
  share.photographs = data.photographs;
  share.labels = data.labels.Only(notion);
  share.train = data.train;
  share.validation = data.validation;
  if (!data.train_triplets.empty()) share.train_triplets = {data.train_triplets[notion]};
  if (!data.validation_triplets.empty()) {
    share.validation_triplets = {data.validation_triplets[notion]};
  }
  return share;
}

// An equal share of what all specialists may use together. A network of one notion needs no mask.
TrainOptions OptionsOfOne(TrainOptions options, int64_t networks) {
  options.specialists = false;
  options.masks = MaskKind::kNone;
  const auto share = [&](int64_t total) {
    return total == 0 ? 0 : std::max<int64_t>(1, total / networks);
  };
  options.steps = share(options.steps);
  options.epochs = share(options.epochs);
  options.images = share(options.images);
  options.max_epochs = share(options.max_epochs);
  options.minutes /= static_cast<double>(networks);
  return options;
}

TrainCallbacks CallbacksOf(const TrainCallbacks& callbacks, const Notion& notion, NotionId number,
                           const std::vector<TrainReport>& finished) {
  TrainCallbacks own = callbacks;
  if (callbacks.note) {
    own.note = [&](const std::string& line) {
      callbacks.note(fmt::format("specialist {}: {}", notion.name, line));
    };
  }
  if (callbacks.progress) {
    own.progress = [&](Progress progress) {
      progress.stage = "training " + notion.name;
      callbacks.progress(progress);
    };
  }
  if (callbacks.epoch) {
    own.epoch = [&callbacks, number](EpochReport report) {
      report.specialist = number;
      callbacks.epoch(report);
    };
  }
  if (callbacks.checkpoint) {
    own.checkpoint = [&](Checkpoint&& checkpoint) {
      for (const TrainReport& report : finished) {
        checkpoint.finished.push_back(report.model);
        checkpoint.finished_untrained_error.push_back(report.untrained_error.front());
      }
      callbacks.checkpoint(std::move(checkpoint));
    };
  }
  return own;
}

// An epoch of each network, side by side; one that has ended stands with its last.
EpochRecord SideBySide(const std::vector<TrainReport>& reports, size_t epoch) {
  EpochRecord record;
  for (const TrainReport& report : reports) {
    const std::vector<EpochRecord>& history = report.model.training.history;
    const EpochRecord& own = history[std::min(epoch, history.size() - 1)];
    record.epoch = std::max(record.epoch, own.epoch);
    record.step = std::max(record.step, own.step);
    record.loss += own.loss / static_cast<double>(reports.size());
    record.triplet_error.push_back(own.triplet_error.front());
    record.live_dims.push_back(own.live_dims.front());
  }
  return record;
}

// One model of all specialists: embeddings one after the other, each notion's mask on its own.
TrainReport Bundle(const std::vector<TrainReport>& reports, size_t dim) {
  TrainReport bundle;
  Model& model = bundle.model;
  const Model& first = reports.front().model;
  model.trunk = first.trunk;
  model.preprocessing = first.preprocessing;
  model.networks = static_cast<int>(reports.size());
  model.training = first.training;
  TrainingRecord& training = model.training;
  training.steps = 0;
  training.images = 0;
  training.best_epochs.clear();
  training.history.clear();
  Matrix masks(reports.size(), reports.size() * dim);
  size_t epochs = 0;
  for (size_t c = 0; c < reports.size(); ++c) {
    const Model& own = reports[c].model;
    model.notions.push_back(own.notions.front());
    std::copy_n(own.masks.weights(0).begin(), dim, masks.Row(c).begin() + c * dim);
    for (Tensor tensor : own.tensors) {
      tensor.name = NetworkPrefix(model.networks, static_cast<int>(c)) + tensor.name;
      model.tensors.push_back(std::move(tensor));
    }
    training.steps += own.training.steps;
    training.images += own.training.images;
    training.best_epochs.push_back(own.training.best_epochs.front());
    epochs = std::max(epochs, own.training.history.size());
    bundle.untrained_error.push_back(reports[c].untrained_error.front());
    bundle.interrupted = bundle.interrupted || reports[c].interrupted;
  }
  model.masks = MaskTable(std::move(masks));
  for (size_t epoch = 0; epoch < epochs; ++epoch) {
    training.history.push_back(SideBySide(reports, epoch));
  }
  return bundle;
}

TrainReport TrainSpecialists(const TrainOptions& options, const TrainingData& data,
                             const TrainCallbacks& callbacks, const Checkpoint* resume) {
  const std::vector<Notion>& notions = data.labels.notions();
  TrainOptions own = OptionsOfOne(options, static_cast<int64_t>(notions.size()));
  std::vector<TrainReport> reports;
  if (resume != nullptr) {
    for (size_t i = 0; i < resume->finished.size(); ++i) {
      reports.push_back(
          {.model = resume->finished[i], .untrained_error = {resume->finished_untrained_error[i]}});
    }
  }
  const size_t resumed = reports.size();
  for (NotionId c = static_cast<NotionId>(resumed); c < notions.size(); ++c) {
    const TrainCallbacks own_callbacks = CallbacksOf(callbacks, notions[c], c, reports);
    TrainReport report =
        TrainNetwork(own, DataOf(data, c), own_callbacks, c == resumed ? resume : nullptr);
    own.steps = report.model.training.steps;  // what the first one chose, now or then
    if (report.interrupted && c + 1 < notions.size()) {
      Fail(ErrorCode::kInterrupted,
           "stopped before the last specialist had a model: {} of {} are done", c, notions.size());
    }
    reports.push_back(std::move(report));
  }
  return Bundle(reports, static_cast<size_t>(options.dim));
}

}  // namespace

TrainReport TrainWithTorch(TrainOptions options, const TrainingData& data,
                           const TrainCallbacks& callbacks, const Checkpoint* resume) {
  options.threads = UseThreads(options.threads);
  const std::string device = Place(options.device).text;
  if (callbacks.note) callbacks.note("training on " + device);
  const KeptMemory memory;
  return options.specialists ? TrainSpecialists(options, data, callbacks, resume)
                             : TrainNetwork(options, data, callbacks, resume);
}

}  // namespace csn
