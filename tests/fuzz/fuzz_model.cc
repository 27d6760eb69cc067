// Model files: as the bytes are, and with their checksum put right, for no fuzzer guesses one.
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "embedder/model_file.h"
#include "tests/fuzz/fuzz.h"

namespace csn {
namespace {

std::vector<uint8_t> Sealed(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  const uint64_t checksum = Hash64(bytes);
  const auto* begin = reinterpret_cast<const uint8_t*>(&checksum);
  bytes.insert(bytes.end(), begin, begin + sizeof checksum);
  return bytes;
}

// The header is read by itself too, from the file.
void CheckHeader(std::span<const uint8_t> bytes, const std::optional<Model>& whole) {
  static fuzz::MemoryFile file("model.csn");
  file.Write(fuzz::AsText(bytes.data(), bytes.size()));
  const auto header =
      fuzz::Accepted([] { return LoadModelHeader(file.path()); }, {ErrorCode::kCorruption});
  if (!whole) return;
  fuzz::Expect(header.has_value(), "the header of a sound model is sound");
  fuzz::Expect(header->notions == whole->notions && header->masks.dim() == whole->dim(),
               "the header by itself says what it says in the whole model");
}

void Check(std::span<const uint8_t> bytes) {
  const auto model =
      fuzz::Accepted([&] { return ParseModel(bytes, "fuzzed"); }, {ErrorCode::kCorruption});
  CheckHeader(bytes, model);
  if (!model) return;
  const std::vector<uint8_t> written = FormatModel(*model);
  fuzz::Expect(FormatModel(ParseModel(written, "written")) == written,
               "a model that was written reads back the same");
}

}  // namespace
}  // namespace csn

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  csn::Check({data, size});
  csn::Check(csn::Sealed(data, size));
  return 0;
}
