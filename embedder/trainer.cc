#include "embedder/trainer.h"

#include "embedder/module.h"

namespace csn {

TrainReport TrainModel(const TrainOptions& options, const TrainingData& data,
                       const TrainCallbacks& callbacks, const Checkpoint* resume) {
  CheckTrainOptions(options, data.labels.notions().size());
  TrainReport report;
  ModuleError error;
  if (!TorchModule().train(options, data, callbacks, resume, &report, &error)) {
    throw Error(error.code, error.message);
  }
  return report;
}

}  // namespace csn
