#include "query/evaluation/workload.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/random.h"
#include "base/thread_pool.h"
#include "query/evaluation/recall.h"

namespace csn {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::vector<double> Scores(const std::vector<Neighbor>& neighbors) {
  std::vector<double> scores;
  for (const Neighbor& neighbor : neighbors) scores.push_back(neighbor.value);
  return scores;
}

// The value that so large a part of them is not above.
double TimeAt(std::vector<double>& values, double part) {
  const auto at = static_cast<size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace

std::vector<std::string> DrawSkus(const QueryEngine& engine, size_t count, uint64_t seed) {
  const MetadataStore& metadata = engine.generation().metadata();
  std::vector<uint32_t> rows(metadata.size());
  std::iota(rows.begin(), rows.end(), 0u);
  Rng rng(seed);
  count = std::min(count, rows.size());
  for (size_t i = 0; i < count; ++i) std::swap(rows[i], rows[i + rng.Below(rows.size() - i)]);
  rows.resize(count);
  return metadata.SkusOf(rows);
}

WorkloadResult RunWorkload(const QueryEngine& engine, const Query& query,
                           const std::vector<std::string>& skus, const WorkloadOptions& options) {
  WorkloadResult result;
  if (skus.empty()) return result;
  // `count` from the i-th on.
  const auto of = [&](size_t i, size_t count) {
    std::vector<Query> asked(count, query);
    for (Query& one : asked) one.liked = {skus[i++ % skus.size()]};
    return asked;
  };
  result.plan = engine.Search(of(0, 1).front()).plan;
  result.scores.resize(skus.size());
  const size_t together = options.together;
  const size_t lots = (skus.size() + together - 1) / together;
  ParallelFor(lots, options.threads, [&](size_t lot) {
    ThrowIfStopped(options.stop);
    const size_t first = lot * together;
    const std::vector<Query> asked = of(first, std::min(together, skus.size() - first));
    const std::vector<std::vector<Neighbor>> found = engine.RankMany(asked);
    for (size_t i = 0; i < found.size(); ++i) result.scores[first + i] = Scores(found[i]);
  });
  const auto threads = static_cast<size_t>(options.threads);
  std::vector<std::vector<double>> took(threads);
  const Clock::time_point start = Clock::now();
  ParallelFor(threads, options.threads, [&](size_t thread) {
    // Each thread from another place on, and each query at least once among them.
    const size_t least = (skus.size() + threads - 1) / threads;
    for (size_t i = 0; i < least || Seconds(Clock::now() - start) < options.seconds;
         i += together) {
      ThrowIfStopped(options.stop);
      const std::vector<Query> asked = of(thread * least + i, together);
      const Clock::time_point begin = Clock::now();
      if (together == 1) {
        engine.Rank(asked.front());
      } else {
        engine.RankMany(asked);
      }
      took[thread].push_back(Seconds(Clock::now() - begin));
    }
  });
  const double all = Seconds(Clock::now() - start);
  std::vector<double> each;
  for (const std::vector<double>& some : took) each.insert(each.end(), some.begin(), some.end());
  result.asked = each.size() * together;
  result.queries_per_second = static_cast<double>(result.asked) / all;
  result.p50 = TimeAt(each, 0.5);
  result.p99 = TimeAt(each, 0.99);
  return result;
}

Interval WorkloadRecall(const WorkloadResult& exact, const WorkloadResult& found, size_t k,
                        uint64_t seed) {
  std::vector<std::vector<double>> wanted, got;
  for (size_t i = 0; i < exact.scores.size(); ++i) {
    if (exact.scores[i].empty()) continue;
    wanted.push_back(exact.scores[i]);
    got.push_back(found.scores[i]);
  }
  if (wanted.empty()) return {.value = 1, .low = 1, .high = 1};
  return BootstrapMean(RecallsAtK(wanted, got, k), seed);
}

}  // namespace csn
