// What must not change an answer, or change it in a known way.
#include <algorithm>
#include <memory>
#include <numeric>
#include <span>

#include "base/random.h"
#include "base/thread_pool.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;

constexpr size_t kRows = 200;

// (sku, score) of every hit.
std::vector<std::pair<std::string, double>> Hits(const QueryEngine& engine, const Query& query) {
  std::vector<std::pair<std::string, double>> hits;
  for (const Hit& hit : engine.Search(query).hits) hits.emplace_back(hit.item.sku, hit.score);
  return hits;
}

// As csn_query --batch answers, on several threads.
std::vector<std::string> Batch(const QueryEngine& engine, std::span<const Query> queries,
                               int threads) {
  size_t next = 0;
  std::vector<std::string> answers;
  MapInOrder<Query, std::string>(
      threads, 3,
      [&](const auto&) -> std::optional<Query> {
        if (next == queries.size()) return std::nullopt;
        return queries[next++];
      },
      [&](size_t, const Query& query) {
        return FormatAnswer(engine.Search(query), Format::kJsonl);
      },
      [&](const std::string& answer) {
        answers.push_back(answer);
        return true;
      });
  return answers;
}

class MetamorphicTest : public testing::Test {
 protected:
  MetamorphicTest()
      : world_(test::MakeEmbeddingWorld(kRows, 8, 3, 77)),
        items_(test::RandomFilterItems(rng_, kRows)) {
    test::WriteTestIndex(folder_ / "idx", world_.embeddings, world_.masks, items_,
                         {.columns = test::FilterColumns()});
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(folder_ / "idx"));
  }

  std::vector<float> RandomVector() {
    std::vector<float> vector(world_.embeddings.cols());
    for (float& value : vector) value = static_cast<float>(rng_.Normal());
    return vector;
  }

  Query RandomQuery() {
    Query query{.liked = {RandomVector()},
                .notions = {{"notion-0", 1.5}, {"notion-1", -0.25}, {"notion-2", 3}},
                .k = 1 + rng_.Below(30)};
    if (rng_.Below(2) == 0) query.liked.push_back(RandomVector());
    if (rng_.Below(2) == 0) query.unliked.push_back(RandomVector());
    return query;
  }

  Rng rng_{6};
  TempDir folder_;
  test::EmbeddingWorld world_;
  std::vector<Item> items_;
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(MetamorphicTest, RowsInAnotherOrderUnderOtherSkus) {
  // Rows are in the order of skus, so other skus are another order; scores stay, as do the items
  // but for ties.
  std::vector<size_t> order(kRows);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = kRows; i > 1; --i) std::swap(order[i - 1], order[rng_.Below(i)]);
  Matrix embeddings(kRows, world_.embeddings.cols());
  std::vector<Item> items(kRows);
  for (size_t i = 0; i < kRows; ++i) {
    std::ranges::copy(world_.embeddings.Row(order[i]), embeddings.Row(i).begin());
    items[i] = items_[order[i]];
    items[i].image = items_[order[i]].sku;
    items[i].sku = items_[i].sku;
  }
  test::WriteTestIndex(folder_ / "permuted", embeddings, world_.masks, items,
                       {.columns = test::FilterColumns()});
  const QueryEngine permuted = QueryEngine::Open(folder_ / "permuted");
  for (int i = 0; i < 50; ++i) {
    Query query = RandomQuery();
    query.raw = true;  // scales are sums over rows, which round by their order
    query.k = kRows;
    const auto expected = Hits(*engine_, query);
    std::vector<std::pair<double, std::string>> sorted, found;
    for (const auto& [sku, score] : expected) sorted.emplace_back(score, sku);
    for (const Hit& hit : permuted.Search(query).hits)
      found.emplace_back(hit.score, hit.item.image);
    std::sort(sorted.begin(), sorted.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, sorted);
  }
}

TEST_F(MetamorphicTest, WeightsTimesAPowerOfTwo) {
  for (int i = 0; i < 50; ++i) {
    const Query query = RandomQuery();
    Query scaled = query;
    for (Query::WeightedNotion& notion : scaled.notions) notion.weight *= 0x1p-5;
    auto expected = Hits(*engine_, query);
    for (auto& [sku, score] : expected) score *= 0x1p-5;
    EXPECT_EQ(Hits(*engine_, scaled), expected);
  }
}

TEST_F(MetamorphicTest, OneNotionHasWeightOne) {
  for (const double weight : {0.001, 1.0, 7.0}) {
    Query query{.liked = {RandomVector()}, .notions = {{"notion-1", 1}}};
    const auto expected = Hits(*engine_, query);
    query.notions[0].weight = weight;
    EXPECT_EQ(Hits(*engine_, query), expected);
  }
}

