// Random queries over the whole grammar against brute force written down independently, on
// catalogues of no row up to 100,000: CSN_ORACLE_QUERIES=20000 asks so many (default: 1,000),
// CSN_ORACLE_SEED another seed. What fails is printed in its smallest form as an entry of kKept.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>
#include <variant>

#include "base/random.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "query/query_json.h"
#include "tests/support/query_oracle.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::oracle::AllHits;
using test::oracle::Case;
using test::oracle::FilterOf;
using test::oracle::MakeWorld;
using test::oracle::MeasureRow;
using test::oracle::Ranked;
using test::oracle::Shape;
using test::oracle::World;

// ---- Random queries

Query::Example RandomExample(const World& world, Rng& rng) {
  if (!world.items.empty() && rng.Below(3) != 0) {
    return world.items[rng.Below(world.items.size())].sku;
  }
  std::vector<float> vector(world.embeddings.cols());
  for (float& value : vector) value = static_cast<float>(rng.Below(9)) / 3 - 1;
  return vector;
}

// Now and then the very distance of a row, where "below" and "at most" part.
double RandomLimit(const World& world, const Case& asked, size_t notion, Rng& rng) {
  if (world.items.empty() || rng.Below(3) != 0) return static_cast<double>(rng.Below(200)) / 100;
  return MeasureRow(world, asked, rng.Below(world.items.size())).distances[notion];
}

Case RandomCase(const World& world, Rng& rng) {
  Case asked{.query = {}, .seed = rng.Next()};
  Query& query = asked.query;
  const auto sometimes = [&](uint64_t times) { return rng.Below(times) == 0; };
  const size_t notions = world.masks.rows();
  std::vector<size_t> order(notions);
  for (size_t c = 0; c < notions; ++c) order[c] = c;
  rng.Shuffle(order);
  const size_t count = sometimes(2) ? 1 : 1 + rng.Below(notions);
  for (size_t i = 0; i < count; ++i) {
    double weight = static_cast<double>(1 + rng.Below(40)) / 7;
    if (i > 0 && sometimes(3)) weight = -weight;
    query.notions.push_back({fmt::format("notion-{}", order[i]), weight});
  }
  query.liked.push_back(RandomExample(world, rng));
  while (sometimes(4)) query.liked.push_back(RandomExample(world, rng));
  while (sometimes(5)) query.unliked.push_back(RandomExample(world, rng));
  if (sometimes(2)) query.beta = static_cast<double>(rng.Below(100)) / 100;
  query.raw = sometimes(6);
  while (sometimes(4)) {
    const size_t notion = rng.Below(notions);
    query.require.push_back({fmt::format("notion-{}", notion),
                             static_cast<Query::Limit::Kind>(rng.Below(4)),
                             RandomLimit(world, asked, notion, rng)});
  }
  if (sometimes(3)) query.where = FilterOf(asked).text;
  const bool plain =
      query.unliked.empty() &&
      std::ranges::none_of(query.notions, [](const auto& n) { return n.weight < 0; });
  if (plain && sometimes(4)) query.max_distance = RandomLimit(world, asked, order[0], rng);
  if (sometimes(4)) query.group_by = sometimes(2) ? "brand" : "price";
  const size_t many = std::min<size_t>(world.items.size() + 5, 500);
  query.k = 1 + rng.Below(sometimes(4) ? many : 12);
  if (sometimes(4)) {
    query.diversity = {.lambda = static_cast<double>(rng.Below(11)) / 10,
                       .pool = query.k + rng.Below(30)};
  }
  query.exact = true;
  query.items = sometimes(2);
  // What is asked is what a kept case will ask.
  query = ParseQuery(FormatQuery(query));
  return asked;
}

// ---- What must hold

