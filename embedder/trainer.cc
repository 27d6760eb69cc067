#include "embedder/trainer.h"

#include "embedder/module.h"

namespace csn {

void CheckTrainOptions(const TrainOptions& options, size_t notions) {
  Require(options.batch == 0 || options.batch >= kLeastBatch,
          "training: a batch of {}; a triplet takes {} photographs", options.batch, kLeastBatch);
  Require(options.steps >= 0, "training: {} steps", options.steps);
  Require(options.steps > 0 || options.minutes > 0, "training: {} minutes", options.minutes);
  Require(notions > 0, "training: no notion");
  Require(options.dim >= static_cast<int64_t>(notions),
          "training: an embedding of {} dimensions (--dim) for {} notions; expected at least one a "
          "notion",
          options.dim, notions);
  Require(options.preprocessing.size >= 32 && options.preprocessing.size <= 512,
          "training: input size {}; 32 to 512 pixels are possible", options.preprocessing.size);
}

TrainReport TrainModel(const TrainOptions& options, const TrainingData& data,
                       const TrainCallbacks& callbacks) {
  CheckTrainOptions(options, data.labels.notions().size());
  TrainReport report;
  ModuleError error;
  if (!TorchModule().train(options, data, callbacks, &report, &error)) {
    throw Error(error.code, error.message);
  }
  return report;
}

}  // namespace csn
