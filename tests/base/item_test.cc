#include "base/item.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(ColumnType, NamesReadBack) {
  for (const ColumnType type : {ColumnType::kText, ColumnType::kNumber, ColumnType::kList}) {
    EXPECT_EQ(ParseColumnType(ColumnTypeName(type)), type);
  }
  EXPECT_THAT([] { ParseColumnType("integer"); },
              ThrowsError(ErrorCode::kInvalidArgument, "'integer': expected text, number or list"));
}

TEST(ValueText, WritesEveryKind) {
  EXPECT_EQ(ValueText(Value()), "");
  EXPECT_EQ(ValueText(Value("red")), "red");
  EXPECT_EQ(ValueText(Value(std::vector<std::string>{"38", "39"})), "38|39");
  EXPECT_EQ(ValueText(Value(3.0)), "3");
  EXPECT_EQ(ValueText(Value(0.1)), "0.1");
  EXPECT_EQ(std::stod(ValueText(Value(1.0 / 3))), 1.0 / 3);
}

}  // namespace
}  // namespace csn
