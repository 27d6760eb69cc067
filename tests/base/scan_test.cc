#include "base/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::EmbeddingWorld;
using test::ThrowsError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The score in double, coded apart from base/distance.cc: dense over all dimensions, in the defined
// order.
double OracleScore(const EmbeddingWorld& world, const NotionWeights& weights,
                   const std::vector<double>& scales, std::span<const float> q,
                   std::span<const float> x) {
  double score = 0;
  for (size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] == 0) continue;
    double distance = 0;
    for (size_t k = 0; k < q.size(); ++k) {
      const double m = world.masks.matrix().Row(c)[k];
      const double difference = double{q[k]} - double{x[k]};
      distance += (m * m) * (difference * difference);
    }
    score += weights[c] * distance / scales[c];
  }
  return score;
}

// Every row scored and sorted, the first k kept.
std::vector<std::pair<double, uint32_t>> OracleSearch(const EmbeddingWorld& world,
                                                      const NotionWeights& weights,
                                                      const std::vector<double>& scales,
                                                      std::span<const float> q, size_t k,
                                                      std::optional<uint32_t> excluded) {
  std::vector<std::pair<double, uint32_t>> all;
  for (uint32_t row = 0; row < world.embeddings.rows(); ++row) {
    if (row == excluded) continue;
    all.emplace_back(OracleScore(world, weights, scales, q, world.embeddings.Row(row)), row);
  }
  std::sort(all.begin(), all.end());
  all.resize(std::min(k, all.size()));
  return all;
}

std::vector<std::pair<double, uint32_t>> AsPairs(const std::vector<Neighbor>& neighbors) {
  std::vector<std::pair<double, uint32_t>> pairs;
  for (const Neighbor& neighbor : neighbors) pairs.emplace_back(neighbor.value, neighbor.row);
  return pairs;
}

TEST(ExactScan, EqualsSortingEverythingInRandomWorlds) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const size_t n = 1 + rng.Below(120), d = 1 + rng.Below(20), notions = 1 + rng.Below(4);
    const EmbeddingWorld world = test::MakeEmbeddingWorld(n, d, notions, seed);
    const std::vector<double> scales = NotionScales(world.masks, world.embeddings.View());
    NotionWeights weights(notions);
    for (double& weight : weights) weight = rng.Below(3) == 0 ? 0 : rng.Uniform(-1, 1);
    weights[0] = 1;
    const Ranking ranking{.masks = &world.masks, .scales = scales, .weights = weights};
    const uint32_t query_row = static_cast<uint32_t>(rng.Below(n));
    const std::span<const float> query = world.embeddings.Row(query_row);
    const size_t k = 1 + rng.Below(n + 5);  // sometimes more than there are
    std::optional<uint32_t> excluded;
    if (rng.Below(2) == 0) excluded = query_row;

    const std::vector<Neighbor> found =
        ExactScan(ranking, query, world.embeddings.View(), k, excluded);
    EXPECT_EQ(AsPairs(found), OracleSearch(world, weights, scales, query, k, excluded));

    // Every row proposed in another order, one of them twice, gives the same.
    std::vector<uint32_t> candidates(n);
    std::iota(candidates.begin(), candidates.end(), 0u);
    rng.Shuffle(candidates);
    candidates.push_back(candidates[0]);
    EXPECT_EQ(Rescore(ranking, query, world.embeddings.View(), candidates, k),
              ExactScan(ranking, query, world.embeddings.View(), k));
  }
}

class ScanOfTies : public testing::Test {
 protected:
  // Four equal rows under one live and one dead notion.
  ScanOfTies() : rows_(4, 2), scales_{1, 1}, masks_(Weights()) {}

  static Matrix Weights() {
    Matrix weights(2, 2);
    weights.Row(0)[0] = 1;
    return weights;
  }

  std::vector<Neighbor> Scan(NotionWeights weights, size_t k,
                             std::optional<uint32_t> excluded = {}) {
    const Ranking ranking{.masks = &masks_, .scales = scales_, .weights = std::move(weights)};
    return ExactScan(ranking, query_, rows_.View(), k, excluded);
  }

  Matrix rows_;
  std::vector<double> scales_;
  MaskTable masks_;
  std::vector<float> query_ = {1, 2};
};

TEST_F(ScanOfTies, GoToTheSmallerRow) {
  EXPECT_THAT(Scan({1, 0}, 2), ElementsAre(Neighbor{0, 1}, Neighbor{1, 1}));
  EXPECT_THAT(Scan({1, 0}, 2, 0), ElementsAre(Neighbor{1, 1}, Neighbor{2, 1}));
  EXPECT_THAT(Scan({-1, 0}, 2), ElementsAre(Neighbor{0, -1}, Neighbor{1, -1}));
}

TEST_F(ScanOfTies, NoLiveDimensionTiesEveryRow) {
  rows_.Row(0)[0] = 100;
  EXPECT_THAT(Scan({0, 1}, 3), ElementsAre(Neighbor{0, 0}, Neighbor{1, 0}, Neighbor{2, 0}));
}

TEST_F(ScanOfTies, FewRows) {
  EXPECT_EQ(Scan({1, 0}, 100).size(), 4u);
  EXPECT_EQ(Scan({1, 0}, 100, 3).size(), 3u);
  rows_ = Matrix(1, 2);
  EXPECT_THAT(Scan({1, 0}, 1), ElementsAre(Neighbor{0, 1}));
  EXPECT_THAT(Scan({1, 0}, 1, 0), IsEmpty());
  rows_ = Matrix(0, 2);
  EXPECT_THAT(Scan({1, 0}, 1), IsEmpty());
}

TEST_F(ScanOfTies, RefuseWrongShapes) {
  const auto code = ErrorCode::kInvalidArgument;
  EXPECT_THAT([&] { Scan({1, 0}, 0); }, ThrowsError(code, "k of at least 1, got 0"));
  EXPECT_THAT([&] { Scan({1}, 1); }, ThrowsError(code, "expected 2 weights and scales"));
  EXPECT_THAT([&] { Scan({0, 0}, 1); }, ThrowsError(code, "every notion has weight 0"));
  query_ = {1, 2, 3};
  EXPECT_THAT([&] { Scan({1, 0}, 1); }, ThrowsError(code, "a query of 2 dimensions, got 3"));
  query_ = {1, 2};
  rows_ = Matrix(2, 3);
  EXPECT_THAT([&] { Scan({1, 0}, 1); }, ThrowsError(code, "rows of 2 dimensions, got 3"));
}

TEST_F(ScanOfTies, RescoreRefusesRowsThatAreNotThere) {
  const Ranking ranking{.masks = &masks_, .scales = scales_, .weights = {1, 0}};
  const std::vector<uint32_t> candidates = {4};
  EXPECT_THAT([&] { Rescore(ranking, query_, rows_.View(), candidates, 1); },
              ThrowsError(ErrorCode::kInvalidArgument, "a row below 4, got 4"));
}

}  // namespace
}  // namespace csn
