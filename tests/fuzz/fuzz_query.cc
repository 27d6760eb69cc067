// Queries as JSON.
#include "query/query_json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace csn;
  const std::string_view text = fuzz::AsText(data, size);
  const auto query =
      fuzz::Accepted([&] { return ParseQuery(text); }, {ErrorCode::kInvalidArgument});
  if (!query) return 0;
  const std::string written = FormatQuery(*query);
  fuzz::Expect(FormatQuery(ParseQuery(written)) == written, "a query written reads back the same");
  return 0;
}
