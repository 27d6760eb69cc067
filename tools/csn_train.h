// What the files of csn_train share.
#pragma once

#include "embedder/train_options.h"
#include "indexer/training_set.h"
#include "tools/cli.h"

namespace csn::cli {

// Adds every option of csn_train, and reads them. Throw Error(kInvalidArgument) naming the flag.
void AddTrainOptions(po::options_description& options);
TrainOptions ReadTrainOptions(const po::variables_map& values);
TrainingSetOptions ReadSetOptions(const po::variables_map& values, const TrainOptions& train);

}  // namespace csn::cli
