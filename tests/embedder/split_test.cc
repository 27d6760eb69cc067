#include "embedder/split.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace csn {
namespace {

TEST(SplitTest, SharesAre70To10To20AndSeedsDiffer) {
  const SplitRule rule{.seed = 3, .by = ""}, other{.seed = 4, .by = ""};
  int counts[3] = {}, moved = 0;
  constexpr int kGroups = 20'000;
  for (int i = 0; i < kGroups; ++i) {
    const std::string group = "sku-" + std::to_string(i);
    const Split split = SplitOf(rule, group);
    EXPECT_EQ(split, SplitOf(rule, group));
    ++counts[static_cast<int>(split)];
    moved += split != SplitOf(other, group);
  }
  EXPECT_NEAR(counts[0], 0.7 * kGroups, 0.015 * kGroups);
  EXPECT_NEAR(counts[1], 0.1 * kGroups, 0.01 * kGroups);
  EXPECT_NEAR(counts[2], 0.2 * kGroups, 0.015 * kGroups);
  EXPECT_GT(moved, kGroups / 4);
}

TEST(SplitTest, ASingleGroupDecidesAsSplitOf) {
  const SplitRule rule{.seed = 9, .by = "style"};
  std::vector<std::string> groups;
  std::vector<uint64_t> photographs;
  for (uint64_t i = 0; i < 500; ++i) {
    groups.push_back("style " + std::to_string(i % 50));
    photographs.push_back(i);
  }
  const std::vector<Split> splits = AssignSplits(rule, groups, photographs);
  for (size_t i = 0; i < groups.size(); ++i) EXPECT_EQ(splits[i], SplitOf(rule, groups[i]));
}

// Whatever chain of shared photographs joins groups, no photograph and no group is ever in two
// splits.
TEST(SplitTest, SharedPhotographsNeverCrossSplits) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<std::string> groups;
    std::vector<uint64_t> photographs;
    for (int i = 0; i < 600; ++i) {
      groups.push_back("g" + std::to_string(rng.Below(300)));
      photographs.push_back(rng.Below(500));
    }
    const std::vector<Split> splits = AssignSplits({.seed = seed, .by = ""}, groups, photographs);
    for (size_t i = 0; i < groups.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (groups[i] == groups[j] || photographs[i] == photographs[j]) {
          ASSERT_EQ(splits[i], splits[j]) << groups[i] << " and " << groups[j];
        }
      }
    }
  }
}

TEST(SplitTest, TheSmallestNameOfAJoinedSetDecides) {
  const SplitRule rule{.seed = 1, .by = ""};
  const std::vector<std::string> groups{"c", "b", "a", "z"};
  const std::vector<uint64_t> photographs{1, 1, 1, 2};
  const std::vector<Split> splits = AssignSplits(rule, groups, photographs);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(splits[i], SplitOf(rule, "a"));
  EXPECT_EQ(splits[3], SplitOf(rule, "z"));
}

}  // namespace
}  // namespace csn
