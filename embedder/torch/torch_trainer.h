// The training loop inside the module.
#pragma once

#include "embedder/trainer.h"

namespace csn {

// embedder/trainer.h TrainModel, on LibTorch. Options have been checked.
TrainReport TrainWithTorch(TrainOptions options, const TrainingData& data,
                           const TrainCallbacks& callbacks, const Checkpoint* resume);

}  // namespace csn
