#include "query/query_engine.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/random.h"
#include "base/scan.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::EmbeddingWorld;
using test::MakeTestItems;
using test::TempDir;
using test::TestIndexOptions;
using test::WriteTestIndex;
using Notions = std::vector<Query::WeightedNotion>;

std::string Sku(size_t row) { return fmt::format("sku-{:06}", row); }

// ---- An oracle that knows only the formulas: unmasked embeddings, double, every dimension.

double OracleDistance(const EmbeddingWorld& world, size_t notion, std::span<const float> q,
                      std::span<const float> x) {
  double sum = 0;
  for (size_t k = 0; k < q.size(); ++k) {
    const double difference =
        static_cast<double>(world.masks.matrix().Row(notion)[k]) * (double{q[k]} - double{x[k]});
    sum += difference * difference;
  }
  return sum;
}

// The mean distance of two random rows, by looking at all pairs.
double OracleScale(const EmbeddingWorld& world, size_t notion) {
  const size_t n = world.embeddings.rows();
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      sum += OracleDistance(world, notion, world.embeddings.Row(i), world.embeddings.Row(j));
    }
  }
  return sum > 0 ? sum / static_cast<double>(n * n) : 1;
}

struct OracleHit {
  double score = 0;
  size_t row = 0;
  bool operator<(const OracleHit& other) const {
    return score != other.score ? score < other.score : row < other.row;
  }
};

std::vector<OracleHit> OracleSearch(const EmbeddingWorld& world, const std::vector<double>& weights,
                                    const std::vector<double>& scales, std::span<const float> q,
                                    size_t k, std::optional<size_t> excluded = std::nullopt) {
  std::vector<OracleHit> hits;
  for (size_t row = 0; row < world.embeddings.rows(); ++row) {
    if (excluded == row) continue;
    OracleHit hit{.row = row};
    for (size_t notion = 0; notion < weights.size(); ++notion) {
      hit.score += weights[notion] * OracleDistance(world, notion, q, world.embeddings.Row(row)) /
                   scales[notion];
    }
    hits.push_back(hit);
  }
  std::sort(hits.begin(), hits.end());
  hits.resize(std::min(k, hits.size()));
  return hits;
}

std::vector<double> OracleScales(const EmbeddingWorld& world) {
  std::vector<double> scales;
  for (size_t c = 0; c < world.masks.notion_count(); ++c) scales.push_back(OracleScale(world, c));
  return scales;
}

void ExpectSame(const Answer& answer, const std::vector<OracleHit>& expected) {
  ASSERT_EQ(answer.hits.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(answer.hits[i].rank, i + 1);
    EXPECT_EQ(answer.hits[i].item.sku, Sku(expected[i].row));
    EXPECT_NEAR(answer.hits[i].score, expected[i].score,
                1e-9 * std::max(1.0, std::abs(expected[i].score)));
  }
}

std::vector<float> RandomVector(size_t dim, Rng& rng) {
  std::vector<float> vector(dim);
  for (float& value : vector) value = static_cast<float>(rng.Normal());
  return vector;
}

QueryEngine MakeEngine(const TempDir& folder, const EmbeddingWorld& world,
                       const TestIndexOptions& options = {}) {
  WriteTestIndex(folder / "index", world.embeddings, world.masks,
                 MakeTestItems(world.embeddings.rows()), options);
  return QueryEngine::Open(folder / "index");
}

// Rows in few clusters whose members differ by a few float steps, many of them not at all.
EmbeddingWorld TightWorld(size_t n, size_t d, size_t clusters, uint64_t seed) {
  EmbeddingWorld world = test::MakeEmbeddingWorld(n, d, 2, seed);
  Rng rng(seed + 1);
  for (size_t i = clusters; i < n; ++i) {
    const std::span<const float> centre = world.embeddings.View().Row(i % clusters);
    for (size_t k = 0; k < d; ++k) {
      const auto steps = static_cast<float>(static_cast<int>(rng.Below(5)) - 2);
      world.embeddings.Row(i)[k] = centre[k] * (1 + steps * 0x1.0p-23f);
    }
  }
  return world;
}

// ---- Answers

struct Shape {
  size_t n, d, notions;
};

// Notions asked for, as a query and as weights [C].
struct Asked {
  Notions notions;
  std::vector<double> weights;
};

