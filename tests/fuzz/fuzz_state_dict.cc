// Pickles of state dicts: read, or refused as damaged.
#include "embedder/internal/state_dict.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors =
      csn::fuzz::Accepted([&] { return csn::internal::ReadPickledTensors(std::span(data, size)); },
                          {csn::ErrorCode::kCorruption});
  if (!tensors) return 0;
  for (const csn::internal::PickledTensor& tensor : *tensors) {
    csn::fuzz::Expect(tensor.shape.size() + tensor.strides.size() <= size,
                      "every extent and stride takes at least a byte");
  }
  return 0;
}
