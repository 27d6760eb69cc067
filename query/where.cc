#include "query/where.h"

#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "query/internal/where_lexer.h"

namespace csn {
namespace {

using internal::WhereLexeme;
using internal::WhereLexer;
using internal::WhereToken;
using Kind = WherePredicate::Kind;

constexpr size_t kShownBytes = 30;  // of the filter, in a message

constexpr char kOperators[] = "=, !=, <, <=, >, >=, in, like, has or is";

// The length in bytes of the first character of `text`; a byte that is not UTF-8 is one.
size_t CharacterLength(std::string_view text) {
  const std::optional<CodePoint> point = DecodeUtf8(text);
  return point ? point->length : 1;
}

// Whether the pattern's byte at `at` says that the next one stands for itself.
bool IsEscape(std::string_view pattern, size_t at) {
  if (at + 1 >= pattern.size() || pattern[at] != '\\') return false;
  const char next = pattern[at + 1];
  return next == '%' || next == '_' || next == '\\';
}

// Recursive descent, one word ahead.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {
    Require(text.size() <= kMaxWhereBytes, "where: expected at most {} bytes, got {}",
            kMaxWhereBytes, text.size());
    Advance();
  }

  WhereExpression Parse() {
    WhereExpression expression = ParseOr();
    if (next_.token != WhereToken::kEnd) FailAt(next_, "'and', 'or' or the end");
    return expression;
  }

 private:
  void Advance() {
    end_ = next_.at + next_.length;
    next_ = lexer_.Next();
  }

  [[noreturn]] void FailAt(const WhereLexeme& got, std::string_view expected) const {
    const std::string shown(text_.substr(got.at, std::min(got.length, kShownBytes)));
    Fail(ErrorCode::kInvalidArgument, "{}: expected {}, got {}", WherePlace(text_, got.at),
         expected,
         got.token == WhereToken::kEnd ? "the end" : "'" + EscapeForTerminal(shown) + "'");
  }

  bool IsKeyword(std::string_view keyword) const {
    return next_.token == WhereToken::kWord && LowerCase(next_.text) == keyword;
  }
  bool IsSymbol(std::string_view symbol) const {
    return next_.token == WhereToken::kSymbol && next_.text == symbol;
  }
  bool TakeKeyword(std::string_view keyword) {
    if (!IsKeyword(keyword)) return false;
    Advance();
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (!IsSymbol(symbol)) return false;
    Advance();
    return true;
  }

  WhereExpression ParseOr() { return ParseChain("or", WhereExpression::Kind::kOr); }

  // Parts joined by "or", or by "and".
  WhereExpression ParseChain(std::string_view keyword, WhereExpression::Kind kind) {
    const bool outer = kind == WhereExpression::Kind::kOr;
    const auto part = [&] {
      return outer ? ParseChain("and", WhereExpression::Kind::kAnd) : ParseNot();
    };
    const size_t begin = next_.at;
    WhereExpression first = part();
    if (!IsKeyword(keyword)) return first;
    WhereExpression chain{.kind = kind, .begin = begin};
    chain.parts.push_back(std::move(first));
    while (TakeKeyword(keyword)) chain.parts.push_back(part());
    chain.end = end_;
    return chain;
  }

  WhereExpression ParseNot() {
    const Deeper deeper(*this);
    const size_t begin = next_.at;
    if (TakeKeyword("not")) return Negated(ParseNot(), begin);
    if (TakeSymbol("(")) {
      WhereExpression inner = ParseOr();
      if (!TakeSymbol(")")) FailAt(next_, "'and', 'or' or ')'");
      return inner;
    }
    return ParsePredicate();
  }

  WhereExpression Negated(WhereExpression inner, size_t begin) const {
    WhereExpression negated{.kind = WhereExpression::Kind::kNot, .begin = begin, .end = end_};
    negated.parts.push_back(std::move(inner));
    return negated;
  }

  WhereExpression ParsePredicate() {
    const size_t begin = next_.at;
    WhereExpression expression;
    const bool negated = ReadPredicate(expression.predicate);
    expression.begin = begin;
    expression.end = end_;
    return negated ? Negated(std::move(expression), begin) : expression;
  }