Asked RandomNotions(size_t notion_count, Rng& rng) {
  Asked asked{.notions = {}, .weights = std::vector<double>(notion_count)};
  std::vector<size_t> order(notion_count);
  for (size_t i = 0; i < notion_count; ++i) order[i] = i;
  rng.Shuffle(order);
  order.resize(1 + rng.Below(notion_count));
  for (const size_t notion : order) {
    // The first is positive, the others have either sign.
    double weight = rng.Uniform(0.1, 3);
    if (!asked.notions.empty() && rng.Below(2) == 0) weight = -weight;
    asked.notions.push_back({.name = fmt::format("notion_{}", notion), .weight = weight});
    asked.weights[notion] = order.size() == 1 ? 1 : weight;
  }
  return asked;
}

TEST(QueryEngine, AgreesWithBruteForceInRandomWorlds) {
  const Shape shapes[] = {{1, 3, 1}, {2, 4, 2}, {9, 1, 1}, {70, 8, 3}, {250, 16, 4}};
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Shape& shape = shapes[seed % std::size(shapes)];
    const EmbeddingWorld world = test::MakeEmbeddingWorld(shape.n, shape.d, shape.notions, seed);
    const TempDir folder;
    const QueryEngine engine = MakeEngine(folder, world, {.key = seed % 2 == 0 ? "Flat" : "HNSW8"});
    const std::vector<double> scales = OracleScales(world);
    Rng rng(seed);
    for (int round = 0; round < 30; ++round) {
      SCOPED_TRACE(fmt::format("seed {} round {}", seed, round));
      const Asked asked = RandomNotions(shape.notions, rng);
      const size_t row = rng.Below(shape.n);
      const size_t k = 1 + rng.Below(shape.n + 5);
      const bool by_sku = rng.Below(2) == 0;
      Query query{.liked = {Sku(row)}, .notions = asked.notions, .k = k, .exact = true};
      std::vector<float> vector(world.embeddings.Row(row).begin(), world.embeddings.Row(row).end());
      if (!by_sku) query.liked = {vector = RandomVector(shape.d, rng)};
      const Answer answer = engine.Search(query);
      EXPECT_TRUE(answer.exact);
      ExpectSame(answer, OracleSearch(world, asked.weights, scales, vector, k,
                                      by_sku ? std::optional(row) : std::nullopt));
      EXPECT_EQ(answer.shortfall, k - answer.hits.size());
    }
  }
}

TEST(QueryEngine, FlatPlanGivesTheScansAnswerAmongNearTies) {
  size_t flat = 0, scan = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const EmbeddingWorld world = TightWorld(600, 12, seed % 2 == 0 ? 6 : 150, seed);
    const TempDir folder;
    const QueryEngine engine = MakeEngine(folder, world, {.codes = false});
    const std::vector<double> scales = OracleScales(world);
    for (size_t row = 0; row < 600; row += 7) {
      SCOPED_TRACE(fmt::format("seed {} row {}", seed, row));
      const Answer answer = engine.Search(
          {.liked = {Sku(row)}, .notions = {{.name = "notion-1", .weight = 1}}, .k = 1 + row % 40});
      EXPECT_TRUE(answer.exact);
      ASSERT_NE(answer.plan, Plan::kHnsw);
      (answer.plan == Plan::kFlat ? flat : scan) += 1;
      // By the definition's own arithmetic: these ties are closer than another order of adding can
      // tell.
      const Ranking ranking{.masks = &world.masks, .scales = scales, .weights = {0, 1}};
      const std::vector<Neighbor> expected =
          ExactScan(ranking, world.embeddings.Row(row), world.embeddings.View(), 1 + row % 40,
                    static_cast<uint32_t>(row));
      ASSERT_EQ(answer.hits.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(answer.hits[i].item.sku, Sku(expected[i].row)) << i;
      }
    }
  }
  EXPECT_GT(flat, 50u);  // clusters smaller than the candidates: proven
  EXPECT_GT(scan, 50u);  // the boundary falls among ties: not proven
}

TEST(QueryEngine, WithoutCodesTheFlatPlanIsTakenAndProvenInAnOrdinaryWorld) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(2000, 16, 2, 21);
  const TempDir folder;
  const QueryEngine coded = MakeEngine(folder, world);
  const TempDir without;
  const QueryEngine engine = MakeEngine(without, world, {.codes = false});
  for (size_t row = 0; row < 50; ++row) {
    const Query query{.liked = {Sku(row)}, .notions = {{.name = "notion-0"}}};
    EXPECT_EQ(engine.Search(query).plan, Plan::kFlat) << row;
    EXPECT_EQ(coded.Search(query).plan, Plan::kScan) << row;
    EXPECT_EQ(coded.Rank(query), engine.Rank(query)) << row;
  }
}

