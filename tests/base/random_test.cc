#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

TEST(Rng, IsTheStandardsEngine) {
  // The C++ standard's own check of mt19937_64 with its default seed.
  Rng rng(5489);
  for (int i = 0; i < 9999; ++i) rng.Next();
  EXPECT_EQ(rng.Next(), 9981545732273789042u);
}

TEST(Rng, FirstValuesNeverChange) {
  EXPECT_EQ(Rng(1).Next(), 2469588189546311528u);
  EXPECT_EQ(Rng(1).Uniform(), 0.13387664401253263);
  EXPECT_EQ(Rng(1).Below(1000), 528u);
  EXPECT_DOUBLE_EQ(Rng(1).Normal(), 0.35099249780849107);
  std::vector<int> values = {0, 1, 2, 3, 4, 5, 6, 7};
  Rng(1).Shuffle(values);
  EXPECT_EQ(values, (std::vector<int>{4, 6, 3, 5, 1, 7, 2, 0}));
}

TEST(Rng, DistributionsHaveTheirMoments) {
  constexpr uint64_t kSeed = 42;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  constexpr int kCount = 100'000;
  double uniform = 0, normal = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.Uniform(-1, 3), z = rng.Normal();
    ASSERT_TRUE(u >= -1 && u < 3 && std::isfinite(z));
    ASSERT_LT(rng.Below(3), 3u);
    uniform += u;
    normal += z;
    squares += z * z;
  }
  // Five standard errors.
  EXPECT_NEAR(uniform / kCount, 1, 5 * 1.155 / std::sqrt(kCount));
  EXPECT_NEAR(normal / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
}

TEST(Rng, ShuffleKeepsEveryElement) {
  std::vector<int> values(100);
  for (int i = 0; i < 100; ++i) values[static_cast<size_t>(i)] = i;
  std::vector<int> shuffled = values;
  Rng(3).Shuffle(shuffled);
  EXPECT_NE(shuffled, values);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, values);
}

}  // namespace
}  // namespace csn
