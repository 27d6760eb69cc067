// How much slower the way that the planner takes is than the best one, on a seeded grid of
// workloads: csn_regret [WORKLOADS [SEED]].
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>

#include "base/random.h"
#include "embedder/embedder.h"
#include "indexer/vector_index.h"
#include "query/internal/exact_search.h"
#include "query/internal/index_search.h"
#include "query/internal/planner.h"
#include "query/internal/request.h"
#include "query/internal/resources.h"
#include "tests/support/test_support.h"
#include "tools/bench/bench_data.h"

namespace csn::bench {
namespace {

using Clock = std::chrono::steady_clock;
using internal::Way;

constexpr size_t kQueries = 9, kRepeats = 5;  // of each way; the median of queries' least times
constexpr size_t kNotions = 4;

// One index, with the prices that so many items are below.
struct World {
  size_t rows = 0;
  std::vector<double> prices;  // ascending
  std::unique_ptr<Generation> generation;
  std::vector<double> scales;
  std::unique_ptr<internal::Resources> resources;  // filters are an index's own
};

World MakeWorld(const std::string& folder, SyntheticKind kind, size_t rows, size_t dims,
                const std::string& key) {
  World world{
      .rows = rows, .prices = {}, .generation = nullptr, .scales = {}, .resources = nullptr};
  const BenchData data =
      MakeSynthetic({.kind = kind, .rows = rows, .notions = kNotions, .dims = dims}, nullptr);
  const std::string index =
      fmt::format("{}/{}-{}-{}-{}", folder, static_cast<int>(kind), rows, dims, key);
  BuildVectorIndex({.index = index, .created_by = "csn_regret", .plan = {.index_key = key}},
                   {.embeddings = data.embeddings.View(),
                    .masks = data.masks,
                    .notions = data.notions,
                    .columns = data.columns,
                    .item = data.item},
                   {}, nullptr);
  for (size_t row = 0; row < rows; ++row) {
    world.prices.push_back(std::get<double>(data.item(row).values[1]));
  }
  std::sort(world.prices.begin(), world.prices.end());
  world.generation = std::make_unique<Generation>(Generation::Open(index));
  world.resources = std::make_unique<internal::Resources>(Embedder::Make);
  for (const SubspaceManifest& subspace : world.generation->manifest().subspaces) {
    world.scales.push_back(subspace.scale);
  }
  return world;
}

struct Workload {
  Query query;
  double selectivity = 1;
};

Workload Draw(const World& world, Rng& rng) {
  constexpr double kSelectivities[] = {1, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001};
  constexpr size_t kKs[] = {1, 10, 10, 100, 1000};
  Workload workload;
  std::vector<size_t> notions = {1, 2, 3, 4};
  rng.Shuffle(notions);
  notions.resize(1 + rng.Below(kNotions));
  for (const size_t notion : notions) {
    workload.query.notions.push_back({fmt::format("notion-{}", notion), rng.Uniform(0.1, 2)});
  }
  if (notions.size() > 1 && rng.Below(8) == 0) workload.query.notions.back().weight *= -0.5;
  workload.query.k = kKs[rng.Below(std::size(kKs))];
  workload.selectivity = kSelectivities[rng.Below(std::size(kSelectivities))];
  if (workload.selectivity < 1) {
    const auto at = static_cast<size_t>(workload.selectivity * static_cast<double>(world.rows));
    workload.query.where = fmt::format("price < {}", world.prices[at]);
  }
  return workload;
}

double Seconds(Way way, const World& world, const internal::Request& request) {
  double least = 1e9;
  for (size_t i = 0; i < kRepeats; ++i) {
    const Clock::time_point start = Clock::now();
    internal::ScanCounts counts;
    if (const std::optional<internal::ReadFirst> first = internal::ScanOf(way)) {
      internal::SearchExactly(*world.generation, request, request.k, std::nullopt, *first, counts);
    } else {
      internal::SearchApproximately(*world.generation, request, request.k);
    }
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

int Run(size_t workloads, uint64_t seed) {
  const test::TempDir folder;
  std::vector<World> worlds;
  const auto add = [&](SyntheticKind kind, size_t rows, size_t dims, const char* key) {
    worlds.push_back(MakeWorld(folder.path(), kind, rows, dims, key));
  };
  add(SyntheticKind::kClusters, 1'000, 16, "HNSW16");
  add(SyntheticKind::kClusters, 20'000, 16, "HNSW16");
  add(SyntheticKind::kClusters, 200'000, 16, "Flat");
  add(SyntheticKind::kLatent, 500'000, 16, "Flat");
  add(SyntheticKind::kLatent, 100'000, 4, "HNSW16");
  add(SyntheticKind::kClusters, 100'000, 64, "Flat");
  Rng rng(seed);
  std::vector<double> regrets;
  std::map<std::string, size_t> taken;
  fmt::print(
      "   rows dims notions selects     k  expected      seen  regret  taken, then others\n");
  for (size_t i = 0; i < workloads; ++i) {
    const World& world = worlds[rng.Below(worlds.size())];
    Workload workload = Draw(world, rng);
    std::map<Way, std::vector<double>> seen;
    std::vector<internal::WayCost> ways;
    for (size_t q = 0; q < kQueries; ++q) {
      workload.query.liked = {fmt::format("row-{:08}", rng.Below(world.rows))};
      const internal::Request request = internal::ResolveRequest(*world.generation, world.scales,
                                                                 *world.resources, workload.query);
      ways = internal::PlanWays(*world.generation, request, request.k, true);
      for (const internal::WayCost& at : ways) {
        seen[at.way].push_back(Seconds(at.way, world, request));
      }
    }
    double best = 1e9;
    for (const auto& [way, times] : seen) best = std::min(best, Median(times));
    const double mine = Median(seen[ways.front().way]);
    regrets.push_back(mine / best);
    ++taken[internal::WayName(ways.front().way)];
    std::string all;
    for (const internal::WayCost& at : ways) {
      all += fmt::format("  {} {:.3f}/{:.3f}", internal::WayName(at.way), 1e3 * at.seconds,
                         1e3 * Median(seen[at.way]));
    }
    fmt::print("{:7} {:4} {:7} {:7} {:5} {:6.3f} ms {:6.3f} ms  {:6.2f}{}\n", world.rows,
               world.generation->manifest().dim / kNotions, workload.query.notions.size(),
               workload.selectivity, workload.query.k, 1e3 * ways.front().seconds, 1e3 * mine,
               regrets.back(), all);
  }
  std::sort(regrets.begin(), regrets.end());
  const auto at = [&](double part) {
    return regrets[static_cast<size_t>(part * static_cast<double>(regrets.size() - 1))];
  };
  fmt::print("{} workloads, seed {}: regret median {:.2f}, 90 % {:.2f}, worst {:.2f}\n", workloads,
             seed, at(0.5), at(0.9), at(1));
  for (const auto& [way, count] : taken) fmt::print("  {} taken {} times\n", way, count);
  return 0;
}

}  // namespace
}  // namespace csn::bench

int main(int argc, char** argv) {
  return csn::bench::Run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200,
                         argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
}
