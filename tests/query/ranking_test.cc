#include "query/evaluation/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/random.h"
#include "query/evaluation/spaces.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::MakeMatrix;
using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

MaskTable SpacesOf(const MaskTable& masks) {
  std::vector<NotionId> all(masks.notion_count());
  std::iota(all.begin(), all.end(), 0);
  return MeasuredSpaces(masks, all);
}

// Of rows [n] with a set of values each; empty: no label.
Relevance BySets(const std::vector<std::set<int>>& sets) {
  Relevance relevance;
  for (const auto& set : sets) relevance.known.push_back(set.empty() ? 0 : 1);
  relevance.mark = [sets](uint32_t query, std::span<uint8_t> relevant) {
    for (size_t x = 0; x < sets.size(); ++x) {
      relevant[x] =
          std::ranges::any_of(sets[query], [&](int value) { return sets[x].contains(value); });
    }
  };
  return relevance;
}

Relevance ByNumbers(const std::vector<double>& numbers, double near) {
  Relevance relevance;
  for (const double number : numbers) relevance.known.push_back(std::isnan(number) ? 0 : 1);
  relevance.numbers = numbers;
  relevance.mark = [numbers, near](uint32_t query, std::span<uint8_t> relevant) {
    for (size_t x = 0; x < numbers.size(); ++x) {
      relevant[x] = std::abs(numbers[x] - numbers[query]) <= near ? 1 : 0;
    }
  };
  return relevance;
}

// Dimension 0 tells the labels apart, dimension 1 contradicts it.
//                              row:  0      1       2       3       4 (no label)
const Matrix& HandEmbeddings() {
  static const Matrix matrix = MakeMatrix(2, {0, 0, 0.1F, 9, 0.3F, 1, 5, 0.5F, 0.05F, 0});
  return matrix;
}

TEST(MeasureRankings, AgreesWithValuesWorkedOutByHand) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(2, {1, 0})));
  const std::vector<Relevance> relevance = {BySets({{7}, {7}, {7}, {8}, {}})};
  const NotionRanking ranking = MeasureRankings(spaces, HandEmbeddings().View(), relevance,
                                                {.ks = {1, 2, 50}, .detail_k = 2, .threads = 2})[0];
  EXPECT_EQ(ranking.queries, 4u);
  EXPECT_EQ(ranking.judged, 3u);  // nothing is like row 3
  EXPECT_THAT(ranking.query_rows, testing::ElementsAre(0, 1, 2, 3));
  // Masked: rows 0 to 2 have both others of their label first.
  EXPECT_DOUBLE_EQ(ranking.masked.mean_average_precision, 1);
  EXPECT_THAT(ranking.masked.precision, testing::ElementsAre(0.75, 0.75, 0.5));
  EXPECT_THAT(ranking.masked.recall, testing::ElementsAre(0.5, 1, 1));
  EXPECT_THAT(ranking.precision, testing::ElementsAre(1, 1, 1, 0));
  EXPECT_EQ(ranking.average_precision[0], 1);
  EXPECT_TRUE(std::isnan(ranking.average_precision[3]));
  // Over both dimensions: 0 -> 2 3 1, 1 -> 2 0 3, 2 -> 0 3 1, 3 -> 2 0 1.
  const double late = (1 + 2.0 / 3) / 2;
  EXPECT_DOUBLE_EQ(ranking.whole.mean_average_precision, (late + 1 + late) / 3);
  EXPECT_THAT(ranking.whole.precision, testing::ElementsAre(0.75, (0.5 + 1 + 0.5) / 4, 0.5));
  EXPECT_THAT(ranking.whole.recall,
              testing::ElementsAre(0.5, testing::DoubleEq((0.5 + 1 + 0.5) / 3), 1));
  // Two of three are relevant: orders RRN, RNR, NRR.
  EXPECT_NEAR(ranking.chance.mean_average_precision, (1 + late + (1.0 / 2 + 2.0 / 3) / 2) / 3,
              1e-12);
  EXPECT_THAT(ranking.chance.precision, testing::Each(testing::DoubleEq(0.5)));
  EXPECT_NEAR(ranking.chance.recall[0], 1.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(ranking.chance.recall[2], 1);
  EXPECT_TRUE(ranking.masked.ndcg.empty());
}

