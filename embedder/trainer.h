// Training of a Conditional Similarity Network, through the loadable module.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/stop.h"
#include "embedder/checkpoint.h"
#include "embedder/model_file.h"
#include "embedder/train_options.h"
#include "embedder/triplet_source.h"

namespace csn {

// Prepared photographs by position. Load is called from several threads.
class PhotographSource {
 public:
  virtual ~PhotographSource() = default;
  // Writes [size, size, 3] bytes. May throw Error.
  virtual void Load(uint32_t item, uint8_t* rgb) const = 0;
};

struct TrainingData {
  const PhotographSource* photographs = nullptr;
  LabelTable labels;
  std::vector<uint32_t> train;       // items
  std::vector<uint32_t> validation;  // items
  // Fixed triplets of items, [C] lists of equal length; empty: drawn in each batch, and for
  // validation once.
  std::vector<std::vector<Triplet>> train_triplets;
  std::vector<std::vector<Triplet>> validation_triplets;
};

// One epoch as it ends.
struct EpochReport {
  EpochRecord record;
  int64_t epochs = 0;  // planned
  std::optional<NotionId> specialist =
      {};  // whose network it is; the record is of this notion alone
  double images_per_second = 0;
  double seconds_left = 0;
  bool best = false;
};

struct TrainCallbacks {
  LineSink note;  // how many steps were chosen, and from what; what the error says little of
  ProgressSink progress;
  std::function<void(const EpochReport&)> epoch;
  // After each epoch, its report given before; `run` is the caller's to fill.
  std::function<void(Checkpoint&&)> checkpoint;
  const StopFlag* stop = nullptr;
};

struct TrainReport {
  Model model;  // the best epoch's; split, seen_photographs and id are the caller's to fill
  std::vector<double> untrained_error;  // [C], triplet error of the network before the first step
  bool interrupted = false;             // stopped early; the model is the best so far
};

// Trains and returns the epoch with the lowest mean validation triplet error; of specialists, each
// one's own. Same data, options and threads: the same model, also where `resume` lets the run go on
// from its checkpoint. Throws Error(kInvalidArgument) naming a notion of which the training or
// validation items hold no triplet, Error(kInterrupted) where a stop came before there was a model,
// Error(kFailed) where loss, masks or embeddings are no longer finite.
TrainReport TrainModel(const TrainOptions& options, const TrainingData& data,
                       const TrainCallbacks& callbacks, const Checkpoint* resume = nullptr);

}  // namespace csn
