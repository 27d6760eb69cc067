#include "query/evaluation/triplet_error.h"

#include <cmath>

#include "base/random.h"
#include "query/evaluation/spaces.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::MakeMatrix;
using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

TEST(MeasuredSpaces, AreTheChosenMasksAndTheWholeEmbedding) {
  const MaskTable masks(MakeMatrix(3, {1, 0, 2, 0, 0, 0, 0, 3, 0}));
  const MaskTable spaces = MeasuredSpaces(masks, std::vector<NotionId>{2, 0});
  ASSERT_EQ(spaces.notion_count(), 3u);
  EXPECT_THAT(spaces.weights(0), testing::ElementsAre(0, 3, 0));
  EXPECT_THAT(spaces.weights(1), testing::ElementsAre(1, 0, 2));
  EXPECT_THAT(spaces.weights(2), testing::ElementsAre(1, 1, 1));
}

TEST(TripletMistakes, AreThoseOfEachSpaceAndTiesCount) {
  const MaskTable masks(MakeMatrix(2, {1, 0}));
  const MaskTable spaces = MeasuredSpaces(masks, std::vector<NotionId>{0});
  const Matrix embeddings = MakeMatrix(2, {0, 0, 1, 9, 2, 0, -1, 0});
  const std::vector<Triplet> triplets = {
      {.anchor = 0, .positive = 1, .negative = 2},   // 1 against 2; 82 against 4
      {.anchor = 0, .positive = 2, .negative = 1},   // the other way round
      {.anchor = 0, .positive = 1, .negative = 3},   // 1 against 1: a tie; 82 against 1
      {.anchor = 0, .positive = 3, .negative = 2}};  // 1 against 2 in both
  const auto in = [&](NotionId space) {
    return TripletMistakes(spaces, space, embeddings.View(), triplets);
  };
  EXPECT_THAT(in(0), testing::ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(in(1), testing::ElementsAre(1, 0, 1, 0));
  EXPECT_THAT([&] { in(2); }, ThrowsError(kWrong, "space below 2"));
  const std::vector<Triplet> beyond = {{.anchor = 0, .positive = 4, .negative = 1}};
  EXPECT_THAT([&] { TripletMistakes(spaces, 0, embeddings.View(), beyond); },
              ThrowsError(kWrong, "rows beyond 4"));
}

TEST(TripletMistakes, AgreeWithBruteForceInDouble) {
  constexpr uint64_t kSeed = 21;
  SCOPED_TRACE(kSeed);
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(60, 7, 3, kSeed);
  Rng rng(kSeed);
  std::vector<Triplet> triplets;
  for (int i = 0; i < 500; ++i) {
    triplets.push_back({.anchor = static_cast<uint32_t>(rng.Below(60)),
                        .positive = static_cast<uint32_t>(rng.Below(60)),
                        .negative = static_cast<uint32_t>(rng.Below(60))});
  }
  for (NotionId notion = 0; notion < 3; ++notion) {
    const std::vector<double> mistakes =
        TripletMistakes(world.masks, notion, world.embeddings.View(), triplets);
    for (size_t t = 0; t < triplets.size(); ++t) {
      const auto distance = [&](uint32_t other) {
        double sum = 0;
        for (size_t k = 0; k < 7; ++k) {
          const double m = world.masks.weights(notion)[k];
          const double a = world.embeddings.Row(triplets[t].anchor)[k];
          const double b = world.embeddings.Row(other)[k];
          sum += (m * m) * ((a - b) * (a - b));
        }
        return sum;
      };
      ASSERT_EQ(mistakes[t],
                distance(triplets[t].negative) <= distance(triplets[t].positive) ? 1 : 0)
          << t;
    }
  }
}

// Items that are harder than others, in every role: mistakes that share an item go together.
class HardItems {
 public:
  static constexpr double kError = 0.3;  // of the world that items come from
  HardItems(size_t items, Rng& rng) : rng_(rng) {
    for (size_t i = 0; i < items; ++i) hardness_.push_back(rng.Uniform() < 0.5 ? -0.1 : 0.1);
  }

  void Draw(size_t count, std::vector<Triplet>& triplets, std::vector<double>& mistakes) {
    for (size_t t = 0; t < count; ++t) {
      const auto item = [&] { return static_cast<uint32_t>(rng_.Below(hardness_.size())); };
      triplets.push_back({.anchor = item(), .positive = item(), .negative = item()});
      const Triplet& last = triplets.back();
      const double chance =
          kError + hardness_[last.anchor] + hardness_[last.positive] + hardness_[last.negative];
      mistakes.push_back(rng_.Uniform() < chance ? 1 : 0);
    }
  }

 private:
  Rng& rng_;
  std::vector<double> hardness_;
};

TEST(MeanOverTriplets, CoversTheErrorOnOtherItemsWhereResamplingTripletsDoesNot) {
  constexpr uint64_t kSeed = 8;
  constexpr int kWorlds = 400;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int by_items = 0, by_triplets = 0;
  for (int world = 0; world < kWorlds; ++world) {
    HardItems items(120, rng);
    std::vector<Triplet> triplets;
    TripletValues list;
    items.Draw(1200, triplets, list.values);
    list.triplets = triplets;
    const auto covers = [](const Interval& interval) {
      return interval.low <= HardItems::kError && HardItems::kError <= interval.high ? 1 : 0;
    };
    by_items += covers(MeanOverTriplets({&list, 1}, 120, rng.Next()));
    by_triplets += covers(BootstrapMean(list.values, rng.Next()));
  }
  // 95 % is 380; five standard errors of 400 tosses are 22.
  EXPECT_GT(by_items, 358);
  EXPECT_LT(by_items, 400);
  EXPECT_LT(by_triplets, 300);
}

TEST(MeanOverTriplets, IsTheBinomialIntervalWhereNoItemIsShared) {
  Rng rng(4);
  TripletValues list;
  std::vector<Triplet> triplets;
  for (uint32_t t = 0; t < 2000; ++t) {
    triplets.push_back({.anchor = 3 * t, .positive = 3 * t + 1, .negative = 3 * t + 2});
    list.values.push_back(rng.Uniform() < 0.25 ? 1 : 0);
  }
  list.triplets = triplets;
  const Interval interval = MeanOverTriplets({&list, 1}, 6000, 1);
  const double error = std::sqrt(interval.value * (1 - interval.value) / 2000);
  EXPECT_NEAR((interval.high - interval.low) / (2 * 1.96 * error), 1, 0.1);
}

TEST(MeanOverTriplets, PoolsByCountAndLooksWithinLists) {
  std::vector<Triplet> few = {{.anchor = 0, .positive = 1, .negative = 2}};
  std::vector<Triplet> many = {{.anchor = 0, .positive = 2, .negative = 1},
                               {.anchor = 1, .positive = 2, .negative = 3},
                               {.anchor = 3, .positive = 2, .negative = 1}};
  const std::vector<TripletValues> lists = {{few, {1}}, {many, {0, 0, 0}}, {{}, {}}};
  const Interval interval = MeanOverTriplets(lists, 4, 1, {.low = 0, .high = 10});
  EXPECT_DOUBLE_EQ(interval.value, 0.25);
  // Within each list all are alike: the rule of three, of anchors 0, 1 and 3.
  EXPECT_DOUBLE_EQ(interval.high, 1.25);
  EXPECT_EQ(MeanOverTriplets({}, 4, 1).high, 0);
  const std::vector<TripletValues> uneven = {{few, {1, 0}}};
  EXPECT_THAT([&] { MeanOverTriplets(uneven, 4, 1); }, ThrowsError(kWrong, "2 values for 1"));
}

}  // namespace
}  // namespace csn
