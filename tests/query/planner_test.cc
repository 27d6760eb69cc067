// Which ways to an answer there are, which is taken, and what is said of it.
#include "base/random.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr size_t kRows = 6000;

class PlannerTest : public testing::Test {
 protected:
  QueryEngine Open(const test::TestIndexOptions& options = {}) {
    std::vector<Item> items = test::MakeTestItems(kRows);
    for (size_t i = 0; i < kRows; ++i) items[i].values = {static_cast<double>(i)};
    test::TestIndexOptions with = options;
    with.columns = {{.name = "number", .type = ColumnType::kNumber}};
    test::WriteTestIndex(folder_ / "index", world_.embeddings, world_.masks, items, with);
    return QueryEngine::Open(folder_ / "index");
  }

  static Query By(const std::string& notions) {
    return {.liked = {"sku-000007"},
            .notions = ParseNotionWeights(notions),
            .items = false,
            .explain_plan = true};
  }

  static std::vector<std::string> Names(const PlanReport& report) {
    std::vector<std::string> names;
    for (const PlanReport::Way& way : report.ways) names.push_back(way.name);
    return names;
  }
  static std::string Taken(const PlanReport& report) {
    std::string taken;
    for (const PlanReport::Way& way : report.ways) taken += way.taken ? way.name : "";
    return taken;
  }
  static PlanReport Report(const QueryEngine& engine, const Query& query) {
    const Answer answer = engine.Search(query);
    const PlanReport& report = *answer.plan_report;
    EXPECT_GT(report.seen_ms, 0);
    for (size_t i = 0; i < report.ways.size(); ++i) EXPECT_GT(report.ways[i].expected_ms, 0);
    return report;
  }

  const test::EmbeddingWorld world_ = test::MakeEmbeddingWorld(kRows, 32, 2, 41);
  TempDir folder_;
};

TEST_F(PlannerTest, CodesAreReadWhereTheyCanTell) {
  const QueryEngine engine = Open();
  for (const char* notions : {"notion-0", "notion-0=2,notion-1"}) {
    const PlanReport report = Report(engine, By(notions));
    EXPECT_THAT(Names(report), ElementsAre("codes", "floats"));
    EXPECT_EQ(Taken(report), "codes");
    EXPECT_LE(report.ways[0].expected_ms, report.ways[1].expected_ms);
    EXPECT_EQ(report.rows_by_codes, kRows);
    EXPECT_LT(report.rows_by_floats, kRows / 2);
    EXPECT_LE(report.rows_measured, report.rows_by_floats);
    EXPECT_GE(report.rows_measured, 10u);
  }
  const PlanReport against = Report(engine, By("notion-0,notion-1=-0.5"));
  EXPECT_THAT(Names(against), ElementsAre("floats"));
  EXPECT_EQ(against.rows_by_codes, 0u);
  EXPECT_EQ(against.rows_by_floats, kRows);
  Query grouped = By("notion-0");
  grouped.group_by = "number";
  EXPECT_THAT(Names(Report(engine, grouped)), ElementsAre("floats"));
}

TEST_F(PlannerTest, ATreeIsSearchedWhereItLooksAtLess) {
  const QueryEngine plain = Open(), engine = Open({.tree = true});
  for (const char* where : {"", "number < 3000"}) {
    Query query = By("notion-0");
    query.where = where;
    const Answer answer = engine.Search(query);
    const PlanReport& report = *answer.plan_report;
    EXPECT_THAT(Names(report), UnorderedElementsAre("tree", "codes", "floats"));
    EXPECT_EQ(Taken(report), "tree");
    EXPECT_EQ(answer.plan, Plan::kScan);
    EXPECT_TRUE(answer.exact);
    EXPECT_GE(report.rows_by_codes, 64u);
    EXPECT_LE(report.rows_measured, report.rows_by_floats);
    const Answer expected = plain.Search(query);
    for (size_t i = 0; i < expected.hits.size(); ++i) {
      EXPECT_EQ(answer.hits[i].item.sku, expected.hits[i].item.sku);
      EXPECT_EQ(answer.hits[i].score, expected.hits[i].score);
    }
  }
  EXPECT_THAT(Names(Report(engine, By("notion-0,notion-1"))), ElementsAre("codes", "floats"));
  Query limited = By("notion-0");
  limited.require = {{.notion = "notion-1", .kind = Query::Limit::Kind::kAtMost, .distance = 0.1}};
  EXPECT_THAT(Names(Report(engine, limited)), UnorderedElementsAre("codes", "floats"));
}

TEST_F(PlannerTest, FewRowsAreReadAloneAndManyAmongTheOthers) {
  const QueryEngine engine = Open();
  Query query = By("notion-0,notion-1");
  query.where = "number < 40";
  const PlanReport few = Report(engine, query);
  EXPECT_EQ(Taken(few), "floats");
  EXPECT_EQ(few.rows_by_codes, 0u);
  EXPECT_EQ(few.rows_by_floats, 40u);
  query.where = "number < 5000";
  const PlanReport many = Report(engine, query);
  EXPECT_EQ(Taken(many), "codes");
  EXPECT_EQ(many.rows_by_codes, kRows);
  EXPECT_LT(many.rows_by_floats, 5000u);
}