TEST(MeasureRankings, NumbersWorkedOutByHand) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(1, {2})));
  const Matrix embeddings = MakeMatrix(1, {0, 1, 3});
  const std::vector<Relevance> relevance = {ByNumbers({0, 10, 4}, 6)};
  const NotionRanking ranking =
      MeasureRankings(spaces, embeddings.View(), relevance, {.ks = {1, 2}, .detail_k = 1})[0];
  // Orders: 0 -> 1 2 (differences 10, 4), 1 -> 0 2 (10, 6), 2 -> 1 0 (6, 4). The range is 10.
  const double second = 1 / std::log2(3);
  EXPECT_NEAR(ranking.masked.mean_absolute_difference[0], (10 + 10 + 6) / 3.0, 1e-12);
  EXPECT_NEAR(ranking.masked.mean_absolute_difference[1], (7 + 8 + 5) / 3.0, 1e-12);
  EXPECT_NEAR(ranking.masked.ndcg[0], (0 / 0.6 + 0 / 0.4 + 0.4 / 0.6) / 3, 1e-12);
  EXPECT_NEAR(ranking.masked.ndcg[1],
              ((0 + 0.6 * second) / 0.6 + (0 + 0.4 * second) / 0.4 +
               (0.4 + 0.6 * second) / (0.6 + 0.4 * second)) /
                  3,
              1e-12);
  EXPECT_NEAR(ranking.chance.mean_absolute_difference[0], (7 + 8 + 5) / 3.0, 1e-12);
  EXPECT_NEAR(ranking.chance.ndcg[0], (0.3 / 0.6 + 0.2 / 0.4 + 0.5 / 0.6) / 3, 1e-12);
  // Within 6: 2 to 0, 2 to 1, and both to 2.
  EXPECT_NEAR(ranking.masked.mean_average_precision, (0.5 + 0.5 + 1) / 3, 1e-12);
}

// One way of ranking, measured query by query from the definitions.
struct Naive {
  std::vector<double> ap, p, r, ndcg, mad;  // at one k
};

struct World {
  test::EmbeddingWorld embedded;
  std::vector<std::vector<std::set<int>>> sets;  // [2][n]
  std::vector<double> numbers;                   // [n]

  World(size_t n, uint64_t seed) : embedded(test::MakeEmbeddingWorld(n, 6, 3, seed)), sets(2) {
    Rng rng(seed);
    for (size_t i = 0; i < n; ++i) {
      for (auto& one : sets) one.emplace_back();
      if (rng.Below(8) != 0) sets[0][i] = {static_cast<int>(rng.Below(5))};
      for (uint64_t count = rng.Below(4); count > 0; --count) {
        sets[1][i].insert(static_cast<int>(rng.Below(9)));
      }
      numbers.push_back(rng.Below(10) == 0 ? NAN : 0.5 * static_cast<double>(rng.Below(14)));
    }
  }

  std::vector<Relevance> All() const {
    return {BySets(sets[0]), BySets(sets[1]), ByNumbers(numbers, 1)};
  }
};

double NaiveDistance(const MaskTable& spaces, NotionId space, const Matrix& x, size_t a, size_t b) {
  double sum = 0;
  for (size_t k = 0; k < spaces.dim(); ++k) {
    const double m = spaces.weights(space)[k];
    const double difference = static_cast<double>(x.Row(a)[k]) - static_cast<double>(x.Row(b)[k]);
    sum += (m * m) * (difference * difference);
  }
  return sum;
}

