// Catalogues of photographs as a shop has them, and a model to embed them with.
#pragma once

#include <cstddef>
#include <string>

#include "embedder/model_file.h"

namespace csn::bench {

// Writes a catalogue (sku, image, category) of `rows` rows over at most kDistinct JPEGs of
// side x side pixels into the folder: drawn shoes with a little noise, 60 KB each at 600 pixels, as
// photographs are. Beyond that number rows share them. Returns the catalogue's path.
inline constexpr size_t kDistinct = 1000;
std::string WritePhotographs(const std::string& folder, size_t rows, int side = 600);

// An untrained model of three notions: what speed asks of one. Returns its path.
std::string WriteModel(const std::string& path, Trunk trunk, int size);

}  // namespace csn::bench
