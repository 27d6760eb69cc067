// Training of a Conditional Similarity Network, through the loadable module.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/stop.h"
#include "embedder/model_file.h"
#include "embedder/triplet_source.h"

namespace csn {

inline constexpr int64_t kLeastBatch = 3;  // a triplet's photographs

struct TrainOptions {
  // These change results.
  Trunk trunk = Trunk::kSmall;
  Preprocessing preprocessing{.size = 64, .fit = Fit::kPad};
  int64_t dim = 64;  // d, the embedding
  // Photographs a step; 0: a 25th of the training items, 32 at least and 192 at most, so that small
  // catalogues still take enough steps.
  int64_t batch = 0;
  uint64_t seed = 1;                 // weights, order, augmentation, triplets
  int64_t steps = 0;                 // 0: as many as fit `minutes`
  double learning_rate = 1e-3;       // Adam, cosine to 0
  double mask_learning_rate = 1e-2;  // the same for masks
  double margin = 0.2;
  double embedding_weight = 5e-3;  // of L_W
  double mask_weight = 5e-4;       // of L_M
  // Time to plan for where `steps` is 0, evaluation included; and the most epochs that are worth
  // while.
  double minutes = 10;
  int64_t max_epochs = 60;
  // Repeats exactly only with the same count.
  int threads = 0;  // 0: all processors
};

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
};

// One epoch as it ends.
struct EpochReport {
  EpochRecord record;
  int64_t epochs = 0;  // planned
  double images_per_second = 0;
  double seconds_left = 0;
  bool best = false;
};

struct TrainCallbacks {
  LineSink note;  // how many steps were chosen, and from what; what the error says little of
  ProgressSink progress;
  std::function<void(const EpochReport&)> epoch;
  const StopFlag* stop = nullptr;
};

struct TrainReport {
  Model model;  // the best epoch's; split, seen_photographs and id are the caller's to fill
  std::vector<double> untrained_error;  // [C], triplet error of the network before the first step
  bool interrupted = false;             // stopped early; the model is the best so far
};

// Throws Error(kInvalidArgument) where training with so many notions would refuse the options.
void CheckTrainOptions(const TrainOptions& options, size_t notions);

// Trains and returns the epoch with the lowest mean validation triplet error. Same data, options
// and threads: the same model. Throws Error(kInvalidArgument) naming a notion of which the training
// or validation items hold no triplet, Error(kInterrupted) where a stop came before the first epoch
// ended, Error(kFailed) where loss, masks or embeddings are no longer finite.
TrainReport TrainModel(const TrainOptions& options, const TrainingData& data,
                       const TrainCallbacks& callbacks);

}  // namespace csn
