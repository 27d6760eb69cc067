// What explanations say, held against what the same queries without some of their steps answer.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "query/filter.h"
#include "query/internal/filter_reasons.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Step = KeptOut::Step;

constexpr size_t kRows = 150;

class ExplainTest : public testing::Test {
 protected:
  ExplainTest()
      : world_(test::MakeEmbeddingWorld(kRows, 8, 3, 21)),
        items_(test::RandomFilterItems(rng_, kRows)) {
    engine_ = MakeEngine("Flat");
  }

  std::unique_ptr<QueryEngine> MakeEngine(const std::string& key) {
    test::WriteTestIndex(folder_ / key, world_.embeddings, world_.masks, items_,
                         {.key = key, .columns = test::FilterColumns()});
    return std::make_unique<QueryEngine>(QueryEngine::Open(folder_ / key));
  }

  // (score, sku) of all hits that the query has, however many it asks for.
  std::vector<std::pair<double, std::string>> All(Query query) const {
    query.k = kRows;
    query.explain = false;
    std::vector<std::pair<double, std::string>> all;
    for (const Hit& hit : engine_->Search(query).hits) all.emplace_back(hit.score, hit.item.sku);
    return all;
  }

  std::map<Step, KeptOut> Explained(const Query& query) const {
    std::map<Step, KeptOut> steps;
    const Answer answer = engine_->Search(query);
    for (const KeptOut& kept : *answer.kept_out) steps[kept.step] = kept;
    EXPECT_EQ(steps.size(), answer.kept_out->size());
    return steps;
  }

  Rng rng_{31};
  TempDir folder_;
  test::EmbeddingWorld world_;
  std::vector<Item> items_;
  std::unique_ptr<QueryEngine> engine_;
};

TEST_F(ExplainTest, StepsKeptOutWhatTheQueryHasWithoutThem) {
  size_t seen[static_cast<size_t>(Step::kNext) + 1] = {};
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    Query query{.liked = {items_[rng_.Below(kRows)].sku},
                .notions = {{"notion-0", 1}, {"notion-2", rng_.Uniform(0.1, 3)}},
                .k = 1 + rng_.Below(20)};
    // Each query with one step more than the one before it, in the steps' order.
    std::vector<std::pair<Step, Query>> grown;
    const auto grow = [&](Step step) { grown.emplace_back(step, query); };
    const auto maybe = [&] { return rng_.Below(2) == 0; };
    std::vector<std::pair<double, std::string>> before = All(query);
    if (maybe()) query.where = test::MakeRandomFilter(rng_, 2).text, grow(Step::kWhere);
    if (maybe()) {
      query.require = {{"notion-1", Query::Limit::Kind::kAtMost, rng_.Uniform(0.5, 1.2)}};
      grow(Step::kRequire);
    }
    if (maybe()) query.max_distance = rng_.Uniform(0.5, 2), grow(Step::kMaxDistance);
    if (maybe()) query.group_by = "brand", grow(Step::kGroupBy);

    query.explain = true;
    const Answer answer = engine_->Search(query);
    const std::map<Step, KeptOut> steps = Explained(query);
    const bool fell_short = answer.shortfall > 0;
    const auto last = answer.hits.empty()
                          ? std::pair<double, std::string>()
                          : std::pair(answer.hits.back().score, answer.hits.back().item.sku);
    for (const auto& [step, with] : grown) {
      const auto after = All(with);
      std::vector<std::pair<double, std::string>> stopped;
      std::ranges::set_difference(before, after, std::back_inserter(stopped));
      std::erase_if(stopped, [&](const auto& item) { return !fell_short && item > last; });
      ASSERT_EQ(steps.contains(step), !stopped.empty());
      if (!stopped.empty()) {
        const KeptOut& kept = steps.at(step);
        EXPECT_EQ(kept.sku, stopped.front().second);
        EXPECT_EQ(kept.score, stopped.front().first);
        EXPECT_EQ(kept.nearer, stopped.size());
        EXPECT_FALSE(kept.why.empty());
        ++seen[static_cast<size_t>(step)];
      }
      before = after;
    }
    ASSERT_EQ(steps.contains(Step::kNext), before.size() > query.k);
    if (before.size() > query.k) {
      EXPECT_EQ(steps.at(Step::kNext).sku, before[query.k].second);
      ++seen[static_cast<size_t>(Step::kNext)];
    }
  }
  for (const Step step :
       {Step::kWhere, Step::kRequire, Step::kMaxDistance, Step::kGroupBy, Step::kNext}) {
    EXPECT_GT(seen[static_cast<size_t>(step)], 10u) << StepName(step);
  }
}

