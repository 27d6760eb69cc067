#include "query/filter.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "query/internal/columns.h"

namespace csn {
namespace {

using Kind = WherePredicate::Kind;

constexpr char kSkuColumn[] = "sku";
constexpr size_t kMostTextsForNotes = 100'000;  // looked at for near ones
constexpr size_t kMostNotes = 5;

// A column as a filter means it: one of the store's, or the skus.
struct Target {
  std::optional<size_t> column;  // position in the store; none: the skus
  ColumnType type = ColumnType::kText;
  std::string name;
};

std::string Quoted(std::string_view text) { return "'" + EscapeForTerminal(text) + "'"; }

class Evaluator {
 public:
  Evaluator(const MetadataStore& store, std::string_view where, size_t most_notes = kMostNotes)
      : store_(store), where_(where), most_notes_(most_notes) {
    all_.addRange(0, store.size());
  }

  // Throws for whatever is wrong with a predicate, so that nothing is read for nothing.
  void Check(const WhereExpression& expression) const {
    for (const WhereExpression& part : expression.parts) Check(part);
    if (expression.kind == WhereExpression::Kind::kPredicate) {
      CheckValues(Find(expression.predicate), expression.predicate);
    }
  }

  RowSet Rows(const WhereExpression& expression) {
    switch (expression.kind) {
      case WhereExpression::Kind::kAnd: {
        RowSet rows = Rows(expression.parts.front());
        for (size_t i = 1; i < expression.parts.size(); ++i) rows &= Rows(expression.parts[i]);
        return rows;
      }
      case WhereExpression::Kind::kOr: {
        RowSet rows = Rows(expression.parts.front());
        for (size_t i = 1; i < expression.parts.size(); ++i) rows |= Rows(expression.parts[i]);
        return rows;
      }
      case WhereExpression::Kind::kNot:
        return all_ - Rows(expression.parts.front());
      case WhereExpression::Kind::kPredicate:
        return Rows(Find(expression.predicate), expression.predicate);
    }
    Fail(ErrorCode::kInvalidArgument, "where: unknown expression");
  }

  std::vector<std::string> TakeNotes() { return std::move(notes_); }

 private:
  template <typename... Args>
  void RequireAt(bool condition, size_t at, fmt::format_string<Args...> format,
                 Args&&... args) const {
    if (condition) return;
    Fail(ErrorCode::kInvalidArgument, "{}: {}", WherePlace(where_, at),
         fmt::format(format, std::forward<Args>(args)...));
  }

  Target Find(const WherePredicate& predicate) const {
    const std::vector<Column>& columns = store_.columns();
    const auto sku = [] { return Target{.column = {}, .name = kSkuColumn}; };
    if (predicate.column == kSkuColumn) return sku();
    if (const auto i = internal::LookUpColumn(columns, predicate.column)) {
      return {.column = *i, .type = columns[*i].type, .name = columns[*i].name};
    }
    if (internal::AreAlike(predicate.column, kSkuColumn)) return sku();
    std::vector<std::string> names = {kSkuColumn};
    for (const Column& column : columns) names.push_back(column.name);
    Fail(ErrorCode::kInvalidArgument, "{}: no column {}{}", WherePlace(where_, predicate.at),
         Quoted(predicate.column), DidYouMean(NearestNames(predicate.column, names)));
  }

  void CheckValues(const Target& target, const WherePredicate& predicate) const {
    const std::string name = Quoted(target.name);
    const bool list = target.type == ColumnType::kList;
    RequireAt(predicate.kind != Kind::kHas || list, predicate.at,
              "column {} holds no lists, which 'has' looks into; expected =", name);
    RequireAt(predicate.kind != Kind::kLike || target.type != ColumnType::kNumber, predicate.at,
              "column {} holds numbers, which 'like' does not look at", name);
    RequireAt(!list || predicate.kind == Kind::kHas || predicate.kind == Kind::kIn ||
                  predicate.kind == Kind::kLike || predicate.kind == Kind::kNull,
              predicate.at, "column {} holds lists: expected has, in, like or is null", name);
    for (const WhereValue& value : predicate.values) {
      const bool number = std::holds_alternative<double>(value.value);
      RequireAt(number || target.type != ColumnType::kNumber, value.at,
                "column {} holds numbers, expected one without quotes", name);
      RequireAt(!number || target.type == ColumnType::kNumber, value.at,
                "column {} holds texts, expected one in quotes", name);
    }
    RequireAt(
        predicate.kind != Kind::kRange || !(predicate.values[1].value < predicate.values[0].value),
        predicate.values.empty() ? predicate.at : predicate.values[0].at,
        "a range from the greater to the smaller holds nothing");
    if (!target.column) return;
    RequireAt(store_.has_attributes(), predicate.at,
              "column {} cannot be looked into: the index is of before filters, build it anew",
              name);
    RequireAt(
        predicate.kind == Kind::kNull || store_.HasAttributes(*target.column), predicate.at,
        "column {} cannot be looked into: it has texts of more than {} bytes; expected is null",
        name, kMaxFilterTextBytes);
  }

  RowSet Rows(const Target& target, const WherePredicate& predicate) {
    if (predicate.kind == Kind::kNull) {
      return target.column ? store_.RowsWithout(*target.column) : RowSet();
    }
    return target.type == ColumnType::kNumber ? NumberRows(*target.column, predicate)
                                              : TextRows(target, predicate);
  }

