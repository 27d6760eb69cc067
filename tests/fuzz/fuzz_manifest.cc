// MANIFEST.json: what is read can be written, and reads back the same.
#include "storage/manifest.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace csn;
  const auto manifest = fuzz::Accepted(
      [&] { return ParseManifest(fuzz::AsText(data, size), "fuzzed"); }, {ErrorCode::kCorruption});
  if (!manifest) return 0;
  const std::string text = FormatManifest(*manifest);
  fuzz::Expect(FormatManifest(ParseManifest(text, "written")) == text,
               "a manifest that was written reads back the same");
  return 0;
}
