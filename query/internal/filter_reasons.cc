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

// Whether an expression holds for the row, and each of its parts; of leaves none.
struct Judged {
  bool holds = false;
  std::vector<Judged> parts = {};
};

class Finder {
 public:
  Finder(const MetadataStore& store, std::string_view where, uint32_t row)
      : store_(store), where_(where), row_(row) {}

  // Looks at each leaf once.
  Judged Judge(const WhereExpression& expression) const {
    Judged judged;
    if (IsLeaf(expression)) {
      judged.holds = FilterRows(store_, expression).contains(row_);
      return judged;
    }
    for (const WhereExpression& part : expression.parts) judged.parts.push_back(Judge(part));
    const auto holds = [](const Judged& part) { return part.holds; };
    switch (expression.kind) {
      case Kind::kAnd:
        judged.holds = std::ranges::all_of(judged.parts, holds);
        break;
      case Kind::kOr:
        judged.holds = std::ranges::any_of(judged.parts, holds);
        break;
      default:
        judged.holds = !judged.parts.front().holds;
    }
    return judged;
  }

  // Why the expression, which has this value, has not the other one.
  std::vector<FilterReason> Reasons(const WhereExpression& expression, const Judged& judged) const {
    if (IsLeaf(expression)) {
      const bool negated = expression.kind == Kind::kNot;
      const WhereExpression& leaf = negated ? expression.parts.front() : expression;
      return {{std::string(where_.substr(expression.begin, expression.end - expression.begin)),
               judged.holds, leaf.predicate.column}};
    }
    std::vector<FilterReason> reasons;
    for (size_t i = 0; i < expression.parts.size(); ++i) {
      // Of an "and" that does not hold those parts that do not, and so on.
      const bool counts = expression.kind == Kind::kNot || judged.parts[i].holds == judged.holds;
      if (!counts) continue;
      std::ranges::move(Reasons(expression.parts[i], judged.parts[i]), std::back_inserter(reasons));
    }
    return reasons;
  }

 private:
  const MetadataStore& store_;
  const std::string_view where_;
  const uint32_t row_;
};

}  // namespace

std::vector<FilterReason> WhyFilteredOut(const MetadataStore& store, std::string_view where,
                                         uint32_t row) {
  const WhereExpression expression = ParseWhere(where);
  const Finder finder(store, where, row);
  const Judged judged = finder.Judge(expression);
  return judged.holds ? std::vector<FilterReason>() : finder.Reasons(expression, judged);
}

}  // namespace csn::internal