  RowSet NumberRows(size_t column, const WherePredicate& predicate) const {
    const auto number = [&](size_t i) { return std::get<double>(predicate.values[i].value); };
    const auto equal = [&](size_t i) {
      return store_.RowsWithin(column, {.low = number(i), .high = number(i)});
    };
    switch (predicate.kind) {
      case Kind::kUnequal:
        return (all_ - store_.RowsWithout(column)) - equal(0);
      case Kind::kLess:
        return store_.RowsWithin(column, {.high = number(0), .open_high = true});
      case Kind::kAtMost:
        return store_.RowsWithin(column, {.high = number(0)});
      case Kind::kGreater:
        return store_.RowsWithin(column, {.low = number(0), .open_low = true});
      case Kind::kAtLeast:
        return store_.RowsWithin(column, {.low = number(0)});
      case Kind::kRange:
        return store_.RowsWithin(column, {.low = number(0), .high = number(1)});
      default: {  // kEqual, kIn
        RowSet rows;
        for (size_t i = 0; i < predicate.values.size(); ++i) rows |= equal(i);
        return rows;
      }
    }
  }

  RowSet TextRows(const Target& target, const WherePredicate& predicate) {
    const std::string& text = std::get<std::string>(predicate.values.front().value);
    const auto any = [](std::string_view) { return true; };
    switch (predicate.kind) {
      case Kind::kUnequal:
        return Present(target) - Equal(target, predicate.values.front());
      case Kind::kLess:
        return TextRange(
            target, "", [&](std::string_view at) { return at < text; }, any);
      case Kind::kAtMost:
        return TextRange(
            target, "", [&](std::string_view at) { return at <= text; }, any);
      case Kind::kGreater:
        return TextRange(target, text, any, [&](std::string_view at) { return at != text; });
      case Kind::kAtLeast:
        return TextRange(target, text, any, any);
      case Kind::kRange: {
        const std::string& last = std::get<std::string>(predicate.values.back().value);
        return TextRange(
            target, text, [&](std::string_view at) { return at <= last; }, any);
      }
      case Kind::kLike: {
        const std::string prefix = LikePrefix(text);
        return TextRange(
            target, prefix, [&](std::string_view at) { return at.starts_with(prefix); },
            [&](std::string_view at) { return IsLike(at, text); });
      }
      default: {  // kEqual, kIn, kHas
        RowSet rows;
        for (const WhereValue& value : predicate.values) rows |= Equal(target, value);
        return rows;
      }
    }
  }

  RowSet Present(const Target& target) const {
    return target.column ? all_ - store_.RowsWithout(*target.column) : all_;
  }

  // Calls visit(text, rows) for the target's texts from `from` on, until it is false.
  template <typename Visit>
  void ForEachText(const Target& target, std::string_view from, const Visit& visit) const {
    if (target.column) {
      store_.ForEachText(*target.column, from, visit);
      return;
    }
    store_.ForEachSku(
        from, [&](std::string_view sku, uint32_t row) { return visit(sku, RowSet(1, &row)); });
  }

  // The rows of the texts from `from` on as long as `goes_on`, of those the ones that `counts`.
  template <typename GoesOn, typename Counts>
  RowSet TextRange(const Target& target, std::string_view from, const GoesOn& goes_on,
                   const Counts& counts) const {
    RowSet rows;
    ForEachText(target, from, [&](std::string_view text, const RowSet& with) {
      if (!goes_on(text)) return false;
      if (counts(text)) rows |= with;
      return true;
    });
    return rows;
  }

  RowSet Equal(const Target& target, const WhereValue& value) {
    const std::string& text = std::get<std::string>(value.value);
    RowSet rows;
    if (target.column) {
      rows = store_.RowsWith(*target.column, text);
    } else if (const std::optional<uint32_t> row = store_.RowOf(text)) {
      rows.add(*row);
    }
    if (rows.isEmpty()) NoteUnknown(target, value, text);
    return rows;
  }

  void NoteUnknown(const Target& target, const WhereValue& value, const std::string& text) {
    if (notes_.size() >= most_notes_) return;
    const std::vector<std::string> near =
        target.column ? NearestNames(text, store_.Texts(*target.column, kMostTextsForNotes))
                      : store_.NearSkus(text);
    notes_.push_back(fmt::format("{}: no item has {} {}{}", WherePlace(where_, value.at),
                                 target.name, Quoted(text), DidYouMean(near)));
  }

  const MetadataStore& store_;
  const std::string_view where_;
  const size_t most_notes_;
  RowSet all_;
  std::vector<std::string> notes_;
};

}  // namespace

FilterResult Filter(const MetadataStore& store, std::string_view where) {
  const WhereExpression expression = ParseWhere(where);
  Evaluator evaluator(store, where);
  evaluator.Check(expression);
  FilterResult result;
  result.rows = evaluator.Rows(expression);
  result.notes = evaluator.TakeNotes();
  return result;
}

RowSet FilterRows(const MetadataStore& store, const WhereExpression& part) {
  return Evaluator(store, "", 0).Rows(part);
}

}  // namespace csn
