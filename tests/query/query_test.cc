#include "query/query.h"

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

TEST(ParseNotionWeights, ReadsNamesWithAndWithoutWeights) {
  const auto notions = ParseNotionWeights("heel-height,closure=0.5,gender=-2e-1");
  ASSERT_EQ(notions.size(), 3u);
  EXPECT_EQ(notions[0].name, "heel-height");
  EXPECT_EQ(notions[0].weight, 1);
  EXPECT_EQ(notions[1].name, "closure");
  EXPECT_EQ(notions[1].weight, 0.5);
  EXPECT_EQ(notions[2].name, "gender");
  EXPECT_EQ(notions[2].weight, -0.2);
}

TEST(ParseNotionWeights, RefusesWhatIsNotInTheForm) {
  for (const std::string text : {"", ",", "a,", ",a", "=1", "a,=2"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT([&] { ParseNotionWeights(text); }, ThrowsError(kWrong, "a name is empty"));
    EXPECT_THAT([&] { ParseNotionWeights(text); }, ThrowsError(kWrong, "'" + text + "'"));
  }
  for (const std::string text : {"a=", "a=x", "a=1=2", "b,a=1x", "a=nan", "a=inf", "a=1e999"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT([&] { ParseNotionWeights(text); }, ThrowsError(kWrong, "the weight of 'a'"));
    EXPECT_THAT([&] { ParseNotionWeights(text); }, ThrowsError(kWrong, "'" + text + "'"));
  }
}

TEST(ParseLimit, ReadsEverySign) {
  using Kind = Query::Limit::Kind;
  for (const auto& [text, kind] :
       std::vector<std::pair<std::string, Kind>>{{"heel-height<0.2", Kind::kBelow},
                                                 {"heel-height <= 0.2", Kind::kAtMost},
                                                 {"heel-height>2e-1", Kind::kAbove},
                                                 {" heel-height >= 0.2 ", Kind::kAtLeast}}) {
    const Query::Limit limit = ParseLimit(text);
    EXPECT_EQ(limit.notion, "heel-height");
    EXPECT_EQ(limit.kind, kind) << text;
    EXPECT_EQ(limit.distance, 0.2);
  }
}

TEST(ParseLimit, RefusesWhatIsNotInTheForm) {
  for (const std::string text : {"", "closure", "<1", "closure=1"}) {
    EXPECT_THAT([&] { ParseLimit(text); },
                ThrowsError(kWrong, "require '" + text + "': expected NOTION<=DISTANCE"));
  }
  for (const std::string text : {"closure<", "closure<=x", "closure>=nan", "closure<>1"}) {
    EXPECT_THAT([&] { ParseLimit(text); }, ThrowsError(kWrong, "expected a number as the distance"))
        << text;
  }
}

TEST(PlanName, NamesEveryPlan) {
  EXPECT_STREQ(PlanName(Plan::kScan), "scan");
  EXPECT_STREQ(PlanName(Plan::kFlat), "flat");
  EXPECT_STREQ(PlanName(Plan::kHnsw), "hnsw");
  EXPECT_STREQ(PlanName(Plan::kIvf), "ivf");
}

}  // namespace
}  // namespace csn
