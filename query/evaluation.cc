#include "query/evaluation.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/distance.h"
#include "base/error.h"
#include "base/neighbor.h"
#include "base/thread_pool.h"

namespace csn {
namespace {

// The plain squared distance over the whole embedding, in double.
double PlainDistance(std::span<const float> q, std::span<const float> x) {
  double sum = 0;
  for (size_t k = 0; k < q.size(); ++k) {
    const double difference = static_cast<double>(q[k]) - static_cast<double>(x[k]);
    sum += difference * difference;
  }
  return sum;
}

// Share of relevant rows among the k nearest of `ranked`, which is left in any order.
double PrecisionOf(std::vector<Neighbor>& ranked, const std::vector<uint8_t>& relevant, size_t k) {
  const size_t counted = std::min(k, ranked.size());
  const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(counted);
  std::nth_element(ranked.begin(), end - 1, ranked.end());
  const auto hits = std::count_if(
      ranked.begin(), end, [&](const Neighbor& neighbor) { return relevant[neighbor.row] != 0; });
  return static_cast<double>(hits) / static_cast<double>(counted);
}

struct QueryPrecision {
  double masked = 0, unmasked = 0, chance = 0;
};

QueryPrecision MeasureQuery(const MaskTable& masks, NotionId notion, MatrixView embeddings,
                            std::span<const uint32_t> labelled, uint32_t query,
                            const std::function<bool(uint32_t, uint32_t)>& relevant, size_t k) {
  std::vector<Neighbor> masked, unmasked;
  std::vector<uint8_t> is_relevant(embeddings.rows);
  size_t relevant_count = 0;
  for (const uint32_t row : labelled) {
    if (row == query) continue;
    masked.push_back(
        {row, NotionDistance(masks, notion, embeddings.Row(query), embeddings.Row(row))});
    unmasked.push_back({row, PlainDistance(embeddings.Row(query), embeddings.Row(row))});
    is_relevant[row] = relevant(query, row) ? 1 : 0;
    relevant_count += is_relevant[row];
  }
  return {.masked = PrecisionOf(masked, is_relevant, k),
          .unmasked = PrecisionOf(unmasked, is_relevant, k),
          .chance = static_cast<double>(relevant_count) / static_cast<double>(masked.size())};
}

}  // namespace

PrecisionReport PrecisionAtK(const MaskTable& masks, NotionId notion, MatrixView embeddings,
                             std::span<const uint8_t> known,
                             const std::function<bool(uint32_t, uint32_t)>& relevant, size_t k,
                             int threads, const ProgressSink& progress, const StopFlag* stop) {
  Require(k >= 1, "precision at k: expected k of at least 1, got {}", k);
  Require(notion < masks.notion_count(), "precision at k: expected a notion below {}, got {}",
          masks.notion_count(), notion);
  Require(embeddings.cols == masks.dim() && known.size() == embeddings.rows,
          "precision at k: expected embeddings of {} dimensions with a label mark each, got {} "
          "dimensions and {} marks for {} rows",
          masks.dim(), embeddings.cols, known.size(), embeddings.rows);
  std::vector<uint32_t> labelled;
  for (size_t row = 0; row < known.size(); ++row) {
    if (known[row] != 0) labelled.push_back(static_cast<uint32_t>(row));
  }
  PrecisionReport report;
  if (labelled.size() < 2) return report;

  std::vector<QueryPrecision> measured(labelled.size());
  std::mutex mutex;
  uint64_t done = 0;
  ParallelFor(labelled.size(), threads, [&](size_t i) {
    ThrowIfStopped(stop);
    measured[i] = MeasureQuery(masks, notion, embeddings, labelled, labelled[i], relevant, k);
    if (!progress) return;
    const std::lock_guard lock(mutex);
    progress({.stage = "measuring", .done = ++done, .total = labelled.size(), .unit = "queries"});
  });
  // Summed in row order, so that the number of threads changes nothing.
  for (const QueryPrecision& query : measured) {
    report.masked += query.masked;
    report.unmasked += query.unmasked;
    report.chance += query.chance;
  }
  const double queries = static_cast<double>(labelled.size());
  report.queries = labelled.size();
  report.masked /= queries;
  report.unmasked /= queries;
  report.chance /= queries;
  return report;
}

double RecallAtK(std::span<const std::vector<double>> exact_distances,
                 std::span<const std::vector<double>> found_distances, size_t k) {
  Require(k >= 1, "recall at k: expected k of at least 1, got {}", k);
  Require(!exact_distances.empty() && exact_distances.size() == found_distances.size(),
          "recall at k: expected as many found lists as exact ones and at least one, got {} and {}",
          found_distances.size(), exact_distances.size());
  double sum = 0;
  for (size_t query = 0; query < exact_distances.size(); ++query) {
    const std::vector<double>& exact = exact_distances[query];
    const std::vector<double>& found = found_distances[query];
    Require(!exact.empty(), "recall at k: query {} has no exact neighbours", query);
    const size_t counted = std::min(k, exact.size());
    // Scores of mixtures may be negative, so the tolerance goes by the magnitude.
    const double farthest = exact[counted - 1];
    const double limit = farthest + 1e-6 * std::abs(farthest);
    size_t hits = 0;
    for (size_t i = 0; i < std::min(counted, found.size()); ++i) hits += found[i] <= limit ? 1 : 0;
    sum += static_cast<double>(hits) / static_cast<double>(counted);
  }
  return sum / static_cast<double>(exact_distances.size());
}

}  // namespace csn
