// Random queries over the whole grammar against brute force written down independently, on
// catalogues of no row up to 100,000: CSN_ORACLE_QUERIES=20000 asks so many (default: 1,000),
// CSN_ORACLE_SEED another seed. What fails is printed in its smallest form as an entry of kKept.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "query/query_engine.h"
#include "query/query_json.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::MakeRandomFilter;
using test::RandomFilter;
using test::TempDir;

// A catalogue, whole: what a seed makes of a shape.
struct Shape {
  size_t n, d, notions;
  const char* key;
  uint64_t seed;
};

// One index, and everything the oracle may know of it.
struct World {
  Matrix embeddings;
  Matrix masks;
  std::vector<double> scales = {};
  std::vector<Item> items = {};
  std::unique_ptr<QueryEngine> engine = {};
};

// Coordinates are few, so that rows tie; some rows are another one's copy; sometimes the last
// notion has no live dimension.
World MakeWorld(const std::string& folder, const Shape& shape) {
  Rng rng(shape.seed);
  World world{.embeddings = Matrix(shape.n, shape.d), .masks = Matrix(shape.notions, shape.d)};
  const bool dead = rng.Below(2) == 0;
  for (size_t c = 0; c < shape.notions; ++c) {
    for (float& weight : world.masks.Row(c)) {
      weight = rng.Below(3) == 0 || (dead && c + 1 == shape.notions && c > 0)
                   ? 0
                   : static_cast<float>(rng.Below(100)) / 37;
    }
  }
  Rng values(rng.Next());
  // Last, so that the first rows of many are those of few.
  for (size_t row = 0; row < shape.n; ++row) {
    const bool copy = row > 0 && rng.Below(4) == 0;
    const size_t from = copy ? rng.Below(row) : 0;
    for (size_t k = 0; k < shape.d; ++k) {
      world.embeddings.Row(row)[k] =
          copy ? world.embeddings.Row(from)[k] : static_cast<float>(rng.Below(9)) / 3 - 1;
    }
  }
  world.items = test::RandomFilterItems(values, shape.n);
  test::WriteTestIndex(folder, world.embeddings, MaskTable(world.masks), world.items,
                       {.key = shape.key, .columns = test::FilterColumns()});
  world.engine = std::make_unique<QueryEngine>(QueryEngine::Open(folder));
  for (const SubspaceManifest& subspace : world.engine->generation().manifest().subspaces) {
    world.scales.push_back(subspace.scale);
  }
  return world;
}

// ---- The definition

struct Ranked {
  double score = 0;
  size_t row = 0;
  std::vector<double> distances = {}, shares = {};  // shown, by notion
  bool operator<(const Ranked& other) const {
    return score != other.score ? score < other.score : row < other.row;
  }
};

struct Case {
  Query query;
  uint64_t seed = 0;  // of the filter and the sizes of pages
};

// The meaning of query.where, where there is one.
RandomFilter FilterOf(const Case& asked) {
  Rng rng(asked.seed);
  return MakeRandomFilter(rng, 2);
}

class Definition {
 public:
  Definition(const World& world, const Case& asked)
      : world_(world), query_(asked.query), filter_(FilterOf(asked)) {
    for (const Query::WeightedNotion& notion : query_.notions) {
      weights_[NotionOf(notion.name)] = query_.notions.size() == 1 ? 1.0 : notion.weight;
    }
  }

  // Every hit, first to last, whatever k is.
  std::vector<Ranked> All() const {
    std::vector<Ranked> ranked;
    for (size_t row = 0; row < world_.items.size(); ++row) {
      if (IsNamed(row) || (!query_.where.empty() && !filter_.holds(world_.items[row]))) continue;
      Ranked hit = Measure(row);
      if (!Fulfils(hit)) continue;
      ranked.push_back(std::move(hit));
    }
    std::sort(ranked.begin(), ranked.end());
    if (!query_.group_by.empty()) ranked = FirstOfGroups(ranked);
    if (query_.diversity) ranked = Diverse(ranked);
    return ranked;
  }

  Ranked Measure(size_t row) const {
    Ranked hit{.row = row};
    for (size_t c = 0; c < world_.masks.rows(); ++c) {
      const double like = Mean(c, query_.liked, row);
      double distance = like;
      if (!query_.unliked.empty()) distance -= query_.beta * Mean(c, query_.unliked, row);
      hit.distances.push_back(std::sqrt(like / Scale(c)));
      const auto weight = weights_.find(c);
      hit.shares.push_back(weight == weights_.end() ? 0 : weight->second * distance / Scale(c));
      if (weight != weights_.end()) hit.score += hit.shares.back();
    }
    return hit;
  }