// "" where the answer is what the definition says, else what is wrong.
std::string AnswerFault(const World& world, const Query& query, const std::vector<Ranked>& all) {
  const size_t wanted = std::min(all.size(), query.k);
  const Answer answer = world.engine->Search(query);
  if (!answer.exact) return "not exact";
  if (answer.hits.size() != wanted) {
    return fmt::format("{} hits, expected {}", answer.hits.size(), wanted);
  }
  if (answer.shortfall != query.k - wanted) return "wrong shortfall";
  for (size_t i = 0; i < wanted; ++i) {
    const Hit& hit = answer.hits[i];
    const Ranked& expected = all[i];
    const Item& item = world.items[expected.row];
    if (hit.item.sku != item.sku || hit.score != expected.score || hit.rank != i + 1) {
      return fmt::format("hit {} is {} with {}, expected {} with {}", i + 1, hit.item.sku,
                         hit.score, item.sku, expected.score);
    }
    if (query.items && hit.item.values != item.values) return "not the values of " + item.sku;
    for (size_t c = 0; c < hit.parts.size(); ++c) {
      if (hit.parts[c].distance != expected.distances[c] ||
          hit.parts[c].share != expected.shares[c]) {
        return fmt::format("hit {}, notion {}: distance {}, share {}, expected {}, {}", i + 1, c,
                           hit.parts[c].distance, hit.parts[c].share, expected.distances[c],
                           expected.shares[c]);
      }
    }
  }
  return "";
}

// "" where the pages, put together, are one big answer; of a large catalogue the first few.
std::string PagesFault(const World& world, Query page, const std::vector<Ranked>& all, Rng& rng) {
  const size_t n = world.items.size();
  const bool large = n > 1000;
  page.pages = true;
  std::vector<std::string> found;
  bool ended = false;
  for (size_t pages = 0; !ended && pages < (large ? 3 : n + 1); ++pages) {
    page.k = 1 + rng.Below(large ? 200 : 9);
    if (page.diversity) page.k = std::min(page.k, page.diversity->pool);
    const Answer answer = world.engine->Search(page);
    for (const Hit& hit : answer.hits) {
      found.push_back(hit.item.sku);
      if (hit.rank != found.size()) return fmt::format("rank {} at {}", hit.rank, found.size());
    }
    ended = answer.cursor.empty();
    if (!ended && answer.hits.size() != page.k) return "a short page with a cursor";
    page.cursor = answer.cursor;
  }
  std::vector<std::string> expected;
  const size_t count = ended ? all.size() : std::min(all.size(), found.size());
  for (size_t i = 0; i < count; ++i) expected.push_back(world.items[all[i].row].sku);
  return found == expected ? ""
                           : fmt::format("pages give {}, expected {}", fmt::join(found, " "),
                                         fmt::join(expected, " "));
}

// What asking costs a case: its fault, "" for none, and how many hits there are in all.
struct Verdict {
  std::string fault = {};
  bool refused = false;
  size_t hits = 0;
};

Verdict Judge(const World& world, const Case& asked) {
  const std::vector<Ranked> all = AllHits(world, asked);
  Rng rng(asked.seed);
  Verdict verdict{.hits = all.size()};
  try {
    verdict.fault = AnswerFault(world, asked.query, all);
    if (verdict.fault.empty()) verdict.fault = PagesFault(world, asked.query, all, rng);
  } catch (const Error& error) {
    verdict.fault = error.what();
    verdict.refused = true;
  }
  return verdict;
}

// ---- Failing cases

// A case with all that it takes to ask it again.
struct Kept {
  Shape shape;
  uint64_t seed;  // the case's
  const char* query;
};

// The smallest form of every case that has failed once, as it was printed, and some of the edges.
const Kept kKept[] = {
    // No row at all: a build publishes no such index, but the format allows it. Was refused.
    {{0, 1, 2, "Flat", 14004732731551696106u},
     11949649047065207324u,
     R"({"like": {"vector": [0]}, "notions": "notion-1"})"},
    {{0, 3, 2, "HNSW8", 1},
     1,
     R"({"like": {"vector": [0, 1, 0]}, "notions": "notion-0,notion-1=-1", "group_by": "brand",
         "diversity": 0.5})"},
    // The only row is the one that is asked by.
    {{1, 3, 1, "Flat", 2}, 1, R"({"like": "s000", "notions": "notion-0"})"},
};

std::string AsKept(const Shape& shape, const Case& asked) {
  return fmt::format("{{{{{}, {}, {}, \"{}\", {}u}}, {}u, R\"({})\"}},", shape.n, shape.d,
                     shape.notions, shape.key, shape.seed, asked.seed, FormatQuery(asked.query));
}

