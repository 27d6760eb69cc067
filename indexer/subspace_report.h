// What a build made of one notion.
#pragma once

#include <cstdint>
#include <string>

#include "storage/manifest.h"

namespace csn {

struct SubspaceReport {
  std::string notion;
  size_t live_dims = 0;
  std::string key;
  MeasuredRecall recall;
  uint64_t bytes = 0;  // of index, codes and tree
};

}  // namespace csn
