// On which device indexes are trained.
#pragma once

#include <optional>
#include <string>

#include "base/device.h"

namespace csn {

struct IndexDevice {
  std::optional<int> cuda = {};  // none: the processor
  // For a person: "cuda:0", or "cpu" and, where a CUDA device was looked for, why it is none.
  std::string text = "cpu";
};

// Asks the module csn_faiss_gpu. Throws Error(kFailed) saying why where a CUDA device is asked for
// and there is none. Thread-safe.
IndexDevice PlaceIndexes(const Device& wanted);

}  // namespace csn
