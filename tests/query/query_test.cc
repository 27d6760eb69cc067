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

TEST(PlanName, NamesEveryPlan) {
  EXPECT_STREQ(PlanName(Plan::kScan), "scan");
  EXPECT_STREQ(PlanName(Plan::kFlat), "flat");
  EXPECT_STREQ(PlanName(Plan::kHnsw), "hnsw");
}

}  // namespace
}  // namespace csn