// Make a query simpler, in ways that may leave a fault.
std::vector<std::function<void(Query&)>> Simplifications(const World& world) {
  std::vector<std::function<void(Query&)>> all;
  const auto add = [&](const auto& simplify) { all.push_back(simplify); };
  add([](Query& query) { query.where.clear(); });
  add([](Query& query) { query.require.clear(); });
  add([](Query& query) { query.unliked.clear(); });
  add([](Query& query) { query.max_distance.reset(); });
  add([](Query& query) { query.group_by.clear(); });
  add([](Query& query) { query.diversity.reset(); });
  add([](Query& query) { query.raw = false; });
  add([](Query& query) { query.items = false; });
  add([](Query& query) { query.beta = Query().beta; });
  add([](Query& query) { query.k = 1; });
  add([](Query& query) { query.k = (query.k + 1) / 2; });
  const auto add_for_each_list = [&](const auto& simplify) {
    add([=](Query& query) { simplify(query.liked); });
    add([=](Query& query) { simplify(query.unliked); });
    add([=](Query& query) { simplify(query.notions); });
    add([=](Query& query) { simplify(query.require); });
  };
  add_for_each_list([](auto& list) {
    if (list.size() > 1) list.erase(list.begin());
  });
  add_for_each_list([](auto& list) {
    if (list.size() > 1) list.pop_back();
  });
  // The first item is in every smaller catalogue, too.
  if (!world.items.empty()) {
    add([first = world.items.front().sku](Query& query) { query.liked.front() = first; });
  }
  return all;
}

// The case with everything left out that its fault does not need, on the smallest catalogue, as an
// entry of kKept.
std::string Shrunk(const std::string& folder, Shape shape, Case asked, const Verdict& verdict) {
  std::unique_ptr<World> world = std::make_unique<World>(MakeWorld(folder + "/whole", shape));
  const auto fails = [&](const World& on, const Case& tried) {
    const Verdict now = Judge(on, tried);
    // What is simpler may be refused with reason.
    return now.refused == verdict.refused &&
           (now.refused ? now.fault == verdict.fault : !now.fault.empty());
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (const auto& simplify : Simplifications(*world)) {
      Case tried = asked;
      simplify(tried.query);
      if (FormatQuery(tried.query) == FormatQuery(asked.query) || !fails(*world, tried)) continue;
      asked = tried;
      smaller = true;
    }
    for (const size_t n : {shape.n / 2, shape.n * 3 / 4}) {
      Shape part = shape;
      part.n = n;
      const std::string index = fmt::format("{}/{}", folder, n);
      // Of few rows the skus are others than of many.
      if (smaller || n == shape.n || (n <= 1000) != (shape.n <= 1000)) continue;
      auto tried = std::make_unique<World>(MakeWorld(index, part));
      if (!fails(*tried, asked)) continue;
      world = std::move(tried);
      shape = part;
      smaller = true;
    }
  }
  return AsKept(shape, asked);
}

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

class QueryOracleTest : public testing::Test {
 protected:
  QueryOracleTest() { fmt::print("seed {}, {} queries\n", seed_, queries_); }

  // Asks `count` random queries of one catalogue; how many hits they have.
  uint64_t Ask(const Shape& shape, uint64_t count) {
    const TempDir folder;
    const World world = MakeWorld(folder / "index", shape);
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count && !HasFailure(); ++i) {
      const Case asked = RandomCase(world, rng_);
      const Verdict verdict = Judge(world, asked);
      hits += std::min(asked.query.k, verdict.hits);
      if (verdict.fault.empty()) continue;
      ADD_FAILURE() << verdict.fault << "\nseed " << seed_ << ": " << AsKept(shape, asked)
                    << "\nto be kept: " << Shrunk(folder.path(), shape, asked, verdict);
    }
    return hits;
  }

  Shape RandomShape(size_t n, const char* key) {
    return {n, 1 + rng_.Below(8), 1 + rng_.Below(4), key, rng_.Next()};
  }

  const uint64_t seed_ = FromEnvironment("CSN_ORACLE_SEED", 2026);
  const uint64_t queries_ = FromEnvironment("CSN_ORACLE_QUERIES", 1000);
  Rng rng_{seed_};
};

