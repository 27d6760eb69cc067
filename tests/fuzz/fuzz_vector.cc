// Query vectors: JSON arrays and .npy files.
#include <cmath>
#include <nlohmann/json.hpp>

#include "storage/vector_file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace csn;
  static fuzz::MemoryFile file("vector");
  file.Write(fuzz::AsText(data, size));
  const auto read = [] { return ReadVectorFile(file.path()); };
  const auto vector = fuzz::Accepted(read, {ErrorCode::kInvalidArgument});
  if (!vector) return 0;
  fuzz::Expect(!vector->empty(), "a vector has values");
  for (const float value : *vector) fuzz::Expect(std::isfinite(value), "values are finite");
  file.Write(nlohmann::json(*vector).dump());
  fuzz::Expect(read() == *vector, "a vector written as JSON reads back the same");
  return 0;
}
