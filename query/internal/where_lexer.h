// The words of the filter language.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace csn::internal {

enum class WhereToken {
  kEnd,
  kWord,    // a keyword or a column; `text` as written
  kColumn,  // between backticks; `text` without them
  kText,    // between quotes; `text` without them
  kNumber,  // `number`
  kSymbol,  // ( ) , = != <> < <= > >= ..
};

struct WhereLexeme {
  WhereToken token = WhereToken::kEnd;
  size_t at = 0;      // first byte
  size_t length = 0;  // bytes as written
  std::string text = {};
  double number = 0;
};

class WhereLexer {
 public:
  explicit WhereLexer(std::string_view text) : text_(text) {}

  // The next word. Throws Error(kInvalidArgument) for what is none.
  WhereLexeme Next();

 private:
  WhereLexeme Quoted(char quote, WhereToken token);
  WhereLexeme Number();
  WhereLexeme Word();
  WhereLexeme Symbol();

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace csn::internal
