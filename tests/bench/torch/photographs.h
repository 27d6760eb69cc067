// Catalogues of photographs as a shop has them, and a model to embed them with.
#pragma once

#include <cstddef>
#include <string>

#include "embedder/model_file.h"

namespace csn::bench {

// Writes FOLDER/catalogue.csv (sku, image, category) of `rows` rows over at most kDistinct JPEGs of
// 600x600 pixels, drawn shoes with a little noise: about 100 KB each, as photographs are. Beyond
// that number rows share them. Returns the catalogue's path.
inline constexpr size_t kDistinct = 1000;
std::string WritePhotographs(const std::string& folder, size_t rows);

// An untrained model of three notions: what speed asks of one. Returns its path.
std::string WriteModel(const std::string& path, Trunk trunk, int size);

}  // namespace csn::bench