TEST(QueryEngine, AVectorThatOverflowsFloatIsStillAnsweredExactly) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(300, 4, 1, 22);
  for (const char* key : {"Flat", "HNSW8"}) {
    const TempDir folder;
    const QueryEngine engine = MakeEngine(folder, world, {.key = key});
    const std::vector<float> far(4, 3e38f);
    const Answer answer =
        engine.Search({.liked = {far}, .notions = {{.name = "notion-0"}}, .exact = true});
    EXPECT_EQ(answer.plan, Plan::kScan);
    EXPECT_EQ(answer.hits.size(), 10u);
    for (const Hit& hit : answer.hits) EXPECT_TRUE(std::isfinite(hit.score));
    // Asked of the index, whose own distances are infinite.
    const Answer any = engine.Search({.liked = {far}, .notions = {{.name = "notion-0"}}});
    ASSERT_EQ(any.hits.size(), 10u);
    for (size_t i = 0; i < any.hits.size(); ++i) {
      EXPECT_TRUE(std::isfinite(any.hits[i].score));
      EXPECT_LE(any.hits[i == 0 ? 0 : i - 1].score, any.hits[i].score);
    }
  }
}

TEST(QueryEngine, ANotionWithoutLiveDimensionGivesTheFirstSkus) {
  EmbeddingWorld world = test::MakeEmbeddingWorld(50, 4, 2, 23);
  Matrix weights = world.masks.matrix();
  std::fill(weights.Row(1).begin(), weights.Row(1).end(), 0.0f);
  world.masks = MaskTable(weights);
  for (const char* key : {"Flat", "HNSW8"}) {
    const TempDir folder;
    const QueryEngine engine = MakeEngine(folder, world, {.key = key});
    const Answer answer =
        engine.Search({.liked = {Sku(1)}, .notions = {{.name = "notion-1"}}, .k = 4});
    EXPECT_EQ(answer.plan, Plan::kScan);
    EXPECT_TRUE(answer.exact);
    std::vector<std::string> skus;
    for (const Hit& hit : answer.hits) {
      skus.push_back(hit.item.sku);
      EXPECT_EQ(hit.score, 0);
      EXPECT_EQ(hit.parts[1].distance, 0);
    }
    EXPECT_THAT(skus, testing::ElementsAre(Sku(0), Sku(2), Sku(3), Sku(4)));
  }
}

TEST(QueryEngine, AnItemAloneHasNoNeighbours) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(1, 3, 1, 24);
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world);
  const Answer by_sku = engine.Search({.liked = {Sku(0)}, .notions = {{.name = "notion-0"}}});
  EXPECT_TRUE(by_sku.hits.empty());
  EXPECT_EQ(by_sku.shortfall, 10u);
  EXPECT_TRUE(by_sku.exact);
  const Answer by_vector =
      engine.Search({.liked = {std::vector<float>(3, 0.5f)}, .notions = {{.name = "notion-0"}}});
  ASSERT_EQ(by_vector.hits.size(), 1u);
  EXPECT_EQ(by_vector.shortfall, 9u);
}

struct Approximate {
  const char* key;
  Plan plan;
};

class ApproximatePlanTest : public testing::TestWithParam<Approximate> {};

