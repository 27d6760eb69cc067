// The training loop of one network.
#pragma once

#include "embedder/trainer.h"

namespace csn {

// Trains one network of all notions in `data`, options.specialists not looked at; as TrainModel.
// `resume` is of this network: its finished specialists are not looked at.
TrainReport TrainNetwork(const TrainOptions& options, const TrainingData& data,
                         const TrainCallbacks& callbacks, const Checkpoint* resume);

}  // namespace csn