TEST_F(PlannerTest, AFilterThatIsAskedAgainIsReadFromRowsGathered) {
  const QueryEngine engine = Open();
  Query plain = By("notion-0,notion-1"), grouped = plain, limited = plain, unlike = plain;
  grouped.group_by = "number";
  limited.require = {{.notion = "notion-1", .kind = Query::Limit::Kind::kAtMost, .distance = 1}};
  unlike.notions = ParseNotionWeights("notion-0,notion-1=-0.5");
  size_t asked = 0;
  for (Query query : {plain, grouped, limited, unlike}) {
    query.where = fmt::format("number < {} or number > 5990", 70 + 13 * asked++);
    const auto floats_ms = [&] {
      for (const PlanReport::Way& way : Report(engine, query).ways) {
        if (way.name == "floats") return way.expected_ms;
      }
      return -1.0;
    };
    const double first_ms = floats_ms();
    EXPECT_LT(floats_ms(), first_ms);
    query.explain_plan = false;
    const QueryEngine fresh = QueryEngine::Open(folder_ / "index");
    EXPECT_EQ(FormatAnswer(engine.Search(query), Format::kJsonl),
              FormatAnswer(fresh.Search(query), Format::kJsonl));
  }
}

TEST_F(PlannerTest, WithoutCodesAFlatIndexOrFloats) {
  const QueryEngine engine = Open({.codes = false});
  const PlanReport report = Report(engine, By("notion-0"));
  EXPECT_THAT(Names(report), UnorderedElementsAre("flat index", "floats"));
  EXPECT_EQ(Taken(Report(engine, By("notion-0,notion-1"))), "floats");
}

TEST_F(PlannerTest, AGraphIsAskedWhereItIsFasterOrToldHowWidely) {
  const QueryEngine engine = Open({.key = "HNSW8", .ef_search = 16});
  Query query = By("notion-0");
  EXPECT_THAT(Names(Report(engine, query)), UnorderedElementsAre("codes", "floats", "graph"));
  query.ef = 300;
  const Answer told = engine.Search(query);
  EXPECT_EQ(told.plan, Plan::kHnsw);
  EXPECT_EQ(Taken(*told.plan_report), "graph");
  EXPECT_EQ(told.plan_report->rows_by_floats, 0u);
  // It has no lists: the fastest way is taken, as where nothing is told.
  query.ef = 0;
  const std::vector<std::string> untold = Names(Report(engine, query));
  query.nprobe = 10;
  EXPECT_EQ(Names(Report(engine, query)), untold);
  query.nprobe = 0;
  query.exact = true;
  EXPECT_THAT(Names(Report(engine, query)), ElementsAre("codes", "floats"));
  query.exact = false;
  // It cannot give that many: the next way does.
  query.k = kRows - 1;
  const Answer all = engine.Search(query);
  EXPECT_EQ(all.plan, Plan::kScan);
  EXPECT_EQ(all.hits.size(), kRows - 1);
}

TEST_F(PlannerTest, ListsAreAskedWhereTheyAreFasterOrToldHowWidely) {
  const QueryEngine engine = Open({.key = "IVF10,Flat", .nprobe = 1});
  Query query = By("notion-0");
  EXPECT_THAT(Names(Report(engine, query)), UnorderedElementsAre("codes", "floats", "lists"));
  query.nprobe = 10;
  const Answer all = engine.Search(query);
  EXPECT_EQ(all.plan, Plan::kIvf);
  EXPECT_FALSE(all.exact);
  EXPECT_EQ(Taken(*all.plan_report), "lists");
  query.exact = true;
  const Answer exact = engine.Search(query);
  EXPECT_EQ(exact.plan, Plan::kScan);
  ASSERT_EQ(all.hits.size(), exact.hits.size());
  for (size_t i = 0; i < all.hits.size(); ++i) {
    EXPECT_EQ(all.hits[i].item.sku, exact.hits[i].item.sku);
    EXPECT_EQ(all.hits[i].score, exact.hits[i].score);
  }
  query.exact = false;
  // Too few rows are in one list: the next way gives the rest.
  query.nprobe = 1;
  query.k = kRows - 100;
  EXPECT_EQ(engine.Search(query).plan, Plan::kScan);
}

TEST_F(PlannerTest, IsToldInEveryFormatButCsv) {
  const QueryEngine engine = Open();
  Query query = By("notion-0");
  const Answer answer = engine.Search(query);
  const std::string table = FormatAnswer(answer, Format::kTable);
  EXPECT_THAT(table, HasSubstr("ways\n       codes  0.0"));
  EXPECT_THAT(table, HasSubstr("looked  at 6000 rows by codes, "));
  EXPECT_THAT(FormatAnswer(answer, Format::kJsonl),
              HasSubstr(R"("plan_report":{"ways":[{"way":"codes","expected_ms":)"));
  query.explain_plan = false;
  EXPECT_THAT(FormatAnswer(engine.Search(query), Format::kJsonl), Not(HasSubstr("plan_report")));
}

}  // namespace
}  // namespace csn