TEST_F(MetamorphicTest, NotionsInAnyOrder) {
  for (int i = 0; i < 50; ++i) {
    Query query = RandomQuery();
    const auto expected = Hits(*engine_, query);
    std::reverse(query.notions.begin(), query.notions.end());
    EXPECT_EQ(Hits(*engine_, query), expected);
  }
}

TEST_F(MetamorphicTest, FewerHitsAreThePrefixOfMore) {
  for (int i = 0; i < 50; ++i) {
    Query query = RandomQuery();
    if (rng_.Below(2) == 0) query.group_by = "brand";
    if (rng_.Below(2) == 0) query.diversity = {.lambda = 0.4, .pool = 60};
    query.k = 30;
    auto expected = Hits(*engine_, query);
    query.k = 1 + rng_.Below(20);
    expected.resize(std::min(expected.size(), query.k));
    EXPECT_EQ(Hits(*engine_, query), expected);
  }
}

TEST_F(MetamorphicTest, TheSameExampleTwiceIsOne) {
  for (int i = 0; i < 20; ++i) {
    Query query{.liked = {RandomVector()}, .notions = {{"notion-0"}, {"notion-2", 0.5}}};
    const auto expected = Hits(*engine_, query);
    query.liked.push_back(query.liked.front());
    EXPECT_EQ(Hits(*engine_, query), expected);  // (D + D) / 2 is D
  }
}

TEST_F(MetamorphicTest, WithoutDiversityTheNearestAreTaken) {
  for (int i = 0; i < 20; ++i) {
    Query query = RandomQuery();
    const auto expected = Hits(*engine_, query);
    query.diversity = {.lambda = 0, .pool = 100};
    EXPECT_EQ(Hits(*engine_, query), expected);
  }
}

TEST_F(MetamorphicTest, ABatchInTwoPartsIsTheWhole) {
  // What queries share (filters and groups used last) must not show.
  std::vector<std::string> filters;
  for (int i = 0; i < 5; ++i) filters.push_back(test::MakeRandomFilter(rng_, 2).text);
  std::vector<Query> queries(60);
  for (Query& query : queries) {
    query = RandomQuery();
    query.liked.push_back(items_[rng_.Below(kRows)].sku);
    if (rng_.Below(2) == 0) query.where = filters[rng_.Below(filters.size())];
    if (rng_.Below(3) == 0) query.group_by = rng_.Below(2) == 0 ? "brand" : "price";
    if (rng_.Below(4) == 0) query.diversity = {.lambda = 0.4, .pool = 60};
    query.pages = rng_.Below(4) == 0;
  }
  const std::span<const Query> all = queries;
  const std::vector<std::string> whole = Batch(*engine_, all, 1);
  for (int threads = 1; threads <= 4; ++threads) {
    for (const size_t at : {size_t{0}, 1 + rng_.Below(queries.size() - 1), queries.size()}) {
      std::vector<std::string> parts = Batch(*engine_, all.first(at), threads);
      std::ranges::copy(Batch(*engine_, all.subspan(at), threads), std::back_inserter(parts));
      EXPECT_EQ(parts, whole) << "split at " << at << ", threads " << threads;
    }
  }
}

TEST_F(MetamorphicTest, AFilterIsTheQueryOnTheFilteredCatalogue) {
  for (int i = 0; i < 20; ++i) {
    const test::RandomFilter filter = test::MakeRandomFilter(rng_, 2);
    std::vector<Item> items;
    std::vector<size_t> rows;
    for (size_t row = 0; row < kRows; ++row) {
      if (!filter.holds(items_[row])) continue;
      items.push_back(items_[row]);
      rows.push_back(row);
    }
    if (rows.empty()) continue;
    Matrix embeddings(rows.size(), world_.embeddings.cols());
    for (size_t j = 0; j < rows.size(); ++j) {
      std::ranges::copy(world_.embeddings.Row(rows[j]), embeddings.Row(j).begin());
    }
    const std::string index = folder_ / fmt::format("filtered-{}", i);
    test::WriteTestIndex(index, embeddings, world_.masks, items,
                         {.columns = test::FilterColumns()});
    const QueryEngine filtered = QueryEngine::Open(index);
    Query query = RandomQuery();
    query.raw = true;  // the scales are the whole catalogue's
    const auto expected = Hits(filtered, query);
    query.where = filter.text;
    EXPECT_EQ(Hits(*engine_, query), expected) << filter.text;
  }
}

}  // namespace
}  // namespace csn