TEST_F(ExplainTest, DoesNotChangeTheAnswer) {
  for (const char* key : {"Flat", "HNSW8"}) {
    const std::unique_ptr<QueryEngine> engine = MakeEngine(key);
    for (int round = 0; round < 30; ++round) {
      Query query{.liked = {items_[rng_.Below(kRows)].sku},
                  .notions = {{"notion-0", 1}},
                  .k = 1 + rng_.Below(10),
                  .pages = rng_.Below(2) == 0};
      if (rng_.Below(2) == 0) query.diversity = Query::Diversity{.lambda = 0.6, .pool = 40};
      const Answer plain = engine->Search(query);
      query.explain = true;
      const Answer explained = engine->Search(query);
      EXPECT_FALSE(plain.kept_out.has_value());
      EXPECT_EQ(explained.cursor, plain.cursor);
      ASSERT_EQ(explained.hits.size(), plain.hits.size());
      for (size_t i = 0; i < plain.hits.size(); ++i) {
        EXPECT_EQ(explained.hits[i].item.sku, plain.hits[i].item.sku);
        EXPECT_EQ(explained.hits[i].score, plain.hits[i].score);
        EXPECT_THAT(plain.hits[i].why, IsEmpty());
        EXPECT_THAT(explained.hits[i].why, StartsWith("notion-0 "));
      }
    }
  }
}

TEST_F(ExplainTest, HitsStandWhereAllItemsStand) {
  const Query query{
      .liked = {items_[4].sku}, .notions = {{"notion-1", 1}}, .k = kRows - 1, .explain = true};
  const Answer answer = engine_->Search(query);
  EXPECT_THAT(answer.hits.front().why, HasSubstr("none of 149 items is nearer"));
  // 100 * 139 / 148 and so on, by counting.
  EXPECT_THAT(answer.hits[9].why, HasSubstr("nearer than 93 % of 149 items"));
  EXPECT_THAT(answer.hits.back().why, HasSubstr("farther than 100 % of 149 items"));
}

TEST_F(ExplainTest, DiversitySaysWhatItTookAndPassedOver) {
  Query query{.liked = {items_[4].sku},
              .notions = {{"notion-1", 1}},
              .diversity = {{.lambda = 0.9, .pool = 30}},
              .k = 5,
              .explain = true};
  const Answer answer = engine_->Search(query);
  const std::map<Step, KeptOut> steps = Explained(query);
  EXPECT_THAT(answer.hits[1].why, HasSubstr("taken as hit 2 for its score of "));
  EXPECT_THAT(answer.hits[1].why, HasSubstr("to " + answer.hits[0].item.sku));
  std::set<std::string> hits;
  for (const Hit& hit : answer.hits) hits.insert(hit.item.sku);
  query.diversity.reset();
  // The nearest that is no hit was passed over.
  for (const auto& [score, sku] : All(query)) {
    if (hits.contains(sku)) continue;
    EXPECT_EQ(steps.at(Step::kDiversity).sku, sku);
    EXPECT_THAT(steps.at(Step::kDiversity).why, HasSubstr("in the pool, but its score to "));
    break;
  }
  query.diversity = Query::Diversity{.lambda = 0.9, .pool = 30};
  query.k = 6;
  EXPECT_EQ(steps.at(Step::kNext).sku, engine_->Search(query).hits.back().item.sku);
  query.k = 30;  // all of the pool
  EXPECT_THAT(Explained(query), IsEmpty());
}

TEST_F(ExplainTest, PagesGoOnWhereTheOneBeforeEnded) {
  for (const bool diverse : {false, true}) {
    Query query{.liked = {items_[4].sku},
                .notions = {{"notion-1", 1}},
                .k = 7,
                .pages = true,
                .explain = true};
    if (diverse) query.diversity = Query::Diversity{.lambda = 0.5, .pool = 21};
    std::string next;
    for (int page = 0; page < 3; ++page) {
      const Answer answer = engine_->Search(query);
      ASSERT_EQ(answer.hits.size(), 7u);
      if (page > 0) {
        EXPECT_EQ(answer.hits.front().item.sku, next);
      }
      const std::map<Step, KeptOut> steps = Explained(query);
      EXPECT_EQ(steps.contains(Step::kNext), !diverse || page < 2);
      if (steps.contains(Step::kNext)) next = steps.at(Step::kNext).sku;
      if (!diverse) {
        EXPECT_EQ(steps.size(), 1u);
      }
      query.cursor = answer.cursor;
    }
  }
}