TEST_F(QueryOracleTest, EveryAnswerIsWhatTheDefinitionSays) {
  constexpr uint64_t kOfOne = 50;  // queries of one catalogue
  uint64_t hits = 0;
  for (uint64_t world = 0; world * kOfOne < queries_ && !HasFailure(); ++world) {
    const size_t n = world % 8 < 3 ? world % 8 : 1 + rng_.Below(300);
    const char* key = rng_.Below(4) == 0 ? "HNSW8" : "Flat";
    hits += Ask(RandomShape(n, key), kOfOne);
  }
  // The queries are worth asking.
  EXPECT_GT(hits, 2 * queries_);
}

TEST_F(QueryOracleTest, AmongManyRowsToo) {
  const uint64_t large = queries_ / 50;
  constexpr uint64_t kOfOne = 50;
  for (uint64_t asked = 0; asked < large && !HasFailure(); asked += kOfOne) {
    const size_t n = asked == 0 ? 100'000 : 1'000 + rng_.Below(99'001);
    Ask(RandomShape(n, "Flat"), std::min(kOfOne, large - asked));
  }
}

// An answer or an error as text, without what time it took.
std::string AsText(std::variant<Answer, Error> outcome) {
  if (const Error* error = std::get_if<Error>(&outcome)) {
    return FormatBatchError(1, ExitStatus(error->code()), error->what());
  }
  Answer& answer = std::get<Answer>(outcome);
  answer.plan_report.reset();
  return FormatBatchAnswer(1, answer);
}

TEST_F(QueryOracleTest, ManyAskedTogetherAreAnsweredAsEachAlone) {
  size_t by_codes = 0, refused = 0;
  const uint64_t lots = std::max<uint64_t>(queries_ / 50, 20);
  for (const auto& [n, key] : {std::pair{50'001, "Flat"}, {900, "Flat"}, {700, "HNSW8"}}) {
    const TempDir folder;
    const World world = MakeWorld(folder / "index", RandomShape(n, key));
    for (uint64_t lot = 0; lot < lots && !HasFailure(); ++lot) {
      std::vector<Query> queries(rng_.Below(40));
      for (Query& query : queries) {
        query = RandomCase(world, rng_).query;
        query.exact = rng_.Below(2) == 0;
        query.explain_plan = true;
        if (rng_.Below(10) == 0) query.notions.front().name = "notion-99";
        if (rng_.Below(10) == 0) query.liked.front() = "no such sku";
      }
      const std::vector<std::variant<Answer, Error>> together = world.engine->SearchMany(queries);
      ASSERT_EQ(together.size(), queries.size());
      for (size_t i = 0; i < queries.size() && !HasFailure(); ++i) {
        SCOPED_TRACE(FormatQuery(queries[i]));
        std::variant<Answer, Error> alone = Answer();
        try {
          alone = world.engine->Search(queries[i]);
        } catch (const Error& error) {
          alone = error;
          ++refused;
        }
        EXPECT_EQ(AsText(together[i]), AsText(alone));
        if (const Answer* answer = std::get_if<Answer>(&together[i])) {
          const std::vector<PlanReport::Way>& ways = answer->plan_report->ways;
          by_codes += ways.front().name == "codes" && ways.front().taken ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(by_codes, 2 * lots);
  EXPECT_GT(refused, lots / 2);
}

TEST_F(QueryOracleTest, WhatFailedOnceDoesNotFailAgain) {
  for (const Kept& kept : kKept) {
    SCOPED_TRACE(kept.query);
    const TempDir folder;
    const Case asked{.query = ParseQuery(kept.query), .seed = kept.seed};
    if (!asked.query.where.empty()) {
      ASSERT_EQ(FilterOf(asked).text, asked.query.where) << "filters are drawn in another way now";
    }
    EXPECT_EQ(Judge(MakeWorld(folder / "index", kept.shape), asked).fault, "");
  }
}

}  // namespace
}  // namespace csn
