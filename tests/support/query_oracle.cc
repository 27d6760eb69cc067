#include "tests/support/query_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/random.h"
#include "tests/support/test_index.h"

namespace csn::test::oracle {
namespace {

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
    const std::vector<Column>& columns = FilterColumns();
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

}  // namespace

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
  world.items = RandomFilterItems(values, shape.n);
  WriteTestIndex(folder, world.embeddings, MaskTable(world.masks), world.items,
                 {.key = shape.key, .tree = shape.seed % 2 == 0, .columns = FilterColumns()});
  world.engine = std::make_unique<QueryEngine>(QueryEngine::Open(folder));
  for (const SubspaceManifest& subspace : world.engine->generation().manifest().subspaces) {
    world.scales.push_back(subspace.scale);
  }
  return world;
}

RandomFilter FilterOf(const Case& asked) {
  Rng rng(asked.seed);
  return MakeRandomFilter(rng, 2);
}

std::vector<Ranked> AllHits(const World& world, const Case& asked) {
  return Definition(world, asked).All();
}

Ranked MeasureRow(const World& world, const Case& asked, size_t row) {
  return Definition(world, asked).Measure(row);
}

}  // namespace csn::test::oracle