TEST_P(ApproximatePlanTest, RecallsOrdersByDefinitionAndIsNeverShort) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(3000, 8, 2, 25);
  const TempDir folder;
  const QueryEngine engine =
      MakeEngine(folder, world, {.key = GetParam().key, .ef_search = 64, .nprobe = 10});
  double found = 0, wanted = 0;
  for (size_t row = 0; row < 200; ++row) {
    SCOPED_TRACE(row);
    Query query{.liked = {Sku(row)}, .notions = {{.name = "notion-0"}}, .ef = 64};
    const Answer graph = engine.Search(query);
    query.exact = true;
    const Answer exact = engine.Search(query);
    EXPECT_EQ(graph.plan, GetParam().plan);
    EXPECT_FALSE(graph.exact);
    EXPECT_EQ(exact.plan, Plan::kScan);
    EXPECT_TRUE(exact.exact);
    ASSERT_EQ(graph.hits.size(), 10u);
    for (size_t i = 0; i < 10; ++i) {
      found += graph.hits[i].score <= exact.hits.back().score ? 1 : 0;
      EXPECT_NE(graph.hits[i].item.sku, Sku(row));
      EXPECT_LE(graph.hits[i == 0 ? 0 : i - 1].score, graph.hits[i].score);
    }
    wanted += 10;
  }
  EXPECT_GE(found / wanted, 0.97);
  for (const size_t k : {1u, 63u, 64u, 500u, 2998u, 2999u, 3000u, 5000u}) {
    SCOPED_TRACE(k);
    const Answer answer =
        engine.Search({.liked = {Sku(7)}, .notions = {{.name = "notion-1"}}, .k = k, .ef = 64});
    EXPECT_EQ(answer.hits.size(), std::min<size_t>(k, 2999));
    EXPECT_EQ(answer.shortfall, k - answer.hits.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, ApproximatePlanTest,
                         testing::Values(Approximate{"HNSW16", Plan::kHnsw},
                                         Approximate{"IVF20,Flat", Plan::kIvf},
                                         Approximate{"IVF20,PQ4", Plan::kIvf}));

// By a product quantizer of one byte, rows seem farther or nearer than they are: all that are kept
// are measured, also where the first of them seem to be proven.
TEST(QueryEngine, EstimatesProveNothing) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(3000, 24, 2, 27);
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world, {.key = "IVF1,PQ1", .nprobe = 1});
  size_t found = 0;
  for (size_t row = 0; row < 300; ++row) {
    Query query{.liked = {Sku(row)}, .notions = {{.name = "notion-0"}}, .k = 1, .ef = 1500};
    const Answer estimated = engine.Search(query);
    ASSERT_EQ(estimated.plan, Plan::kIvf);
    query.exact = true;
    found += estimated.hits[0].score <= engine.Search(query).hits[0].score;
  }
  EXPECT_GE(found, 298u);
}

// FAISS's graph search comes back short where equal rows have cut it into pieces.
TEST(QueryEngine, GraphPlanIsNotShortAmongDuplicates) {
  EmbeddingWorld world = test::MakeEmbeddingWorld(2000, 6, 1, 26);
  for (size_t i = 10; i < 2000; ++i) {
    const std::span<const float> source = world.embeddings.View().Row(i % 10);
    std::copy(source.begin(), source.end(), world.embeddings.Row(i).begin());
  }
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world, {.key = "HNSW4", .ef_search = 16});
  for (size_t row = 0; row < 10; ++row) {
    for (const size_t k : {10u, 150u, 250u, 1500u}) {
      const Answer answer =
          engine.Search({.liked = {Sku(row)}, .notions = {{.name = "notion-0"}}, .k = k, .ef = 16});
      ASSERT_EQ(answer.hits.size(), k) << "row " << row;
      for (size_t i = 1; i < k; ++i) {
        const Hit &before = answer.hits[i - 1], &hit = answer.hits[i];
        EXPECT_TRUE(before.score < hit.score ||
                    (before.score == hit.score && before.item.sku < hit.item.sku))
            << i;
      }
    }
  }
}

// ---- What an answer says

TEST(QueryEngine, ExplainsEveryHitInEveryNotion) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(120, 10, 3, 27);
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world);
  const std::vector<double> scales = OracleScales(world);
  const Answer answer = engine.Search(
      {.liked = {Sku(5)},
       .notions = {{.name = "notion-2", .weight = -0.5}, {.name = "notion-0", .weight = 2}},
       .k = 119});
  EXPECT_EQ(answer.plan, Plan::kScan);
  EXPECT_THAT(answer.notions, testing::ElementsAre("notion-0", "notion-1", "notion-2"));
  EXPECT_EQ(answer.generation, engine.generation().name());
  ASSERT_EQ(answer.hits.size(), 119u);
  const double weights[] = {2, 0, -0.5};
  for (const Hit& hit : answer.hits) {
    const size_t row = std::stoul(hit.item.sku.substr(4));
    ASSERT_EQ(hit.parts.size(), 3u);
    for (size_t c = 0; c < 3; ++c) {
      const double distance =
          OracleDistance(world, c, world.embeddings.Row(5), world.embeddings.Row(row));
      EXPECT_NEAR(hit.parts[c].distance, std::sqrt(distance / scales[c]), 1e-9);
      EXPECT_NEAR(hit.parts[c].share, weights[c] * distance / scales[c], 1e-9);
    }
    EXPECT_EQ(hit.score, hit.parts[0].share + hit.parts[2].share);
  }
}