TEST_F(ExplainTest, AnIndexThatMissesAnItemIsToldOf) {
  // So thin a graph, asked for all but a few, misses some.
  test::WriteTestIndex(folder_ / "thin", world_.embeddings, world_.masks, items_,
                       {.key = "HNSW2", .ef_search = 1, .columns = test::FilterColumns()});
  const QueryEngine thin = QueryEngine::Open(folder_ / "thin");
  for (const bool fall_short : {false, true}) {
    size_t missed = 0, behind = 0;
    for (const Item& item : items_) {
      Query query{.liked = {item.sku}, .notions = {{"notion-0", 1}}, .k = 5, .explain = true};
      std::vector<std::pair<double, std::string>> nearest = All(query), found;
      if (fall_short) {
        // The five nearest would do, but more are wanted: what is missed may be behind all hits.
        query.max_distance = std::sqrt(nearest[4].first) * (1 + 1e-12);
        query.k = 7;
      }
      const Answer answer = thin.Search(query);
      if (answer.exact) continue;
      for (const Hit& hit : answer.hits) found.emplace_back(hit.score, hit.item.sku);
      if (fall_short) {
        nearest = All(query);
      } else {
        nearest.resize(
            static_cast<size_t>(std::ranges::upper_bound(nearest, found.back()) - nearest.begin()));
      }
      std::vector<std::pair<double, std::string>> expected;
      std::ranges::set_difference(nearest, found, std::back_inserter(expected));
      for (const KeptOut& kept : *answer.kept_out) {
        EXPECT_TRUE(!fall_short || kept.step != Step::kNext);
        if (kept.step != Step::kIndex) continue;
        ++missed;
        ASSERT_FALSE(expected.empty());
        behind += found.empty() || expected.front() > found.back() ? 1 : 0;
        EXPECT_EQ(kept.sku, expected.front().second);
        EXPECT_EQ(kept.nearer, expected.size());
        expected.clear();
      }
      EXPECT_THAT(expected, IsEmpty());
    }
    EXPECT_GT(missed, 0u) << fall_short;
    EXPECT_EQ(behind > 0, fall_short);
  }
}

TEST_F(ExplainTest, FilterReasonsAreThePartsThatFail) {
  const Generation generation = Generation::Open(folder_ / "Flat");
  const MetadataStore& store = generation.metadata();
  const auto reasons = [&](const std::string& where) {
    std::vector<std::string> texts;
    for (const internal::FilterReason& reason : internal::WhyFilteredOut(store, where, 0)) {
      texts.push_back((reason.holds ? "is: " : "is not: ") + reason.text);
    }
    return texts;
  };
  const std::string yes = "sku = 's000'", no = "sku = 's001'";
  EXPECT_THAT(reasons(yes), IsEmpty());
  EXPECT_THAT(reasons(no), ElementsAre("is not: " + no));
  EXPECT_THAT(reasons(yes + " and (" + no + " or  " + no + ")"),
              ElementsAre("is not: " + no, "is not: " + no));
  EXPECT_THAT(reasons(no + " and " + yes + " and sku not in ('s000')"),
              ElementsAre("is not: " + no, "is not: sku not in ('s000')"));
  EXPECT_THAT(reasons("not (" + no + " or " + yes + ")"), ElementsAre("is: " + yes));
  EXPECT_THAT(reasons("not not (" + no + " and " + yes + ")"), ElementsAre("is not: " + no));
  EXPECT_THAT(reasons("not sku = 's000' or sku is null"),
              ElementsAre("is not: not sku = 's000'", "is not: sku is null"));
}

TEST_F(ExplainTest, FilterReasonsAgreeWithTheFilter) {
  const Generation generation = Generation::Open(folder_ / "Flat");
  const MetadataStore& store = generation.metadata();
  for (int round = 0; round < 300; ++round) {
    const test::RandomFilter filter = test::MakeRandomFilter(rng_, 3);
    const auto row = static_cast<uint32_t>(rng_.Below(kRows));
    SCOPED_TRACE(filter.text);
    const auto reasons = internal::WhyFilteredOut(store, filter.text, row);
    EXPECT_EQ(reasons.empty(), filter.holds(items_[row]));
    for (const internal::FilterReason& reason : reasons) {
      EXPECT_EQ(Filter(store, reason.text).rows.contains(row), reason.holds) << reason.text;
    }
  }
}

}  // namespace
}  // namespace csn
