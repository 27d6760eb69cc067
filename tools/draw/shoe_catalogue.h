// A catalogue of drawn shoes: photographs whose labels are exactly known, for demonstrations,
// training and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/progress.h"
#include "base/stop.h"
#include "tools/draw/shoe.h"

namespace csn {

struct ShoeCatalogueOptions {
  size_t count = 2000;  // shoes, at least 1
  uint64_t seed = 1;
  std::string directory;  // made where it does not exist
  int size = 160;         // pixels a side of a photograph, as DrawShoe takes it
  int threads = 0;        // 0: all usable processors
  ProgressSink progress;  // may be empty
  const StopFlag* stop = nullptr;
};

// Shoe number `index` (from 0) of the catalogue drawn from `seed`. Each has random numbers of its
// own, so a larger catalogue begins with the smaller one's shoes.
Shoe CatalogueShoe(uint64_t seed, size_t index);

// Writes DIRECTORY/images/SHOE-00001.png ... and, last and atomically, DIRECTORY/catalogue.csv with
// the columns sku,image,category,closure,heel_height,toe_shape,colour,price (heel in cm). The same
// seed and count give the same bytes, whatever the threads. Throws Error(kInvalidArgument) where
// count is 0 or a catalogue.csv stands there already, Error(kFailed) where writing fails,
// Error(kInterrupted) on a stop; then no catalogue.csv is left, and a repetition writes the images
// again.
void WriteShoeCatalogue(const ShoeCatalogueOptions& options);

}  // namespace csn