void AddOrder(const std::vector<uint32_t>& order, const std::vector<uint8_t>& marks,
              const Relevance& notion, uint32_t query, size_t k, double range, Naive& naive) {
  const auto relevant = static_cast<double>(
      std::ranges::count_if(order, [&](uint32_t row) { return marks[row] != 0; }));
  const size_t counted = std::min(k, order.size());
  double ap = 0, hits = 0, at_k = 0, dcg = 0, difference = 0;
  std::vector<double> gains;
  for (size_t i = 0; i < order.size(); ++i) {
    hits += marks[order[i]];
    if (marks[order[i]] != 0) ap += hits / static_cast<double>(i + 1);
    if (i < counted) at_k = hits;
    if (notion.numbers.empty()) continue;
    const double apart = std::abs(notion.numbers[order[i]] - notion.numbers[query]);
    gains.push_back(1 - apart / range);
    if (i < counted) difference += apart;
    if (i < counted) dcg += gains[i] / std::log2(static_cast<double>(i) + 2);
  }
  if (relevant > 0) naive.ap.push_back(ap / relevant);
  if (relevant > 0) naive.r.push_back(at_k / relevant);
  naive.p.push_back(at_k / static_cast<double>(counted));
  if (notion.numbers.empty()) return;
  std::sort(gains.rbegin(), gains.rend());
  double best = 0;
  for (size_t i = 0; i < counted; ++i) best += gains[i] / std::log2(static_cast<double>(i) + 2);
  naive.ndcg.push_back(dcg / best);
  naive.mad.push_back(difference / static_cast<double>(counted));
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// `orders` of the candidates a query, averaged: one by distance, or many drawn ones.
Naive NaiveRanking(const Relevance& notion, size_t k,
                   const std::function<void(uint32_t, std::vector<uint32_t>&)>& arrange) {
  Naive naive;
  double low = INFINITY, high = -INFINITY;
  for (const double number : notion.numbers) {
    if (!std::isnan(number)) low = std::min(low, number), high = std::max(high, number);
  }
  for (uint32_t query = 0; query < notion.known.size(); ++query) {
    if (notion.known[query] == 0) continue;
    std::vector<uint32_t> order;
    for (uint32_t row = 0; row < notion.known.size(); ++row) {
      if (row != query && notion.known[row] != 0) order.push_back(row);
    }
    arrange(query, order);
    std::vector<uint8_t> marks(notion.known.size());
    notion.mark(query, marks);
    AddOrder(order, marks, notion, query, k, high - low, naive);
  }
  return naive;
}

void ExpectScores(const RankingScores& scores, size_t at, const Naive& naive, double tolerance) {
  EXPECT_NEAR(scores.mean_average_precision, Mean(naive.ap), tolerance);
  EXPECT_NEAR(scores.precision[at], Mean(naive.p), tolerance);
  EXPECT_NEAR(scores.recall[at], Mean(naive.r), tolerance);
  ASSERT_EQ(scores.ndcg.empty(), naive.ndcg.empty());
  if (naive.ndcg.empty()) return;
  EXPECT_NEAR(scores.ndcg[at], Mean(naive.ndcg), tolerance);
  EXPECT_NEAR(scores.mean_absolute_difference[at], Mean(naive.mad), 10 * tolerance);
}

TEST(MeasureRankings, AgreesWithTheDefinitionsInDouble) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    const World world(90, seed);  // duplicates among the embeddings, missing labels, lists
    const MaskTable spaces = SpacesOf(world.embedded.masks);
    const std::vector<Relevance> relevance = world.All();
    const std::vector<size_t> ks = {1, 10, 100};
    const auto rankings =
        MeasureRankings(spaces, world.embedded.embeddings.View(), relevance, {.ks = ks});
    for (NotionId c = 0; c < 3; ++c) {
      for (size_t at = 0; at < ks.size(); ++at) {
        SCOPED_TRACE(fmt::format("notion {} k {}", c, ks[at]));
        const auto by_space = [&](NotionId space) {
          return NaiveRanking(relevance[c], ks[at], [&](uint32_t query, auto& order) {
            std::ranges::stable_sort(order, {}, [&](uint32_t row) {
              return NaiveDistance(spaces, space, world.embedded.embeddings, query, row);
            });
          });
        };
        const Naive masked = by_space(c);
        EXPECT_EQ(rankings[c].queries, masked.p.size());
        EXPECT_EQ(rankings[c].judged, masked.ap.size());
        ExpectScores(rankings[c].masked, at, masked, 1e-12);
        ExpectScores(rankings[c].whole, at, by_space(3), 1e-12);
        if (ks[at] == 10) {
          EXPECT_EQ(rankings[c].precision, masked.p);
        }
      }
    }
  }
}

TEST(MeasureRankings, ChanceIsTheMeanOfManyRandomOrders) {
  constexpr uint64_t kSeed = 7;
  constexpr int kOrders = 400;
  SCOPED_TRACE(kSeed);
  const World world(40, kSeed);
  const std::vector<Relevance> relevance = world.All();
  const auto rankings =
      MeasureRankings(SpacesOf(world.embedded.masks), world.embedded.embeddings.View(), relevance,
                      {.ks = {5, 100}, .detail_k = 5});
  Rng rng(kSeed);
  for (NotionId c = 0; c < 3; ++c) {
    for (size_t at = 0; at < 2; ++at) {
      Naive all;
      for (int i = 0; i < kOrders; ++i) {
        const Naive one = NaiveRanking(relevance[c], at == 0 ? 5 : 100,
                                       [&](uint32_t, auto& order) { rng.Shuffle(order); });
        for (const auto& [to, from] : {std::pair{&all.ap, &one.ap},
                                       {&all.p, &one.p},
                                       {&all.r, &one.r},
                                       {&all.ndcg, &one.ndcg},
                                       {&all.mad, &one.mad}}) {
          if (!from->empty()) to->push_back(Mean(*from));
        }
      }
      ExpectScores(rankings[c].chance, at, all, 0.005);
    }
  }
}

TEST(MeasureRankings, TiesGoToTheSmallerRow) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(1, {0})));  // everything ties
  const Matrix embeddings = MakeMatrix(1, {3, 2, 1});
  Relevance first{.known = {1, 1, 1}, .mark = {}, .numbers = {}};
  first.mark = [](uint32_t, std::span<uint8_t> relevant) {
    std::ranges::fill(relevant, 0);
    relevant[0] = 1;
  };
  const auto ranking =
      MeasureRankings(spaces, embeddings.View(), {&first, 1}, {.ks = {1}, .detail_k = 1})[0];
  EXPECT_DOUBLE_EQ(ranking.masked.precision[0], 2.0 / 3);  // queries 1 and 2 see row 0 first
  EXPECT_DOUBLE_EQ(ranking.whole.precision[0], 1.0 / 3);   // row 2's nearest is row 1
}

