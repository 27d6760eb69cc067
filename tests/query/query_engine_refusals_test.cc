// What QueryEngine does not answer, and what it says instead.
#include <cmath>
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
    test::WriteTestIndex(*folder_ / "index", world.embeddings, world.masks,
                         test::MakeTestItems(world.embeddings.rows()),
                         {.notions = {"heel-height", "closure"}});
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
    Expect({.by = "sku-000001", .notions = notions}, kWrong, part);
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
    Expect({.by = "sku-000001", .notions = {{.name = "closure"}}, .k = k}, kWrong,
           fmt::format("k: expected 1 to 100000, got {}", k));
  }
  EXPECT_EQ(engine_->Search({.by = "sku-000001", .notions = {{.name = "closure"}}, .k = kMaxHits})
                .hits.size(),
            19u);
}

TEST_F(QueryEngineRefusals, OfVectors) {
  Expect({.by = std::vector<float>(3), .notions = {{.name = "closure"}}}, kWrong,
         "expected 4 values, got 3");
  Expect({.by = std::vector<float>{0, 1, kNan, 2}, .notions = {{.name = "closure"}}}, kWrong,
         "at position 2");
}

TEST_F(QueryEngineRefusals, OfSkusNobodyHas) {
  Expect({.by = "sku-00013", .notions = {{.name = "closure"}}}, ErrorCode::kNotFound,
         "no item with sku 'sku-00013'");
  Expect({.by = "sku-00013", .notions = {{.name = "closure"}}}, ErrorCode::kNotFound,
         "did you mean sku-0000");
  Expect({.by = "", .notions = {{.name = "closure"}}}, ErrorCode::kNotFound, "sku ''");
}

TEST_F(QueryEngineRefusals, OfAnIndexThatIsNotThere) {
  EXPECT_THAT([&] { QueryEngine::Open(*folder_ / "nothing"); },
              ThrowsError(ErrorCode::kNotFound, "nothing"));
}

}  // namespace
}  // namespace csn
