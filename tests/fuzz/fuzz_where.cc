// The filter language.
#include <algorithm>

#include "query/where.h"
#include "tests/fuzz/fuzz.h"

namespace csn {
namespace {

void CheckExpression(const WhereExpression& expression, size_t size) {
  const bool leaf = expression.kind == WhereExpression::Kind::kPredicate;
  fuzz::Expect(leaf == expression.parts.empty(), "only predicates have no parts");
  if (leaf) fuzz::Expect(expression.predicate.at < size, "a column stands in the filter");
  for (const WhereValue& value : expression.predicate.values) {
    fuzz::Expect(value.at < size, "a value stands in the filter");
  }
  for (const WhereExpression& part : expression.parts) CheckExpression(part, size);
}

}  // namespace
}  // namespace csn

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace csn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed =
      fuzz::Accepted([&] { return ParseWhere(text); }, {ErrorCode::kInvalidArgument});
  if (parsed) CheckExpression(*parsed, size);
  // As a pattern and a text, too.
  const std::string_view pattern = text.substr(0, std::min<size_t>(size / 2, 64));
  const std::string_view rest = text.substr(pattern.size(), 256);
  if (IsLike(rest, pattern)) {
    fuzz::Expect(rest.starts_with(LikePrefix(pattern)), "what is like it begins with its prefix");
  }
  return 0;
}
