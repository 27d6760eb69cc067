// Cursors that anyone may send.
#include "query/cursor.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace csn;
  const std::string text(fuzz::AsText(data, size));
  const auto cursor =
      fuzz::Accepted([&] { return ParseCursor(text); }, {ErrorCode::kInvalidArgument});
  if (cursor) fuzz::Expect(FormatCursor(*cursor) == text, "a cursor is written in one way");
  return 0;
}
