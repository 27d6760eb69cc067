#include "query/internal/filter_reasons.h"

#include <algorithm>
#include <iterator>

#include "query/filter.h"

namespace csn::internal {
namespace {

using Kind = WhereExpression::Kind;

// A predicate, or one with a "not" of its own.
bool IsLeaf(const WhereExpression& expression) {
  return expression.kind == Kind::kPredicate ||
         (expression.kind == Kind::kNot && expression.parts.front().kind == Kind::kPredicate);
}

class Finder {
 public:
  Finder(const MetadataStore& store, std::string_view where, uint32_t row)
      : store_(store), where_(where), row_(row) {}

  bool Holds(const WhereExpression& expression) const {
    // A leaf's text is a filter of its own.
    if (IsLeaf(expression)) return Filter(store_, Text(expression)).rows.contains(row_);
    const auto holds = [&](const WhereExpression& part) { return Holds(part); };
    switch (expression.kind) {
      case Kind::kAnd:
        return std::ranges::all_of(expression.parts, holds);
      case Kind::kOr:
        return std::ranges::any_of(expression.parts, holds);
      default:
        return !Holds(expression.parts.front());
    }
  }

  // Why the expression, which has the value `value`, has not the other one.
  std::vector<FilterReason> Reasons(const WhereExpression& expression, bool value) const {
    if (IsLeaf(expression)) {
      const bool negated = expression.kind == Kind::kNot;
      const WhereExpression& leaf = negated ? expression.parts.front() : expression;
      return {{std::string(Text(expression)), value, leaf.predicate.column}};
    }
    if (expression.kind == Kind::kNot) return Reasons(expression.parts.front(), !value);
    std::vector<FilterReason> reasons;
    for (const WhereExpression& part : expression.parts) {
      if (Holds(part) != value) continue;
      std::ranges::move(Reasons(part, value), std::back_inserter(reasons));
    }
    return reasons;
  }

 private:
  std::string_view Text(const WhereExpression& expression) const {
    return where_.substr(expression.begin, expression.end - expression.begin);
  }

  const MetadataStore& store_;
  const std::string_view where_;
  const uint32_t row_;
};

}  // namespace

std::vector<FilterReason> WhyFilteredOut(const MetadataStore& store, std::string_view where,
                                         uint32_t row) {
  const WhereExpression expression = ParseWhere(where);
  const Finder finder(store, where, row);
  if (finder.Holds(expression)) return {};
  return finder.Reasons(expression, false);
}

}  // namespace csn::internal
