#include "embedder/trainer.h"

#include "embedder/module.h"

namespace csn {

TrainReport TrainModel(const TrainOptions& options, const TrainingData& data,
                       const TrainCallbacks& callbacks, const Checkpoint* resume) {
  CheckTrainOptions(options, data.labels.notions().size());
  Require(options.recipe != Recipe::kPaper || !data.train_triplets.empty() ||
              !options.import_checkpoint.empty(),
          "training: the paper's recipe takes fixed triplets, and there are none");
  TrainReport report;
  ModuleError error;
  if (!TorchModule().train(options, data, callbacks, resume, &report, &error)) {
    throw Error(error.code, error.message);
  }
  return report;
}

}  // namespace csn