 private:
  static size_t NotionOf(const std::string& name) { return std::stoul(name.substr(7)); }

  double Distance(size_t notion, std::span<const float> q, std::span<const float> x) const {
    double sum = 0;
    for (size_t k = 0; k < q.size(); ++k) {
      const double m = world_.masks.Row(notion)[k];
      if (m > 0) sum += m * m * ((double{q[k]} - x[k]) * (double{q[k]} - x[k]));
    }
    return sum;
  }

  std::span<const float> VectorOf(const Query::Example& example) const {
    if (const auto* vector = std::get_if<std::vector<float>>(&example)) return *vector;
    return world_.embeddings.Row(std::stoul(std::get<std::string>(example).substr(1)));
  }

  double Mean(size_t notion, const std::vector<Query::Example>& examples, size_t row) const {
    double sum = 0;
    for (const Query::Example& example : examples) {
      sum += Distance(notion, VectorOf(example), world_.embeddings.Row(row));
    }
    return sum / static_cast<double>(examples.size());
  }

  double Scale(size_t notion) const { return query_.raw ? 1 : world_.scales[notion]; }

  bool IsNamed(size_t row) const {
    for (const auto* examples : {&query_.liked, &query_.unliked}) {
      if (std::ranges::count(*examples, Query::Example(world_.items[row].sku)) > 0) return true;
    }
    return false;
  }

  bool Fulfils(const Ranked& hit) const {
    for (const Query::Limit& limit : query_.require) {
      const double distance = hit.distances[NotionOf(limit.notion)];
      switch (limit.kind) {
        case Query::Limit::Kind::kBelow:
          if (distance < limit.distance) continue;
          break;
        case Query::Limit::Kind::kAtMost:
          if (distance <= limit.distance) continue;
          break;
        case Query::Limit::Kind::kAbove:
          if (distance > limit.distance) continue;
          break;
        case Query::Limit::Kind::kAtLeast:
          if (distance >= limit.distance) continue;
          break;
      }
      return false;
    }
    if (!query_.max_distance) return true;
    const bool one = weights_.size() == 1;
    return (one ? hit.distances[weights_.begin()->first] : std::sqrt(hit.score)) <=
           *query_.max_distance;
  }

  std::vector<Ranked> FirstOfGroups(const std::vector<Ranked>& ranked) const {
    const std::vector<Column>& columns = test::FilterColumns();
    size_t column = 0;
    while (columns[column].name != query_.group_by) ++column;
    std::vector<Ranked> firsts;
    std::set<Value> seen;
    for (const Ranked& hit : ranked) {
      const Value& value = world_.items[hit.row].values[column];
      if (seen.insert(value).second || value.index() == 0) firsts.push_back(hit);
    }
    return firsts;
  }

  std::vector<Ranked> Diverse(std::vector<Ranked> pool) const {
    pool.resize(std::min(pool.size(), query_.diversity->pool));
    const double lambda = query_.diversity->lambda;
    std::vector<Ranked> taken;
    while (!pool.empty()) {
      std::vector<double> values;
      for (const Ranked& hit : pool) {
        double apart = taken.empty() ? 0 : std::numeric_limits<double>::infinity();
        for (const Ranked& other : taken) apart = std::min(apart, Between(hit.row, other.row));
        values.push_back((1 - lambda) * hit.score - lambda * apart);
      }
      const auto best = std::min_element(values.begin(), values.end()) - values.begin();
      taken.push_back(pool[best]);
      pool.erase(pool.begin() + best);
    }
    return taken;
  }

  double Between(size_t a, size_t b) const {
    double score = 0;
    for (const auto& [notion, weight] : weights_) {
      if (weight > 0) {
        score += weight * Distance(notion, world_.embeddings.Row(b), world_.embeddings.Row(a)) /
                 Scale(notion);
      }
    }
    return score;
  }

  const World& world_;
  const Query& query_;
  const RandomFilter filter_;
  std::map<size_t, double> weights_;
};

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
  return Definition(world, asked).Measure(rng.Below(world.items.size())).distances[notion];
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
  const std::vector<Ranked> all = Definition(world, asked).All();
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
