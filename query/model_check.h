// That an index's model.csn is the model its manifest speaks of.
#pragma once

#include "embedder/model_file.h"
#include "storage/generation.h"

namespace csn {

// Compares masks, notions, split rule and preprocessing. Reads the model's header and masks only,
// which costs an opening next to nothing. Throws Error(kMismatch) saying what differs,
// Error(kCorruption) where the model is no model.
void CheckModelHeader(const Generation& generation);

// The same after reading the whole model, its checksum, and that its id is the manifest's.
void CheckModel(const Generation& generation);
// The model, so checked.
Model LoadCheckedModel(const Generation& generation);

}  // namespace csn
