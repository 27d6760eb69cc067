#include "indexer/mask_fit.h"

#include <cmath>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr size_t kItems = 1500, kDim = 12;
constexpr uint64_t kSeed = 17;

// Items of four kinds that dimensions 3 and 7 tell apart, amid loud dimensions that tell nothing.
struct World {
  Matrix embeddings{kItems, kDim};
  std::vector<Value> kinds;
  std::vector<Split> splits;
};

World MakeWorld(double noise) {
  World world;
  Rng rng(kSeed);
  for (size_t i = 0; i < kItems; ++i) {
    const uint64_t kind = rng.Below(4);
    for (float& value : world.embeddings.Row(i)) {
      value = static_cast<float>(rng.Uniform(-3, 3));
    }
    for (const auto& [dim, bit] : {std::pair<size_t, uint64_t>{3, 1}, {7, 2}}) {
      world.embeddings.Row(i)[dim] =
          static_cast<float>(((kind & bit) != 0 ? 1.0 : -1.0) + rng.Uniform(-noise, noise));
    }
    world.embeddings.Row(i)[11] = 0.5f;  // the same everywhere
    world.kinds.push_back("kind" + std::to_string(kind));
    const uint64_t split = rng.Below(10);
    world.splits.push_back(split < 7   ? Split::kTrain
                           : split < 8 ? Split::kValidation
                                       : Split::kTest);
  }
  return world;
}

LabelTable Labels(std::vector<Value> values) {
  return LabelTable({{.name = "kind", .column = "kind"}}, {std::move(values)});
}

MaskFit Fit(const World& world, uint64_t seed = 1) {
  return FitMask(Labels(world.kinds), world.embeddings.View(), world.splits,
                 {.seed = seed, .triplets = 4000});
}

TEST(FitMask, FindsTheDimensionsThatTellKindsApart) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const MaskFit fit = Fit(MakeWorld(0.3));
  ASSERT_EQ(fit.weights.size(), kDim);
  for (size_t k = 0; k < kDim; ++k) {
    EXPECT_GE(fit.weights[k], 0) << k;
    if (k == 3 || k == 7) {
      EXPECT_GT(fit.weights[k], 0.5) << k;
    } else {
      EXPECT_LT(fit.weights[k], 0.1) << k;
    }
  }
  EXPECT_EQ(*std::ranges::max_element(fit.weights), 1);
  EXPECT_EQ(fit.error, 0);
  EXPECT_GT(fit.whole_error, 0.2);
  EXPECT_LT(fit.whole_error, 0.5);
}

TEST(FitMask, IsNearTheBestThereIsWhereKindsOverlap) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const World world = MakeWorld(2);
  const MaskFit fit = Fit(world);
  // The true dimensions alone, on triplets of the test's own.
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < kItems; ++i) {
    if (world.splits[i] == Split::kTest) items.push_back(i);
  }
  Rng rng(kSeed + 1);
  size_t errors = 0, all = 0;
  while (all < 20'000) {
    const uint32_t a = items[rng.Below(items.size())], p = items[rng.Below(items.size())],
                   n = items[rng.Below(items.size())];
    if (a == p || world.kinds[a] != world.kinds[p] || world.kinds[a] == world.kinds[n]) continue;
    double near = 0, far = 0;
    for (const size_t k : {size_t{3}, size_t{7}}) {
      near += std::pow(double{world.embeddings.Row(a)[k]} - world.embeddings.Row(p)[k], 2);
      far += std::pow(double{world.embeddings.Row(a)[k]} - world.embeddings.Row(n)[k], 2);
    }
    errors += far <= near ? 1 : 0;
    ++all;
  }
  const double best = static_cast<double>(errors) / static_cast<double>(all);
  EXPECT_GT(best, 0.1);
  EXPECT_LT(fit.error, best + 0.03);
  EXPECT_LT(fit.error, fit.whole_error - 0.05);
}

TEST(FitMask, IsTheSameForTheSameSeed) {
  const World world = MakeWorld(1);
  const MaskFit a = Fit(world, 5), b = Fit(world, 5), c = Fit(world, 6);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.error, b.error);
  EXPECT_NE(a.weights, c.weights);
}

TEST(FitMask, ScaleOfADimensionIsNoMerit) {
  World world = MakeWorld(0.8);
  const MaskFit before = Fit(world);
  for (size_t i = 0; i < kItems; ++i) world.embeddings.Row(i)[3] *= 1000;
  const MaskFit after = Fit(world);
  EXPECT_NEAR(after.error, before.error, 0.01);
}

TEST(FitMask, ItemsWithoutALabelTakeNoPart) {
  World world = MakeWorld(0.3);
  for (size_t i = 0; i < kItems; i += 3) {
    world.kinds[i] = Value();
    for (float& value : world.embeddings.Row(i)) value *= -1;
  }
  EXPECT_EQ(Fit(world).error, 0);
}

TEST(FitMask, SaysWhyThereIsNone) {
  World world = MakeWorld(0.3);
  std::vector<Value> alike(kItems, Value("the same"));
  EXPECT_THAT([&] { FitMask(Labels(alike), world.embeddings.View(), world.splits, {}); },
              ThrowsError(ErrorCode::kInvalidArgument, "notion kind: the"));
  std::vector<Split> no_test(kItems, Split::kTrain);
  no_test[0] = no_test[1] = no_test[2] = Split::kValidation;
  EXPECT_THAT([&] { FitMask(Labels(world.kinds), world.embeddings.View(), no_test, {}); },
              ThrowsError(ErrorCode::kInvalidArgument, "hold no triplet"));
  // Embeddings that know nothing at all.
  const Matrix flat(kItems, kDim);
  EXPECT_THAT([&] { FitMask(Labels(world.kinds), flat.View(), world.splits, {}); },
              ThrowsError(ErrorCode::kTargetNotMet, "no dimension"));
  const StopFlag stopped{.signal = 2};
  EXPECT_THAT(
      [&] { FitMask(Labels(world.kinds), world.embeddings.View(), world.splits, {}, &stopped); },
      ThrowsError(ErrorCode::kInterrupted, "signal 2"));
}

}  // namespace
}  // namespace csn
