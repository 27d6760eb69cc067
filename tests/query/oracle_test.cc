// Random queries over the whole grammar against brute force written down independently:
// CSN_ORACLE_QUERIES=20000 asks so many (default: 1,000), CSN_ORACLE_SEED another seed.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include "base/random.h"
#include "query/query_engine.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::MakeRandomFilter;
using test::RandomFilter;
using test::TempDir;

// One index, and everything the oracle may know of it.
struct World {
  Matrix embeddings;
  Matrix masks;
  std::vector<double> scales = {};
  std::vector<Item> items = {};
  std::unique_ptr<QueryEngine> engine = {};
};

struct Shape {
  size_t n, d, notions;
  const char* key;
};

// Coordinates are few, so that rows tie; some rows are another one's copy; sometimes the last
// notion has no live dimension.
World MakeWorld(const std::string& folder, const Shape& shape, Rng& rng) {
  World world{.embeddings = Matrix(shape.n, shape.d), .masks = Matrix(shape.notions, shape.d)};
  for (size_t row = 0; row < shape.n; ++row) {
    const bool copy = row > 0 && rng.Below(4) == 0;
    const size_t from = copy ? rng.Below(row) : 0;
    for (size_t k = 0; k < shape.d; ++k) {
      world.embeddings.Row(row)[k] =
          copy ? world.embeddings.Row(from)[k] : static_cast<float>(rng.Below(9)) / 3 - 1;
    }
  }
  const bool dead = rng.Below(2) == 0;
  for (size_t c = 0; c < shape.notions; ++c) {
    for (float& weight : world.masks.Row(c)) {
      weight = rng.Below(3) == 0 || (dead && c + 1 == shape.notions && c > 0)
                   ? 0
                   : static_cast<float>(rng.Below(100)) / 37;
    }
  }
  world.items = test::RandomFilterItems(rng, shape.n);
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
  RandomFilter filter;  // the meaning of query.where
};

