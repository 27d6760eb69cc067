#include "query/where.h"

#include <map>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;
using Expression = WhereExpression;
using Kind = WherePredicate::Kind;

// An expression with all its parentheses.
std::string Spelled(const Expression& expression) {
  static const std::map<Kind, std::string> words = {
      {Kind::kEqual, "="},   {Kind::kUnequal, "!="}, {Kind::kLess, "<"},   {Kind::kAtMost, "<="},
      {Kind::kGreater, ">"}, {Kind::kAtLeast, ">="}, {Kind::kIn, "in"},    {Kind::kRange, "range"},
      {Kind::kLike, "like"}, {Kind::kHas, "has"},    {Kind::kNull, "null"}};
  std::string text;
  switch (expression.kind) {
    case Expression::Kind::kNot:
      return "(not " + Spelled(expression.parts.at(0)) + ")";
    case Expression::Kind::kPredicate:
      text = expression.predicate.column + " " + words.at(expression.predicate.kind);
      for (const WhereValue& value : expression.predicate.values) {
        const auto* number = std::get_if<double>(&value.value);
        text += number ? fmt::format(" {}", *number)
                       : fmt::format(" '{}'", std::get<std::string>(value.value));
      }
      return "[" + text + "]";
    default:
      for (const Expression& part : expression.parts) {
        const char* word = expression.kind == Expression::Kind::kAnd ? " and " : " or ";
        text += (text.empty() ? "" : word) + Spelled(part);
      }
      return "(" + text + ")";
  }
}

TEST(WhereTest, UnderstandsTheWholeLanguage) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"price < 100", "[price < 100]"},
           {"a=1 and b!=2 or c<>3", "(([a = 1] and [b != 2]) or [c != 3])"},
           {"a<=1 or b>=2 and c>3", "([a <= 1] or ([b >= 2] and [c > 3]))"},
           {"(a=1 or b=2) AND c=3", "(([a = 1] or [b = 2]) and [c = 3])"},
           {"not a=1 and b=2", "((not [a = 1]) and [b = 2])"},
           {"NOT not a = 1", "(not (not [a = 1]))"},
           {"not (a=1 or b=2)", "(not ([a = 1] or [b = 2]))"},
           {"a=1 and b=2 and c=3", "([a = 1] and [b = 2] and [c = 3])"},
           {"age in 3..9", "[age range 3 9]"},
           {"age in -3.5 .. 1e3", "[age range -3.5 1000]"},
           {"age in .5..-.25", "[age range 0.5 -0.25]"},
           {"day in '2012-01'..\"2013\"", "[day range '2012-01' '2013']"},
           {"brand in (\"a\", 'b')", "[brand in 'a' 'b']"},
           {"brand not in ('a')", "(not [brand in 'a'])"},
           {"not brand in ('a')", "(not [brand in 'a'])"},
           {"name like \"run%\"", "[name like 'run%']"},
           {"name not like 'x'", "(not [name like 'x'])"},
           {"size has \"38\"", "[size has '38']"},
           {"size not has \"38\"", "(not [size has '38'])"},
           {"colour is null", "[colour null]"},
           {"colour IS NOT NULL", "(not [colour null])"},
           {"heel-height = +2", "[heel-height = 2]"},
           {"`a b`` c` = 1", "[a b` c = 1]"},
           {"`and` = 1", "[and = 1]"},
           {"a = 'it''s'", "[a = 'it's']"},
           {"a = \"\"", "[a = '']"},
           {"gr\xc3\xb6\xc3\x9f"
            "e=1",
            "[gr\xc3\xb6\xc3\x9f"
            "e = 1]"},
           {"\n\ta\r=\n1 ", "[a = 1]"}}) {
    EXPECT_EQ(Spelled(ParseWhere(text)), expected) << text;
  }
}

