// Catalogues in JSONL.
#include "tests/fuzz/check_catalogue.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static csn::fuzz::MemoryFile file("catalogue.jsonl");
  file.Write(csn::fuzz::AsText(data, size));
  csn::fuzz::CheckCatalogue(file.path());
  return 0;
}
