#include "query/cursor.h"

#include <functional>
#include <limits>
#include <memory>

#include "base/random.h"
#include "query/query_engine.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

TEST(CursorTest, ReadsBackWhateverItHolds) {
  for (const double value : {0.0, -0.0, -3.5, 1e308, std::numeric_limits<double>::denorm_min(),
                             std::numeric_limits<double>::infinity()}) {
    const Cursor cursor{.generation = "000012",
                        .query_hash = 0xfedcba9876543210,
                        .position = {7, {4'000'000'000, value}}};
    const Cursor read = ParseCursor(FormatCursor(cursor));
    EXPECT_EQ(read.generation, cursor.generation);
    EXPECT_EQ(read.query_hash, cursor.query_hash);
    EXPECT_EQ(read.position.hits, 7u);
    EXPECT_EQ(read.position.last, cursor.position.last);
  }
}

TEST(CursorTest, AnyChangeIsFound) {
  const std::string cursor =
      FormatCursor({.generation = "000001", .query_hash = 5, .position = {7, {3, 0.25}}});
  const auto wrong = ThrowsError(ErrorCode::kInvalidArgument, "expected one as an answer gave it");
  for (size_t at = 0; at < cursor.size(); ++at) {
    std::string changed = cursor;
    changed[at] = changed[at] == '0' ? '1' : '0';
    EXPECT_THAT([&] { ParseCursor(changed); }, wrong) << changed;
    EXPECT_THAT([&] { ParseCursor(cursor.substr(0, at)); }, wrong);
  }
  EXPECT_THAT([&] { ParseCursor(cursor + "0"); }, wrong);
  EXPECT_THAT([&] { ParseCursor(std::string(1000, 'x')); }, wrong);
}

class CursorQueryTest : public testing::Test {
 protected:
  CursorQueryTest() {
    Publish();
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(folder_ / "idx"));
  }

  void Publish(uint64_t seed = 4) {
    Rng rng(5);
    const test::EmbeddingWorld world = test::MakeEmbeddingWorld(60, 6, 2, seed);
    test::WriteTestIndex(folder_ / "idx", world.embeddings, world.masks,
                         test::RandomFilterItems(rng, 60), {.columns = test::FilterColumns()});
  }

  TempDir folder_;
  std::unique_ptr<QueryEngine> engine_;
  const Query query_{.liked = {"s007"}, .notions = {{"notion-0"}}, .k = 5, .pages = true};
};

TEST_F(CursorQueryTest, BelongsToOneQuery) {
  const Answer first = engine_->Search(query_);
  ASSERT_NE(first.cursor, "");
  Query next = query_;
  next.cursor = first.cursor;
  next.k = 3;  // may differ, as may what is shown
  next.fields = {{"brand"}};
  EXPECT_EQ(engine_->Search(next).hits.front().rank, 6u);
  const std::vector<std::function<void(Query&)>> changes = {
      [](Query& query) { query.liked = {"s008"}; },
      [](Query& query) { query.notions = {{"notion-1"}}; },
      [](Query& query) {
        query.notions.push_back({"notion-1", 0.5});
      },
      [](Query& query) { query.unliked = {"s009"}; },
      [](Query& query) { query.raw = true; },
      [](Query& query) { query.where = "price < 5"; },
      [](Query& query) { query.require = {{.notion = "notion-1", .distance = 1}}; },
      [](Query& query) { query.max_distance = 3; },
      [](Query& query) { query.group_by = "brand"; },
      [](Query& query) { query.diversity = {.lambda = 0.5}; }};
  for (size_t i = 0; i < changes.size(); ++i) {
    Query other = next;
    changes[i](other);
    EXPECT_THAT([&] { engine_->Search(other); },
                ThrowsError(ErrorCode::kInvalidArgument, "cursor: expected one of this very query"))
        << i;
  }
}

TEST_F(CursorQueryTest, EndsWithItsGeneration) {
  Query next = query_;
  next.cursor = engine_->Search(query_).cursor;
  Publish(11);                                             // other embeddings, masks and scales
  EXPECT_EQ(engine_->Search(next).hits.front().rank, 6u);  // as long as it is open
  EXPECT_THAT([&] { QueryEngine::Open(folder_ / "idx").Search(next); },
              ThrowsError(ErrorCode::kNotFound,
                          "cursor: it is of generation 000001, the index has gone on to 000002"));
}

TEST_F(CursorQueryTest, TheLastPageHasNone) {
  Query whole = query_;
  whole.k = 59;
  EXPECT_EQ(engine_->Search(whole).cursor, "");
  whole.k = 58;
  EXPECT_NE(engine_->Search(whole).cursor, "");
  whole.k = 70;
  const Answer answer = engine_->Search(whole);
  EXPECT_EQ(answer.cursor, "");
  EXPECT_EQ(answer.shortfall, 11u);
}

}  // namespace
}  // namespace csn
