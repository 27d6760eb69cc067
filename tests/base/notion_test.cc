#include "base/notion.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(ParseNotionSpec, NameAlone) {
  const NotionSpec spec = ParseNotionSpec("closure");
  EXPECT_EQ(spec.name, "closure");
  EXPECT_EQ(spec.column, "");
  EXPECT_EQ(spec.kind, NotionKind::kCategorical);
  EXPECT_FALSE(spec.near.has_value());
  EXPECT_FALSE(spec.far.has_value());
}

TEST(ParseNotionSpec, ColumnsMayHaveSpaces) {
  const NotionSpec spec = ParseNotionSpec("closure=Closure Type");
  EXPECT_EQ(spec.name, "closure");
  EXPECT_EQ(spec.column, "Closure Type");
  EXPECT_EQ(ParseNotionSpec("a.b_c-1=x:categorical").kind, NotionKind::kCategorical);
}

TEST(ParseNotionSpec, NumericWithThresholds) {
  const NotionSpec spec = ParseNotionSpec("heel-height=heel_height:numeric,near=0.5,far=1.5");
  EXPECT_EQ(spec.name, "heel-height");
  EXPECT_EQ(spec.column, "heel_height");
  EXPECT_EQ(spec.kind, NotionKind::kNumeric);
  EXPECT_EQ(spec.near, 0.5);
  EXPECT_EQ(spec.far, 1.5);
  EXPECT_EQ(ParseNotionSpec("h=h:numeric,far=2").far, 2.0);
  EXPECT_FALSE(ParseNotionSpec("h=h:numeric,far=2").near.has_value());
  EXPECT_EQ(ParseNotionSpec("h=h:numeric,near=0").near, 0.0);
}

TEST(ParseNotionSpec, RefusalsQuoteTheFlagAndSayWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the name is empty"},
      {"=x", "the name is empty"},
      {"heel height", "got 'heel height'"},
      {"h:numeric", "expected NAME"},
      {"h=", "the column is empty"},
      {"h=:numeric", "the column is empty"},
      {"h=x,near=1", "the kind is missing"},
      {"h=x:", "kind numeric or categorical, got ''"},
      {"h=x:number", "got 'number'"},
      {"h=x:numeric,", "got ''"},
      {"h=x:numeric,close=1", "got 'close=1'"},
      {"h=x:numeric,near", "got 'near'"},
      {"h=x:numeric,near=abc", "near: expected a number of at least 0, got 'abc'"},
      {"h=x:numeric,near=-1", "got '-1'"},
      {"h=x:numeric,far=inf", "got 'inf'"},
      {"h=x:numeric,near=nan", "got 'nan'"},
      {"h=x:numeric,near=1,near=2", "near is given twice"},
      {"h=x:numeric,near=1,far=1", "far: expected more than 1, got 1"},
      {"h=x:numeric,far=0", "far: expected more than 0, got 0"},
      {"h=x:categorical,near=1", "near belongs to a numeric notion"},
  };
  for (const auto& [text, part] : cases) {
    SCOPED_TRACE(text);
    const auto parse = [&text = text] { ParseNotionSpec(text); };
    EXPECT_THAT(parse, ThrowsError(ErrorCode::kInvalidArgument, part));
    EXPECT_THAT(parse, ThrowsError(ErrorCode::kInvalidArgument, "'" + std::string(text) + "'"));
  }
}

TEST(SameName, FoldsDashesOnly) {
  EXPECT_TRUE(SameName("heel-height", "heel_height"));
  EXPECT_FALSE(SameName("heel-height", "heelheight"));
  EXPECT_FALSE(SameName("Heel", "heel"));
  EXPECT_FALSE(SameName("heel", "heels"));
}

TEST(FindNotion, FindsOrNamesNearOnes) {
  const std::vector<Notion> notions = {{.name = "closure", .column = "closure"},
                                       {.name = "heel-height", .column = "heel"}};
  EXPECT_EQ(FindNotion(notions, "closure"), 0u);
  EXPECT_EQ(FindNotion(notions, "heel_height"), 1u);
  EXPECT_THAT([&] { FindNotion(notions, "heel-hight"); },
              ThrowsError(ErrorCode::kInvalidArgument, "did you mean heel-height?"));
  EXPECT_THAT([&] { FindNotion(notions, "gender"); },
              ThrowsError(ErrorCode::kInvalidArgument, "'gender'; the model knows closure, heel"));
}

}  // namespace
}  // namespace csn
