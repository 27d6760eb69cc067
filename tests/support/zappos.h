// A small tree laid out as UT-Zappos50K and the paper's triplet lists were released.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embedder/triplet_source.h"

namespace csn::test {

// What the tree holds, to compare with.
struct ZapposTree {
  std::vector<std::string> images;  // lines of filenames.json
  std::vector<std::string> cids;    // of each image
  // Of class and closure, rows of images: train, val, test.
  std::vector<std::vector<Triplet>> train, validation, test;
};

// Writes 60 drawn shoes of 136x102 pixels into `folder`: meta-data.csv, filenames.json,
// ut-zap50k-images/, tripletlists/{class,closure}_tripletlist_{train,val,test}.txt. Rows of the
// meta-data stand in another order than the file names; images 0 to 39 train, 40 to 49 validate,
// the rest are for tests.
ZapposTree WriteZapposTree(const std::string& folder);

}  // namespace csn::test