  // Returns whether it is meant the other way round: "not in", "is not null".
  bool ReadPredicate(WherePredicate& predicate) {
    if (next_.token == WhereToken::kText) {
      FailAt(next_, "a column (between ` where it is no plain word)");
    }
    if (next_.token != WhereToken::kWord && next_.token != WhereToken::kColumn) {
      FailAt(next_, "a column, 'not' or '('");
    }
    predicate.column = next_.text;
    predicate.at = next_.at;
    Advance();
    if (next_.token == WhereToken::kSymbol) {
      ParseComparison(predicate);
      return false;
    }
    if (TakeKeyword("is")) {
      const bool negated = TakeKeyword("not");
      if (!TakeKeyword("null")) FailAt(next_, negated ? "'null'" : "'null' or 'not null'");
      predicate.kind = Kind::kNull;
      return negated;
    }
    const bool negated = TakeKeyword("not");
    if (TakeKeyword("in")) {
      ParseIn(predicate);
    } else if (TakeKeyword("like")) {
      predicate.kind = Kind::kLike;
      if (next_.token != WhereToken::kText) FailAt(next_, "a pattern in quotes");
      predicate.values.push_back(ParseValue());
    } else if (TakeKeyword("has")) {
      predicate.kind = Kind::kHas;
      predicate.values.push_back(ParseValue());
    } else {
      FailAt(next_, negated ? "in, like or has" : kOperators);
    }
    return negated;
  }

  void ParseComparison(WherePredicate& predicate) {
    if (TakeSymbol("=")) {
      predicate.kind = Kind::kEqual;
    } else if (TakeSymbol("!=") || TakeSymbol("<>")) {
      predicate.kind = Kind::kUnequal;
    } else if (TakeSymbol("<")) {
      predicate.kind = Kind::kLess;
    } else if (TakeSymbol("<=")) {
      predicate.kind = Kind::kAtMost;
    } else if (TakeSymbol(">")) {
      predicate.kind = Kind::kGreater;
    } else if (TakeSymbol(">=")) {
      predicate.kind = Kind::kAtLeast;
    } else {
      FailAt(next_, kOperators);
    }
    predicate.values.push_back(ParseValue());
  }

  void ParseIn(WherePredicate& predicate) {
    if (TakeSymbol("(")) {
      predicate.kind = Kind::kIn;
      do {
        predicate.values.push_back(ParseValue());
      } while (TakeSymbol(","));
      if (!TakeSymbol(")")) FailAt(next_, "',' or ')'");
      return;
    }
    predicate.kind = Kind::kRange;
    if (next_.token != WhereToken::kText && next_.token != WhereToken::kNumber) {
      FailAt(next_, "'(' and values, or a range such as 3..9");
    }
    predicate.values.push_back(ParseValue());
    if (!TakeSymbol("..")) FailAt(next_, "'..'");
    predicate.values.push_back(ParseValue());
  }

  WhereValue ParseValue() {
    WhereValue value{.at = next_.at};
    if (next_.token == WhereToken::kText) {
      value.value = next_.text;
    } else if (next_.token == WhereToken::kNumber) {
      value.value = next_.number;
    } else if (next_.token == WhereToken::kWord) {
      FailAt(next_, "a number or a text in quotes");
    } else {
      FailAt(next_, "a value");
    }
    Advance();
    return value;
  }

  // Counts how deep the descent is, for as long as it lives.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      Require(++parser_.depth_ <= kMaxWhereDepth, "{}: more than {} levels within each other",
              WherePlace(parser_.text_, parser_.next_.at), kMaxWhereDepth);
    }
    ~Deeper() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  std::string_view text_;
  WhereLexer lexer_;
  WhereLexeme next_;
  size_t end_ = 0;  // of the word before it
  int depth_ = 0;
};

}  // namespace

WhereExpression ParseWhere(std::string_view text) { return Parser(text).Parse(); }

std::string WherePlace(std::string_view text, size_t at) {
  size_t character = 1;
  for (size_t i = 0; i < at; i += CharacterLength(text.substr(i))) ++character;
  return fmt::format("where, character {}", character);
}

bool IsLike(std::string_view text, std::string_view pattern) {
  // Greedy, going back to the last %: what it has to take grows by a character each time.
  size_t t = 0, p = 0;
  std::optional<std::pair<size_t, size_t>> last;  // where in text and pattern to go on then
  while (t < text.size()) {
    const size_t step = CharacterLength(text.substr(t));
    if (p < pattern.size() && pattern[p] == '%') {
      last = {t, ++p};
      continue;
    }
    if (p < pattern.size() && pattern[p] == '_') {
      t += step;
      ++p;
      continue;
    }
    const bool escape = IsEscape(pattern, p);
    const std::string_view wanted = pattern.substr(std::min(pattern.size(), p + (escape ? 1 : 0)));
    if (!wanted.empty() && wanted.starts_with(text.substr(t, step))) {
      t += step;
      p += step + (escape ? 1 : 0);
      continue;
    }
    if (!last) return false;
    last->first += CharacterLength(text.substr(last->first));
    std::tie(t, p) = *last;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

std::string LikePrefix(std::string_view pattern) {
  std::string prefix;
  for (size_t p = 0; p < pattern.size() && pattern[p] != '%' && pattern[p] != '_'; ++p) {
    if (IsEscape(pattern, p)) ++p;
    prefix.push_back(pattern[p]);
  }
  return prefix;
}

}  // namespace csn
