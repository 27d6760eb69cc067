#include "query/evaluation/bootstrap.h"

#include <cmath>
#include <vector>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

TEST(BootstrapMean, CoversTheTrueMeanAsOftenAsItSays) {
  constexpr uint64_t kSeed = 5;
  constexpr int kWorlds = 600;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int covered = 0;
  for (int world = 0; world < kWorlds; ++world) {
    // Skewed, with mean 0.3: the square of a uniform number, less a little.
    std::vector<double> values(150);
    for (double& value : values) value = 0.9 * std::pow(rng.Uniform(), 2);
    const Interval interval = BootstrapMean(values, rng.Next());
    EXPECT_LT(interval.low, interval.value);
    EXPECT_LT(interval.value, interval.high);
    covered += interval.low <= 0.3 && 0.3 <= interval.high ? 1 : 0;
  }
  // 95 % is 570; five standard errors of 600 tosses are 27.
  EXPECT_GT(covered, 543);
  EXPECT_LT(covered, 597);
}

TEST(BootstrapMean, IsAsWideAsTheoryHasIt) {
  Rng rng(6);
  std::vector<double> values(4000);
  for (double& value : values) value = rng.Uniform() < 0.2 ? 1 : 0;
  const Interval interval = BootstrapMean(values, 1);
  const double error = std::sqrt(interval.value * (1 - interval.value) / 4000);
  EXPECT_NEAR((interval.high - interval.low) / (2 * 1.96 * error), 1, 0.08);
}

TEST(BootstrapMean, SameSeedSameInterval) {
  const std::vector<double> values = {0, 0.13, 0.2, 0.37, 0.51, 0.62, 0.88, 0.97};
  const Interval one = BootstrapMean(values, 3), again = BootstrapMean(values, 3);
  EXPECT_EQ(one.low, again.low);
  EXPECT_EQ(one.high, again.high);
  EXPECT_DOUBLE_EQ(one.value, 3.68 / 8);
  EXPECT_NE(BootstrapMean(values, 4).low, one.low);
}

TEST(BootstrapMean, OfEqualValuesIsTheRuleOfThreeAndOfNoneIsZero) {
  const Interval none = BootstrapMean(std::vector<double>(60, 0.0), 1);
  EXPECT_EQ(none.value, 0);
  EXPECT_EQ(none.low, 0);
  EXPECT_DOUBLE_EQ(none.high, 0.05);
  const Interval all = BootstrapMean(std::vector<double>(60, 1.0), 1);
  EXPECT_DOUBLE_EQ(all.low, 0.95);
  EXPECT_EQ(all.high, 1);
  EXPECT_DOUBLE_EQ(BootstrapMean(std::vector<double>(60, 0.0), 1, {.low = -1}).low, -0.05);
  const Interval empty = BootstrapMean({}, 1);
  EXPECT_EQ(empty.low, 0);
  EXPECT_EQ(empty.high, 0);
}

TEST(BootstrapMean, StaysWithinItsBounds) {
  const std::vector<double> values = {0, 0, 1};
  EXPECT_GE(BootstrapMean(values, 1).low, 0);
  EXPECT_LE(BootstrapMean(values, 1).high, 1);
  EXPECT_EQ(BootstrapMean(values, 1, {.low = 0.3, .high = 0.4}).high, 0.4);
}

}  // namespace
}  // namespace csn
