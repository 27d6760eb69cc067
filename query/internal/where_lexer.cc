#include "query/internal/where_lexer.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "query/where.h"

namespace csn::internal {
namespace {

constexpr std::array<std::string_view, 11> kSymbols = {"!=", "<>", "<=", ">=", "..", "(",
                                                       ")",  ",",  "=",  "<",  ">"};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsOfWord(char c) { return BeginsWord(c) || IsDigit(c) || c == '-'; }

}  // namespace

WhereLexeme WhereLexer::Next() {
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  if (at_ == text_.size()) return {.token = WhereToken::kEnd, .at = at_};
  const char c = text_[at_];
  const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (c == '"' || c == '\'') return Quoted(c, WhereToken::kText);
  if (c == '`') return Quoted(c, WhereToken::kColumn);
  if (IsDigit(c) || ((c == '-' || c == '+' || c == '.') && (IsDigit(next) || next == '.'))) {
    if (c != '.' || next != '.') return Number();
  }
  if (BeginsWord(c)) return Word();
  return Symbol();
}

WhereLexeme WhereLexer::Quoted(char quote, WhereToken token) {
  WhereLexeme lexeme{.token = token, .at = at_};
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      const bool twice = at_ + 1 < text_.size() && text_[at_ + 1] == quote;
      if (!twice) {
        ++at_;
        lexeme.length = at_ - lexeme.at;
        return lexeme;
      }
      ++at_;
    }
    lexeme.text.push_back(text_[at_]);
  }
  Fail(ErrorCode::kInvalidArgument, "{}: expected {} to be closed by another one",
       WherePlace(text_, lexeme.at), quote);
}

WhereLexeme WhereLexer::Number() {
  WhereLexeme lexeme{.token = WhereToken::kNumber, .at = at_};
  // As far as a number may go: to a range's dots, or to what is of no number.
  size_t end = at_ + 1;
  while (end < text_.size()) {
    const char c = text_[end];
    const bool exponent = text_[end - 1] == 'e' || text_[end - 1] == 'E';
    const bool dots = c == '.' && end + 1 < text_.size() && text_[end + 1] == '.';
    if (dots || !(IsOfWord(c) || c == '.' || (c == '+' && exponent))) break;
    if (c == '-' && !exponent) break;
    ++end;
  }
  const std::string_view written = text_.substr(at_, end - at_);
  const std::optional<double> number = ParseNumber(written);
  Require(number.has_value(), "{}: expected a number, got '{}' (texts stand in quotes)",
          WherePlace(text_, at_), EscapeForTerminal(written));
  at_ = end;
  lexeme.length = written.size();
  lexeme.number = *number;
  return lexeme;
}

WhereLexeme WhereLexer::Word() {
  const auto end =
      std::find_if_not(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.end(), IsOfWord);
  const size_t length = static_cast<size_t>(end - text_.begin()) - at_;
  WhereLexeme lexeme{.token = WhereToken::kWord,
                     .at = at_,
                     .length = length,
                     .text = std::string(text_.substr(at_, length))};
  at_ += length;
  return lexeme;
}

WhereLexeme WhereLexer::Symbol() {
  for (const std::string_view symbol : kSymbols) {
    if (!text_.substr(at_).starts_with(symbol)) continue;
    WhereLexeme lexeme{.token = WhereToken::kSymbol,
                       .at = at_,
                       .length = symbol.size(),
                       .text = std::string(symbol)};
    at_ += symbol.size();
    return lexeme;
  }
  Fail(ErrorCode::kInvalidArgument, "{}: unexpected '{}'", WherePlace(text_, at_),
       EscapeForTerminal(text_.substr(at_, 1)));
}

}  // namespace csn::internal