TEST(MeasureRankings, HasNothingToSayWithFewerThanTwoLabels) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(2, {1, 0})));
  for (const auto& sets : {std::vector<std::set<int>>(5), {{}, {3}, {}, {}, {}}}) {
    const std::vector<Relevance> relevance = {BySets(sets)};
    const auto ranking =
        MeasureRankings(spaces, HandEmbeddings().View(), relevance, {.ks = {1, 10}})[0];
    EXPECT_EQ(ranking.queries, 0u);
    EXPECT_EQ(ranking.masked.mean_average_precision, 0);
    EXPECT_THAT(ranking.masked.precision, testing::ElementsAre(0, 0));
    EXPECT_THAT(ranking.chance.recall, testing::ElementsAre(0, 0));
  }
}

TEST(MeasureRankings, EqualNumbersAreAllPerfect) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(1, {1})));
  const std::vector<Relevance> relevance = {ByNumbers({4, 4, 4}, 0)};
  const auto ranking = MeasureRankings(spaces, MakeMatrix(1, {1, 2, 3}).View(), relevance,
                                       {.ks = {2}, .detail_k = 2})[0];
  EXPECT_DOUBLE_EQ(ranking.masked.ndcg[0], 1);
  EXPECT_DOUBLE_EQ(ranking.chance.ndcg[0], 1);
  EXPECT_DOUBLE_EQ(ranking.masked.mean_absolute_difference[0], 0);
}

TEST(MeasureRankings, IsTheSameOnAnyNumberOfThreadsAndTellsProgressFromOneAtATime) {
  const World world(300, 12);
  const MaskTable spaces = SpacesOf(world.embedded.masks);
  const std::vector<Relevance> relevance = world.All();
  std::vector<uint64_t> told;  // no lock: a sink need have none
  const auto run = [&](int threads) {
    told.clear();
    return MeasureRankings(
        spaces, world.embedded.embeddings.View(), relevance,
        {.ks = {1, 10}, .threads = threads, .progress = [&](const Progress& progress) {
           told.push_back(progress.done);
         }});
  };
  const auto one = run(1), four = run(4);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(one[c].masked.mean_average_precision, four[c].masked.mean_average_precision);
    EXPECT_EQ(one[c].whole.precision, four[c].whole.precision);
    EXPECT_EQ(one[c].chance.recall, four[c].chance.recall);
    EXPECT_EQ(one[c].precision, four[c].precision);
  }
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_EQ(told.back(), 300u);
}

TEST(MeasureRankings, RefusesWrongShapesAndCanBeStopped) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(2, {1, 0})));
  const auto run = [&](size_t marks, std::vector<size_t> ks, const StopFlag* stop) {
    std::vector<Relevance> relevance = {BySets(std::vector<std::set<int>>(marks, {1}))};
    MeasureRankings(spaces, HandEmbeddings().View(), relevance,
                    {.ks = std::move(ks), .detail_k = 1, .stop = stop});
  };
  EXPECT_THAT([&] { run(4, {1}, nullptr); }, ThrowsError(kWrong, "4 label marks"));
  EXPECT_THAT([&] { run(5, {0, 1}, nullptr); }, ThrowsError(kWrong, "k of at least 1"));
  EXPECT_THAT([&] { run(5, {2}, nullptr); }, ThrowsError(kWrong, "k = 1 is not among"));
  const std::vector<Relevance> two(2, BySets(std::vector<std::set<int>>(5)));
  EXPECT_THAT([&] { MeasureRankings(spaces, HandEmbeddings().View(), two, {.ks = {10}}); },
              ThrowsError(kWrong, "expected 3 spaces"));
  StopFlag stop;
  stop.signal = 15;
  EXPECT_THAT([&] { run(5, {1}, &stop); }, ThrowsError(ErrorCode::kInterrupted, "signal 15"));
}

TEST(NearestKnown, AreTheFirstOfTheRanking) {
  const MaskTable spaces = SpacesOf(MaskTable(MakeMatrix(2, {1, 0})));
  const std::vector<uint8_t> known = {1, 1, 1, 1, 0};
  const auto found = NearestKnown(spaces, 1, HandEmbeddings().View(), known, 1, 2);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].row, 2u);
  EXPECT_EQ(found[1].row, 0u);
  EXPECT_NEAR(found[1].value, 81.01, 1e-5);
  EXPECT_EQ(NearestKnown(spaces, 0, HandEmbeddings().View(), known, 0, 9).size(), 3u);
}

}  // namespace
}  // namespace csn
