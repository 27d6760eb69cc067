// The part of Python's pickle format that torch.save writes for a dictionary of tensors, read
// without running anything: what a global names is compared with a list, never called.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace csn::internal {

// One tensor of a pickle: where its numbers lie, not the numbers.
struct PickledTensor {
  // The keys that lead to it, joined by '/': "state_dict/conv1.weight".
  std::string name;
  std::string storage;  // record data/STORAGE of the archive
  std::string type;     // "FloatStorage", ...
  int64_t offset = 0;   // elements
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // elements
};

// All tensors within nested dictionaries (OrderedDict too), in the file's order; other values are
// passed over. Throws Error(kCorruption) saying what is wrong with the bytes or not supported.
std::vector<PickledTensor> ReadPickledTensors(std::span<const uint8_t> pickle);

}  // namespace csn::internal
