#include "base/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/distance.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MaskTable MakeMasks(size_t notions, size_t dim, const std::vector<float>& values) {
  Matrix weights(notions, dim);
  std::copy(values.begin(), values.end(), weights.data());
  return MaskTable(std::move(weights));
}

TEST(MaskTable, LiveMeansAboveZeroExactly) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const MaskTable masks = MakeMasks(2, 4, {0, 1, tiny, -0.0f, 0, 0, 0, 0});
  EXPECT_EQ(masks.notion_count(), 2u);
  EXPECT_EQ(masks.dim(), 4u);
  EXPECT_THAT(masks.live_dims(0), ElementsAre(1, 2));
  EXPECT_THAT(masks.live_dims(1), IsEmpty());
}

TEST(MaskTable, RefusesNegativeAndInfiniteWeights) {
  for (const float bad :
       {-0.5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THAT(
        [&] {
          MakeMasks(2, 2, {1, 1, 1, bad});
        },
        ThrowsError(ErrorCode::kInvalidArgument, "notion 1, dimension 1"));
  }
}

TEST(Project, KeepsLiveDimensionsTimesTheirWeights) {
  const MaskTable masks = MakeMasks(2, 3, {0.5f, 0, 2, 0, 0, 0});
  Matrix embeddings(2, 3);
  const std::vector<float> values = {1, 10, 3, -4, 20, 5};
  std::copy(values.begin(), values.end(), embeddings.data());
  const Matrix projected = Project(masks, 0, embeddings.View());
  ASSERT_EQ(projected.rows(), 2u);
  EXPECT_THAT(projected.Row(0), ElementsAre(0.5f, 6));
  EXPECT_THAT(projected.Row(1), ElementsAre(-2, 10));
  EXPECT_EQ(Project(masks, 1, embeddings.View()).cols(), 0u);
  EXPECT_EQ(Project(masks, 0, Matrix(0, 3).View()).rows(), 0u);
}

TEST(Project, RefusesWrongShapes) {
  const MaskTable masks = MakeMasks(1, 3, {1, 1, 1});
  EXPECT_THAT(
      [&] { Project(masks, 0, Matrix(2, 4).View()); },
      ThrowsError(ErrorCode::kInvalidArgument, "expected embeddings of 3 dimensions, got 4"));
  EXPECT_THAT([&] { Project(masks, 1, Matrix(2, 3).View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "notion below 1, got 1"));
}

// Plain distances between projected vectors are the masked distances between whole ones.
TEST(Project, SubspaceDistancesAreMaskedDistances) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto [embeddings, masks] = test::MakeEmbeddingWorld(20, 12, 3, seed);
    for (NotionId notion = 0; notion < 3; ++notion) {
      const Matrix projected = Project(masks, notion, embeddings.View());
      for (size_t i = 0; i < 20; ++i) {
        double plain = 0;
        for (size_t k = 0; k < projected.cols(); ++k) {
          const double difference = projected.Row(0)[k] - projected.Row(i)[k];
          plain += difference * difference;
        }
        const double masked =
            NotionDistance(masks, notion, embeddings.View().Row(0), embeddings.View().Row(i));
        EXPECT_NEAR(plain, masked, 1e-5 * (1 + masked));
      }
    }
  }
}

}  // namespace
}  // namespace csn