TEST(QueryEngine, OneNotionAloneCountsOnceWhateverItsWeight) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(60, 6, 2, 28);
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world);
  const auto search = [&](double weight) {
    return engine.Search({.liked = {Sku(3)}, .notions = {{.name = "notion-1", .weight = weight}}});
  };
  const Answer one = search(1), seven = search(7);
  ASSERT_EQ(one.hits.size(), seven.hits.size());
  for (size_t i = 0; i < one.hits.size(); ++i) {
    EXPECT_EQ(one.hits[i].item.sku, seven.hits[i].item.sku);
    EXPECT_EQ(one.hits[i].score, seven.hits[i].score);
    EXPECT_EQ(one.hits[i].score, one.hits[i].parts[1].share);
  }
}

TEST(QueryEngine, BringsTheItemsWithTheirColumns) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(30, 4, 1, 29);
  const std::vector<Column> columns = {{.name = "name", .type = ColumnType::kText},
                                       {.name = "price", .type = ColumnType::kNumber}};
  std::vector<Item> items = MakeTestItems(30);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].values = {fmt::format("item {}", i), i % 2 == 0 ? Value(double(i)) : Value()};
  }
  const TempDir folder;
  WriteTestIndex(folder / "index", world.embeddings, world.masks, items, {.columns = columns});
  const QueryEngine engine = QueryEngine::Open(folder / "index");
  const Answer answer =
      engine.Search({.liked = {Sku(0)}, .notions = {{.name = "notion-0"}}, .k = 29});
  EXPECT_EQ(answer.columns, columns);
  ASSERT_EQ(answer.hits.size(), 29u);
  for (const Hit& hit : answer.hits) {
    const size_t row = std::stoul(hit.item.sku.substr(4));
    EXPECT_EQ(hit.item.image, items[row].image);
    EXPECT_EQ(hit.item.values, items[row].values);
  }

  const Answer bare = engine.Search(
      {.liked = {Sku(0)}, .notions = {{.name = "notion-0"}}, .k = 29, .items = false});
  EXPECT_FALSE(bare.items);
  EXPECT_TRUE(bare.columns.empty());
  ASSERT_EQ(bare.hits.size(), 29u);
  for (size_t i = 0; i < bare.hits.size(); ++i) {
    EXPECT_EQ(bare.hits[i].item.sku, answer.hits[i].item.sku);
    EXPECT_EQ(bare.hits[i].score, answer.hits[i].score);
    EXPECT_TRUE(bare.hits[i].item.image.empty());
  }

  const std::vector<Neighbor> rows =
      engine.Rank({.liked = {Sku(0)}, .notions = {{.name = "notion-0"}}, .k = 29});
  ASSERT_EQ(rows.size(), 29u);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(Sku(rows[i].row), answer.hits[i].item.sku);
    EXPECT_EQ(rows[i].value, answer.hits[i].score);
  }

  std::vector<Query> many(70);
  for (size_t i = 0; i < many.size(); ++i) {
    many[i] = {.liked = {Sku(i % 30)}, .notions = {{.name = "notion-0"}}, .k = 1 + i % 7};
  }
  const std::vector<std::vector<Neighbor>> all = engine.RankMany(many);
  ASSERT_EQ(all.size(), many.size());
  for (size_t i = 0; i < many.size(); ++i) EXPECT_EQ(all[i], engine.Rank(many[i])) << i;
  EXPECT_TRUE(engine.RankMany({}).empty());
  EXPECT_TRUE(engine.SearchMany({}).empty());
  many[3].liked = {"sku-nowhere"};
  EXPECT_THAT([&] { engine.RankMany(many); }, test::ThrowsError(ErrorCode::kNotFound, "nowhere"));
}

TEST(QueryEngine, AnswersManyThreadsAlike) {
  const EmbeddingWorld world = test::MakeEmbeddingWorld(400, 8, 2, 30);
  const TempDir folder;
  const QueryEngine engine = MakeEngine(folder, world);
  const auto skus = [&](size_t row) {
    std::vector<std::string> skus;
    const Query query{.liked = {Sku(row)},
                      .notions = {{.name = fmt::format("notion-{}", row % 2)}}};
    for (const Hit& hit : engine.Search(query).hits) skus.push_back(hit.item.sku);
    return skus;
  };
  std::vector<std::vector<std::string>> together(40);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t row = t; row < together.size(); row += 4) together[row] = skus(row);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t row = 0; row < together.size(); ++row) EXPECT_EQ(together[row], skus(row)) << row;
}

}  // namespace
}  // namespace csn