TEST(WhereTest, ErrorsPointAtTheCharacter) {
  for (const auto& [input, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", "character 1: expected a column, 'not' or '(', got the end"},
           {"price", "character 6: expected =, !=, <, <=, >, >=, in, like, has or is, got the end"},
           {"price 5", "character 7: expected =, !=, <, <=, >, >=, in, like, has or is, got '5'"},
           {"price <", "character 8: expected a value, got the end"},
           {"price < cheap", "character 9: expected a number or a text in quotes, got 'cheap'"},
           {"price < 5x", "character 9: expected a number, got '5x' (texts stand in quotes)"},
           {"price < 1e999", "character 9: expected a number, got '1e999'"},
           {"\"price\" < 5", "character 1: expected a column (between ` where"},
           {"a = 1 b = 2", "character 7: expected 'and', 'or' or the end, got 'b'"},
           {"(a = 1", "character 7: expected 'and', 'or' or ')', got the end"},
           {"a = 1)", "character 6: expected 'and', 'or' or the end, got ')'"},
           {"a in 5", "character 7: expected '..', got the end"},
           {"a in (5", "character 8: expected ',' or ')', got the end"},
           {"a in ()", "character 7: expected a value, got ')'"},
           {"a in b", "character 6: expected '(' and values, or a range such as 3..9, got 'b'"},
           {"a like 5", "character 8: expected a pattern in quotes, got '5'"},
           {"a is 5", "character 6: expected 'null' or 'not null', got '5'"},
           {"a is not 5", "character 10: expected 'null', got '5'"},
           {"a not = 5", "character 7: expected in, like or has, got '='"},
           {"a = 'open", "character 5: expected ' to be closed by another one"},
           {"`a = 5", "character 1: expected ` to be closed"},
           {"a = 5 & b = 5", "character 7: unexpected '&'"},
           {"a =\x01", "character 4: unexpected '\\x01'"},
           // Characters, not bytes.
           {"\xc3\xa4\xc3\xb6 = !", "character 6: unexpected '!'"},
           {"\xff\xff = !", "character 6: unexpected '!'"}}) {
    const std::string& text = input;
    EXPECT_THAT([&] { ParseWhere(text); }, ThrowsError(ErrorCode::kInvalidArgument, expected))
        << text;
    EXPECT_THAT([&] { ParseWhere(text); }, ThrowsError(ErrorCode::kInvalidArgument, "where, "));
  }
}

TEST(WhereTest, DepthAndLengthAreBounded) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "a = 1" + std::string(depth, ')');
  };
  EXPECT_EQ(Spelled(ParseWhere(nested(kMaxWhereDepth - 1))), "[a = 1]");
  EXPECT_THAT([&] { ParseWhere(nested(kMaxWhereDepth)); },
              ThrowsError(ErrorCode::kInvalidArgument,
                          "character 65: more than 64 levels within each other"));
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_THAT([&] { ParseWhere(nots + "a = 1"); },
              ThrowsError(ErrorCode::kInvalidArgument, "more than 64 levels"));
  std::string wide = "a = 1";
  while (wide.size() + 9 <= kMaxWhereBytes) wide += " or a = 1";
  EXPECT_GT(ParseWhere(wide).parts.size(), 7000u);
  EXPECT_THAT([&] { ParseWhere(wide + " or a = 1"); },
              ThrowsError(ErrorCode::kInvalidArgument, "expected at most 65536 bytes"));
}

// By the definition, one choice after the other.
bool OracleLike(const std::string& text, const std::string& pattern, size_t t = 0, size_t p = 0) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == '%') {
    for (size_t rest = t; rest <= text.size(); ++rest) {
      if (OracleLike(text, pattern, rest, p + 1)) return true;
    }
    return false;
  }
  if (t == text.size()) return false;
  if (pattern[p] == '_') return OracleLike(text, pattern, t + 1, p + 1);
  if (pattern[p] == '\\' && p + 1 < pattern.size() && pattern[p + 1] != 'a' &&
      pattern[p + 1] != 'b') {
    ++p;
  }
  return pattern[p] == text[t] && OracleLike(text, pattern, t + 1, p + 1);
}

TEST(LikeTest, AgreesWithTheDefinition) {
  Rng rng(20);
  for (int i = 0; i < 50'000; ++i) {
    const auto random = [&](const std::string& letters, size_t longest) {
      std::string text(rng.Below(longest + 1), '\0');
      for (char& c : text) c = letters[rng.Below(letters.size())];
      return text;
    };
    const std::string text = random("ab%\\", 8), pattern = random("ab%%_\\", 6);
    ASSERT_EQ(IsLike(text, pattern), OracleLike(text, pattern)) << text << " like " << pattern;
    if (IsLike(text, pattern)) {
      ASSERT_TRUE(text.starts_with(LikePrefix(pattern))) << text << " like " << pattern;
    }
  }
}

TEST(LikeTest, CountsCharactersNotBytes) {
  EXPECT_TRUE(IsLike("gr\xc3\xb6\xc3\x9f", "gr__"));
  EXPECT_FALSE(IsLike("gr\xc3\xb6\xc3\x9f", "gr____"));
  EXPECT_TRUE(IsLike("\xc3\xb6", "%\xc3\xb6"));
  EXPECT_FALSE(IsLike("\xc3\xb6", "%\xb6"));  // not from within a character
  EXPECT_TRUE(IsLike("\xff\xfe", "__"));
  // Not for minutes.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "%a";
  EXPECT_FALSE(IsLike(std::string(10'000, 'a') + "b", pattern + "c"));
}

}  // namespace
}  // namespace csn
