// Photographs as queries.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "embedder/embedder.h"
#include "storage/generation.h"

namespace csn {

// The embedding [d], unmasked, of an image file by the model that made the index, through the same
// preprocessing and forward pass: a photograph of the catalogue comes out as its item's row, bit
// for bit where the threads are as many. Loads the module csn_torch; `make_embedder` is for tests.
// Throws Error(kNotFound) where there is no such file, Error(kInvalidArgument) naming the file
// where it is no whole picture, Error(kMismatch) and Error(kCorruption) as CheckModel.
std::vector<float> EmbedPhotograph(
    const Generation& generation, const std::string& path,
    const std::function<std::unique_ptr<Embedder>(const Model&, int threads)>& make_embedder =
        Embedder::Make);

}  // namespace csn
