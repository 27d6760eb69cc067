#include "base/distance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(NotionDistance, IsTheSumByDefinition) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto [embeddings, masks] = test::MakeEmbeddingWorld(30, 17, 4, seed);
    for (NotionId notion = 0; notion < 4; ++notion) {
      for (size_t i = 0; i < 30; ++i) {
        // Every dimension, dead ones too: their terms are zero.
        long double expected = 0;
        for (size_t k = 0; k < 17; ++k) {
          const long double part =
              static_cast<long double>(masks.weights(notion)[k]) *
              (static_cast<long double>(embeddings.View().Row(3)[k]) - embeddings.View().Row(i)[k]);
          expected += part * part;
        }
        const double got =
            NotionDistance(masks, notion, embeddings.View().Row(3), embeddings.View().Row(i));
        EXPECT_NEAR(got, static_cast<double>(expected), 1e-14 * static_cast<double>(expected));
        EXPECT_EQ(
            got, NotionDistance(masks, notion, embeddings.View().Row(i), embeddings.View().Row(3)));
      }
    }
  }
}

TEST(NotionDistance, NoLiveDimensionIsZero) {
  const MaskTable masks(Matrix(1, 2));
  const std::vector<float> q = {1, 2}, x = {5, 7};
  EXPECT_EQ(NotionDistance(masks, 0, q, x), 0);
}

TEST(NotionScales, AreTheMeanDistanceOfTwoRandomRows) {
  const size_t n = 40;
  const auto [embeddings, masks] = test::MakeEmbeddingWorld(n, 9, 3, 11);
  const std::vector<double> scales = NotionScales(masks, embeddings.View());
  ASSERT_EQ(scales.size(), 3u);
  for (NotionId notion = 0; notion < 3; ++notion) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) {
        sum += NotionDistance(masks, notion, embeddings.View().Row(i), embeddings.View().Row(j));
      }
    }
    const double mean = sum / (n * n);
    EXPECT_NEAR(scales[notion], mean, 1e-12 * mean);
  }
}

TEST(NotionScales, AreOneWhereTheyWouldBeZero) {
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(1, 4, 2, 3);
  EXPECT_EQ(NotionScales(world.masks, world.embeddings.View()), (std::vector<double>{1, 1}));
  EXPECT_EQ(NotionScales(world.masks, Matrix(0, 4).View()), (std::vector<double>{1, 1}));
  EXPECT_THAT([&] { NotionScales(world.masks, Matrix(3, 5).View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "of 4 dimensions, got 5"));
}

TEST(Score, SumsWeightedShares) {
  const std::vector<double> distances = {2, std::nan(""), 3}, scales = {4, std::nan(""), 0.5};
  EXPECT_EQ(Score({1, 0, -0.5}, distances, scales), 2.0 / 4 - 0.5 * 3 / 0.5);
}

TEST(ShownDistance, IsOneForTheMeanSquare) {
  EXPECT_EQ(ShownDistance(7.5, 7.5), 1.0);
  EXPECT_EQ(ShownDistance(4, 1), 2.0);
}

}  // namespace
}  // namespace csn