class Definition {
 public:
  Definition(const World& world, const Case& asked)
      : world_(world), query_(asked.query), filter_(asked.filter) {
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

  bool Fulfils(const Ranked& hit) const {
    for (const Query::Limit& limit : query_.require) {
      const double distance = hit.distances[NotionOf(limit.notion)];
      const std::map<Query::Limit::Kind, bool> holds = {
          {Query::Limit::Kind::kBelow, distance < limit.distance},
          {Query::Limit::Kind::kAtMost, distance <= limit.distance},
          {Query::Limit::Kind::kAbove, distance > limit.distance},
          {Query::Limit::Kind::kAtLeast, distance >= limit.distance}};
      if (!holds.at(limit.kind)) return false;
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
    std::vector<Value> seen;
    for (const Ranked& hit : ranked) {
      const Value& value = world_.items[hit.row].values[column];
      if (value.index() != 0 && std::ranges::count(seen, value) > 0) continue;
      seen.push_back(value);
      firsts.push_back(hit);
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
  const RandomFilter& filter_;
  std::map<size_t, double> weights_;
};

// ---- Random queries

std::string Sku(size_t row) { return fmt::format("s{:03}", row); }

Query::Example RandomExample(const World& world, Rng& rng) {
  if (rng.Below(3) != 0) return Sku(rng.Below(world.items.size()));
  std::vector<float> vector(world.embeddings.cols());
  for (float& value : vector) value = static_cast<float>(rng.Below(9)) / 3 - 1;
  return vector;
}

Case RandomCase(const World& world, Rng& rng) {
  Case asked;
  Query& query = asked.query;
  const auto sometimes = [&](uint64_t times) { return rng.Below(times) == 0; };
  const size_t notions = world.masks.rows();
  std::vector<size_t> order(notions);
  for (size_t c = 0; c < notions; ++c) order[c] = c;
  for (size_t c = 0; c < notions; ++c) std::swap(order[c], order[rng.Below(notions)]);
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
    query.require.push_back({fmt::format("notion-{}", rng.Below(notions)),
                             static_cast<Query::Limit::Kind>(rng.Below(4)),
                             static_cast<double>(rng.Below(200)) / 100});
  }
  if (sometimes(3)) {
    asked.filter = MakeRandomFilter(rng, 2);
    query.where = asked.filter.text;
  }
  const bool plain =
      query.unliked.empty() &&
      std::ranges::none_of(query.notions, [](const auto& n) { return n.weight < 0; });
  if (plain && sometimes(4)) query.max_distance = static_cast<double>(rng.Below(200)) / 100;
  if (sometimes(4)) query.group_by = sometimes(2) ? "brand" : "price";
  query.k = 1 + rng.Below(sometimes(4) ? world.items.size() + 5 : 12);
  if (sometimes(4)) {
    query.diversity = {.lambda = static_cast<double>(rng.Below(11)) / 10,
                       .pool = query.k + rng.Below(30)};
  }
  query.exact = true;
  query.items = sometimes(2);
  return asked;
}

// ---- What must hold

// "" where the answer is what the definition says, else what is wrong.
std::string Fault(const World& world, const Case& asked) {
  const std::vector<Ranked> all = Definition(world, asked).All();
  const size_t wanted = std::min(all.size(), asked.query.k);
  const Answer answer = world.engine->Search(asked.query);
  if (!answer.exact) return "not exact";
  if (answer.hits.size() != wanted) {
    return fmt::format("{} hits, expected {}", answer.hits.size(), wanted);
  }
  if (answer.shortfall != asked.query.k - wanted) return "wrong shortfall";
  for (size_t i = 0; i < wanted; ++i) {
    const Hit& hit = answer.hits[i];
    const Ranked& expected = all[i];
    if (hit.item.sku != Sku(expected.row) || hit.score != expected.score || hit.rank != i + 1) {
      return fmt::format("hit {} is {} with {}, expected {} with {}", i + 1, hit.item.sku,
                         hit.score, Sku(expected.row), expected.score);
    }
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

// "" where the pages, put together, are one big answer.
std::string PagesFault(const World& world, const Case& asked, Rng& rng) {
  const std::vector<Ranked> all = Definition(world, asked).All();
  Query page = asked.query;
  page.pages = true;
  std::vector<std::string> found;
  for (;;) {
    page.k = 1 + rng.Below(9);
    if (page.diversity) page.k = std::min(page.k, page.diversity->pool);
    const Answer answer = world.engine->Search(page);
    for (const Hit& hit : answer.hits) {
      found.push_back(hit.item.sku);
      if (hit.rank != found.size()) return fmt::format("rank {} at {}", hit.rank, found.size());
    }
    if (answer.cursor.empty()) break;
    if (answer.hits.size() != page.k) return "a short page with a cursor";
    page.cursor = answer.cursor;
  }
  std::vector<std::string> expected;
  for (const Ranked& hit : all) expected.push_back(Sku(hit.row));
  return found == expected ? ""
                           : fmt::format("pages give {}, expected {}", fmt::join(found, " "),
                                         fmt::join(expected, " "));
}

std::string Described(const Query& query) {
  const auto listed = [](const std::vector<Query::Example>& examples) {
    std::vector<std::string> texts;
    for (const Query::Example& example : examples) {
      const auto* sku = std::get_if<std::string>(&example);
      texts.push_back(sku ? *sku : fmt::format("[{}]", fmt::join(std::get<1>(example), ",")));
    }
    return fmt::format("{}", fmt::join(texts, " "));
  };
  std::string text = fmt::format("like {}; unlike {} (beta {}); k {}", listed(query.liked),
                                 listed(query.unliked), query.beta, query.k);
  for (const auto& notion : query.notions)
    text += fmt::format(" {}={}", notion.name, notion.weight);
  for (const auto& limit : query.require) {
    text += fmt::format("; require {} kind {} {}", limit.notion, static_cast<int>(limit.kind),
                        limit.distance);
  }
  if (query.raw) text += "; raw";
  if (!query.where.empty()) text += "; where " + query.where;
  if (query.max_distance) text += fmt::format("; at most {}", *query.max_distance);
  if (!query.group_by.empty()) text += "; by " + query.group_by;
  if (query.diversity) {
    text += fmt::format("; diversity {} of {}", query.diversity->lambda, query.diversity->pool);
  }
  return text;
}

// The case with everything left out that its fault does not need.
template <typename Fails>
Case Shrunk(Case asked, const Fails& fails) {
  const std::vector<std::function<void(Query&)>> simpler = {[](Query& query) { query.where.clear(); },
                                                            [](Query& query) { query.require.clear(); },
                                                            [](Query& query) { query.unliked.clear(); },
                                                            [](Query& query) { query.liked.resize(1); },
                                                            [](Query& query) { query.max_distance.reset(); },
                                                            [](Query& query) { query.group_by.clear(); },
                                                            [](Query& query) { query.diversity.reset(); },
                                                            [](Query& query) { query.raw = false; },
                                                            [](Query& query) { query.notions.resize(1); },
                                                            [](Query& query) { query.k = 1; }};
  for (const auto& simplify : simpler) {
    Case tried = asked;
    simplify(tried.query);
    if (fails(tried)) asked = tried;
  }
  return asked;
}

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

TEST(QueryOracleTest, EveryAnswerIsWhatTheDefinitionSays) {
  const uint64_t seed = FromEnvironment("CSN_ORACLE_SEED", 2026);
  const uint64_t queries = FromEnvironment("CSN_ORACLE_QUERIES", 1000);
  fmt::print("seed {}, {} queries\n", seed, queries);
  Rng rng(seed);
  const std::vector<Shape> shapes = {{1, 3, 1, "Flat"},   {2, 4, 2, "Flat"},    {40, 3, 2, "Flat"},
                                     {150, 6, 4, "Flat"}, {300, 8, 3, "HNSW8"}, {90, 5, 3, "Flat"}};
  const TempDir folder;
  uint64_t hits = 0, asked_in_all = 0;
  for (size_t w = 0; asked_in_all < queries; ++w) {
    const World world = MakeWorld(folder / fmt::format("w{}", w), shapes[w % shapes.size()], rng);
    for (int i = 0; i < 50; ++i, ++asked_in_all) {
      const Case asked = RandomCase(world, rng);
      const auto fails = [&](const Case& tried) { return !Fault(world, tried).empty(); };
      const std::string fault = Fault(world, asked);
      ASSERT_EQ(fault, "") << "seed " << seed << ", world " << w << ": " << Described(asked.query)
                           << "\nshrunk: " << Described(Shrunk(asked, fails).query);
      ASSERT_EQ(PagesFault(world, asked, rng), "")
          << "seed " << seed << ", world " << w << ": " << Described(asked.query);
      hits += std::min(asked.query.k, Definition(world, asked).All().size());
    }
  }
  // The queries are worth asking.
  EXPECT_GT(hits, 2 * queries);
}

}  // namespace
}  // namespace csn
