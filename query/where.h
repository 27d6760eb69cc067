// The filter language: which items may be in an answer. docs/query.md is its guide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace csn {

inline constexpr size_t kMaxWhereBytes = 64 << 10;
inline constexpr int kMaxWhereDepth = 64;  // of parentheses and nots within each other

// A text or a number as it was written.
struct WhereValue {
  std::variant<std::string, double> value = {};
  size_t at = 0;  // its first byte in the filter
};

// `column OP value`, `column in (...)`, `column in low..high`, `column like`, `column has`,
// `column is null`.
struct WherePredicate {
  enum class Kind {
    kEqual,
    kUnequal,
    kLess,
    kAtMost,
    kGreater,
    kAtLeast,
    kIn,     // one of values
    kRange,  // from values[0] to values[1], both included
    kLike,   // text with % and _
    kHas,    // a list with this part
    kNull,   // no values
  };
  std::string column = {};
  size_t at = 0;  // the column's first byte in the filter
  Kind kind = Kind::kNull;
  std::vector<WhereValue> values = {};
};

struct WhereExpression {
  enum class Kind { kAnd, kOr, kNot, kPredicate };
  Kind kind = Kind::kPredicate;
  std::vector<WhereExpression> parts = {};  // two or more of kAnd and kOr, one of kNot
  WherePredicate predicate = {};            // of kPredicate
  size_t begin = 0, end = 0;  // its bytes in the filter, without parentheses around the whole of it
};

// Reads a filter; whether its columns exist is not looked at. Grammar, words in any case:
//   or:        and ("or" and)*
//   and:       not ("and" not)*
//   not:       "not" not | "(" or ")" | predicate
//   predicate: column ( ("=" | "!=" | "<>" | "<" | "<=" | ">" | ">=") value
//                     | ["not"] "in" ( "(" value ("," value)* ")" | value ".." value )
//                     | ["not"] "like" text | ["not"] "has" value | "is" ["not"] "null" )
//   column:    a word of letters, digits, _, - and other than ASCII characters that no digit or -
//              begins, or anything between backticks
//   value:     a number, or a text between " or ' (written twice to stand for itself)
// Throws Error(kInvalidArgument) "where, character N: expected ..., got ...".
WhereExpression ParseWhere(std::string_view text);

// "where, character N", counted from 1, for the byte `at` of the filter: the beginning of what is
// said of it.
std::string WherePlace(std::string_view text, size_t at);

// Whether `text` is like `pattern`: % stands for any characters, _ for one, \ before one of the
// three for itself. Bytes that are not UTF-8 count as a character each.
bool IsLike(std::string_view text, std::string_view pattern);
// What every text that is like `pattern` begins with.
std::string LikePrefix(std::string_view pattern);

}  // namespace csn
