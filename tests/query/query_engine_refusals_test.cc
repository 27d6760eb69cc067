// What QueryEngine does not answer, and what it says instead.
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "query/query_engine.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;
using Notions = std::vector<Query::WeightedNotion>;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

// One index for all: publishing syncs files, which takes longer than these tests.
class QueryEngineRefusals : public testing::Test {
 protected:
  static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDir>();
    const test::EmbeddingWorld world = test::MakeEmbeddingWorld(20, 4, 2, 31);
    std::vector<Item> items = test::MakeTestItems(world.embeddings.rows());
    for (Item& item : items) item.values.resize(2);
    test::WriteTestIndex(*folder_ / "index", world.embeddings, world.masks, items,
                         {.columns = {{"brand", ColumnType::kText}, {"sizes", ColumnType::kList}},
                          .notions = {"heel-height", "closure"}});
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(*folder_ / "index"));
  }
  static void TearDownTestSuite() {
    engine_.reset();
    folder_.reset();
  }

  static inline std::unique_ptr<TempDir> folder_;
  static inline std::unique_ptr<QueryEngine> engine_;

  void Expect(const Query& query, ErrorCode code, const std::string& part) {
    EXPECT_THAT([&] { engine_->Search(query); }, ThrowsError(code, part));
  }
  void ExpectNotions(const Notions& notions, const std::string& part) {
    Expect({.liked = {"sku-000001"}, .notions = notions}, kWrong, part);
  }
};

TEST_F(QueryEngineRefusals, OfNotions) {
  ExpectNotions({}, "at least one notion");
  ExpectNotions({{.name = "heel-heigth"}}, "did you mean heel-height?");
  ExpectNotions({{.name = "brand"}}, "no notion 'brand'");
  ExpectNotions({{.name = "heel-height"}, {.name = "heel_height", .weight = 2}},
                "'heel-height' is asked for twice");
}

TEST_F(QueryEngineRefusals, OfWeights) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double weight : {0.0, infinity, -infinity, std::nan(""), 2e9, -2e9}) {
    SCOPED_TRACE(weight);
    ExpectNotions({{.name = "closure", .weight = weight}}, "weight of notion 'closure'");
    ExpectNotions({{.name = "heel-height"}, {.name = "closure", .weight = weight}},
                  "weight of notion 'closure'");
  }
  ExpectNotions({{.name = "closure", .weight = -1}}, "needs a notion with a positive one");
  ExpectNotions({{.name = "closure", .weight = -1}, {.name = "heel-height", .weight = -2}},
                "needs a notion with a positive one");
}

TEST_F(QueryEngineRefusals, OfK) {
  for (const size_t k : {size_t{0}, kMaxHits + 1}) {
    Expect({.liked = {"sku-000001"}, .notions = {{.name = "closure"}}, .k = k}, kWrong,
           fmt::format("k: expected 1 to 100000, got {}", k));
  }
  EXPECT_EQ(
      engine_->Search({.liked = {"sku-000001"}, .notions = {{.name = "closure"}}, .k = kMaxHits})
          .hits.size(),
      19u);
}

TEST_F(QueryEngineRefusals, OfVectors) {
  Expect({.liked = {std::vector<float>(3)}, .notions = {{.name = "closure"}}}, kWrong,
         "expected 4 values, got 3");
  Expect({.liked = {std::vector<float>{0, 1, kNan, 2}}, .notions = {{.name = "closure"}}}, kWrong,
         "at position 2");
}

TEST_F(QueryEngineRefusals, OfSkusNobodyHas) {
  Expect({.liked = {"sku-00013"}, .notions = {{.name = "closure"}}}, ErrorCode::kNotFound,
         "no item with sku 'sku-00013'");
  Expect({.liked = {"sku-00013"}, .notions = {{.name = "closure"}}}, ErrorCode::kNotFound,
         "did you mean sku-0000");
  Expect({.liked = {""}, .notions = {{.name = "closure"}}}, ErrorCode::kNotFound, "sku ''");
}

TEST_F(QueryEngineRefusals, OfEverythingElseThatMakesNoSense) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Query sound{.liked = {"sku-000001"}, .notions = {{.name = "closure"}}};
  const std::vector<std::pair<std::function<void(Query&)>, std::string>> cases = {
      {[](Query& q) { q.liked.clear(); }, "at least one item, photograph or vector to be like"},
      {[](Query& q) { q.liked.resize(kMaxExamples + 1, "sku-000001"); },
       "expected at most 1000 examples, got 1001"},
      {[](Query& q) { q.beta = 1; }, "beta: expected a number from 0 to less than 1, got 1"},
      {[](Query& q) { q.beta = std::nan(""); }, "beta: expected"},
      {[](Query& q) { q.require = {{.notion = "closur"}}; }, "did you mean closure?"},
      {[](Query& q) { q.require = {{.notion = "closure", .distance = -1}}; },
       "require, notion 'closure': expected a distance of 0 or more, got -1"},
      {[=](Query& q) { q.require = {{.notion = "closure", .distance = infinity}}; },
       "expected a distance of 0 or more"},
      {[](Query& q) { q.max_distance = -1; }, "max-distance: expected 0 or more, got -1"},
      {[](Query& q) { q.max_distance = std::nan(""); }, "max-distance: expected 0 or more"},
      {[](Query& q) {
         q.max_distance = 1;
         q.notions.push_back({"heel-height", -1});
       },
       "max-distance: expected no negative weights"},
      {[](Query& q) {
         q.max_distance = 1;
         q.unliked = {"sku-000002"};
       },
       "max-distance: expected no unliked examples"},
      {[](Query& q) { q.diversity = {.lambda = 1.1}; }, "diversity: expected 0 to 1, got 1.1"},
      {[](Query& q) { q.diversity = {.lambda = std::nan("")}; }, "diversity: expected 0 to 1"},
      {[](Query& q) { q.diversity = {.pool = 9}; },
       "k: expected at most the pool of 9 that diversity picks from, got 10"},
      {[](Query& q) { q.diversity = {.pool = kMaxPool + 1}; }, "pool: expected 1 to 10000,"},
      {[](Query& q) { q.group_by = "brnd"; }, "no column 'brnd'; did you mean brand?"},
      {[](Query& q) { q.group_by = "sizes"; }, "group-by: column 'sizes' holds lists"},
      {[](Query& q) { q.fields = {{"brnd"}}; }, "no column 'brnd'; did you mean brand?"},
      {[](Query& q) {
         q.fields = {{"brand"}};
         q.items = false;
       },
       "fields: expected none where hits are to be skus alone"},
      {[](Query& q) { q.cursor = "x"; }, "cursor 'x': expected one as an answer gave it"}};
  for (const auto& [change, part] : cases) {
    SCOPED_TRACE(part);
    Query query = sound;
    change(query);
    Expect(query, kWrong, part);
  }
}

TEST_F(QueryEngineRefusals, OfAnIndexThatIsNotThere) {
  EXPECT_THAT([&] { QueryEngine::Open(*folder_ / "nothing"); },
              ThrowsError(ErrorCode::kNotFound, "nothing"));
}

}  // namespace
}  // namespace csn
