#include "query/evaluation/workload.h"

#include <algorithm>
#include <set>

#include "storage/generation.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

constexpr size_t kRows = 600;

class WorkloadTest : public testing::Test {
 protected:
  QueryEngine Open(const std::string& key) {
    const test::EmbeddingWorld world = test::MakeEmbeddingWorld(kRows, 8, 2, 5);
    test::WriteTestIndex(folder_ / key, world.embeddings, world.masks, test::MakeTestItems(kRows),
                         {.key = key});
    return QueryEngine::Open(folder_ / key);
  }

  TempDir folder_;
};

TEST_F(WorkloadTest, DrawsEachSkuOnce) {
  const QueryEngine engine = Open("Flat");
  const std::vector<std::string> skus = DrawSkus(engine, 100, 3);
  EXPECT_EQ(std::set(skus.begin(), skus.end()).size(), 100u);
  EXPECT_EQ(DrawSkus(engine, 100, 3), skus);
  EXPECT_NE(DrawSkus(engine, 100, 4), skus);
  EXPECT_EQ(DrawSkus(engine, 10'000, 3).size(), kRows);
}

TEST_F(WorkloadTest, AsksEveryQueryAndMeasuresIt) {
  const QueryEngine engine = Open("Flat");
  const std::vector<std::string> skus = DrawSkus(engine, 50, 1);
  const Query query{.notions = {{"notion-0"}, {"notion-1", 2}}, .k = 7};
  for (const int threads : {1, 3}) {
    const WorkloadResult result =
        RunWorkload(engine, query, skus, {.seconds = 0, .threads = threads});
    EXPECT_EQ(result.plan, Plan::kScan);
    EXPECT_GE(result.asked, skus.size());
    EXPECT_GT(result.queries_per_second, 0);
    EXPECT_GT(result.p50, 0);
    EXPECT_GE(result.p99, result.p50);
    ASSERT_EQ(result.scores.size(), skus.size());
    for (size_t i = 0; i < skus.size(); ++i) {
      Query one = query;
      one.liked = {skus[i]};
      std::vector<double> scores;
      for (const Hit& hit : engine.Search(one).hits) scores.push_back(hit.score);
      EXPECT_EQ(result.scores[i], scores);
    }
    EXPECT_EQ(WorkloadRecall(result, result, 7, 1).value, 1);
    const WorkloadResult lots =
        RunWorkload(engine, query, skus, {.seconds = 0, .threads = threads, .together = 16});
    EXPECT_EQ(lots.scores, result.scores);
    EXPECT_GE(lots.asked, skus.size());
    EXPECT_EQ(lots.asked % 16, 0u);
  }
}

TEST_F(WorkloadTest, RecallIsTheShareOfTheExactHits) {
  const QueryEngine engine = Open("HNSW2");
  const std::vector<std::string> skus = DrawSkus(engine, 200, 1);
  Query query{.notions = {{"notion-0"}}, .k = 10, .exact = true};
  const WorkloadResult exact = RunWorkload(engine, query, skus, {.seconds = 0});
  EXPECT_EQ(exact.plan, Plan::kScan);
  query.exact = false;
  double before = 0;
  for (const int ef : {1, 100}) {
    query.ef = ef;
    const WorkloadResult found = RunWorkload(engine, query, skus, {.seconds = 0});
    EXPECT_EQ(found.plan, Plan::kHnsw);
    double hits = 0;
    for (size_t i = 0; i < skus.size(); ++i) {
      const double farthest = exact.scores[i].back() * (1 + 1e-6);
      hits += static_cast<double>(std::ranges::count_if(
                  found.scores[i], [&](double score) { return score <= farthest; })) /
              10;
    }
    const Interval recall = WorkloadRecall(exact, found, 10, 1);
    EXPECT_NEAR(recall.value, hits / 200, 1e-12);
    EXPECT_LE(recall.low, recall.value);
    EXPECT_GE(recall.high, recall.value);
    EXPECT_GT(recall.value, before);  // more candidates find more
    before = recall.value;
  }
}

TEST_F(WorkloadTest, StopsAndRefuses) {
  const QueryEngine engine = Open("Flat");
  StopFlag stop;
  stop.signal = 2;
  EXPECT_THAT(
      [&] {
        RunWorkload(engine, {.notions = {{"notion-0"}}}, DrawSkus(engine, 5, 1), {.stop = &stop});
      },
      ThrowsError(ErrorCode::kInterrupted, ""));
  EXPECT_THAT([&] { RunWorkload(engine, {.notions = {{"notion-9"}}}, DrawSkus(engine, 5, 1), {}); },
              ThrowsError(ErrorCode::kInvalidArgument, "notion-9"));
  EXPECT_EQ(RunWorkload(engine, {}, {}, {}).asked, 0u);
}

}  // namespace
}  // namespace csn
