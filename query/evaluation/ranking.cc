#include "query/evaluation/ranking.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/distance.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "query/evaluation/internal/query_truth.h"
#include "query/evaluation/internal/space_order.h"

namespace csn {
namespace {

using internal::NotionTruth;
using internal::QueryTruth;
using internal::RowSorter;
using internal::SpaceColumns;

constexpr size_t kBlock = 16;  // queries measured in one pass over the rows

void AddTo(std::vector<double>& sums, const std::vector<double>& values) {
  sums.resize(std::max(sums.size(), values.size()));
  for (size_t i = 0; i < values.size(); ++i) sums[i] += values[i];
}

void AddTo(RankingScores& sums, const RankingScores& scores) {
  sums.mean_average_precision += scores.mean_average_precision;
  AddTo(sums.precision, scores.precision);
  AddTo(sums.recall, scores.recall);
  AddTo(sums.ndcg, scores.ndcg);
  AddTo(sums.mean_absolute_difference, scores.mean_absolute_difference);
}

void Divide(std::vector<double>& sums, uint64_t count) {
  for (double& sum : sums) sum /= static_cast<double>(count);
}

// Average precision and recall are 0 in every query where nothing is relevant: their means leave
// those out.
void SumsToMeans(const NotionRanking& ranking, size_t ks, RankingScores& sums) {
  sums.precision.resize(ks);
  sums.recall.resize(ks);
  if (ranking.queries == 0) return;
  const uint64_t judged = std::max<uint64_t>(ranking.judged, 1);
  sums.mean_average_precision /= static_cast<double>(judged);
  Divide(sums.recall, judged);
  Divide(sums.precision, ranking.queries);
  Divide(sums.ndcg, ranking.queries);
  Divide(sums.mean_absolute_difference, ranking.queries);
}

void Append(NotionRanking& all, const NotionRanking& block) {
  all.queries += block.queries;
  all.judged += block.judged;
  AddTo(all.masked, block.masked);
  AddTo(all.whole, block.whole);
  AddTo(all.chance, block.chance);
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(all.query_rows, block.query_rows);
  append(all.average_precision, block.average_precision);
  append(all.precision, block.precision);
}

class RankingRun {
 public:
  RankingRun(const MaskTable& spaces, MatrixView embeddings, std::span<const Relevance> relevance,
             const RankingOptions& options)
      : rows_(embeddings.rows) {
    for (const Relevance& one : relevance) notions_.emplace_back(one, options.ks);
    const auto at = std::ranges::find(options.ks, options.detail_k);
    detail_ = static_cast<size_t>(at - options.ks.begin());
    // Spaces with equal weights (a model without masks) are measured once.
    for (NotionId space = 0; space < spaces.notion_count(); ++space) {
      NotionId first = 0;
      while (!std::ranges::equal(spaces.weights(first), spaces.weights(space))) ++first;
      columns_of_.push_back(first < space ? columns_of_[first] : columns_.size());
      if (first == space) columns_.emplace_back(spaces, space, embeddings);
    }
  }

  // Sums of the queries from row `begin` on, kBlock of them.
  std::vector<NotionRanking> MeasureBlock(size_t begin) const {
    std::vector<NotionRanking> sums(notions_.size());
    std::vector<uint32_t> queries;
    for (size_t row = begin; row < std::min(begin + kBlock, rows_); ++row) {
      const auto query = static_cast<uint32_t>(row);
      if (std::ranges::any_of(notions_, [&](const auto& n) { return n.IsQuery(query); })) {
        queries.push_back(query);
      }
    }
    std::vector<std::vector<double>> distances(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      distances[i].resize(queries.size() * rows_);
      columns_[i].Measure(queries, distances[i]);
    }
    std::vector<uint8_t> marks(notions_.size() * rows_);
    RowSorter sorter;
    for (size_t q = 0; q < queries.size(); ++q) {
      const auto order = [&](size_t columns) {
        return sorter.Sort(std::span(distances[columns]).subspan(q * rows_, rows_));
      };
      MeasureQuery(queries[q], order, marks, sums);
    }
    return sums;
  }

 private:
  // `order(i)` gives the rows in the order of columns_[i], valid until it is called again.
  template <typename Order>
  void MeasureQuery(uint32_t query, const Order& order, std::vector<uint8_t>& marks,
                    std::vector<NotionRanking>& sums) const {
    std::vector<std::pair<size_t, QueryTruth>> truths;
    for (size_t c = 0; c < notions_.size(); ++c) {
      if (!notions_[c].IsQuery(query)) continue;
      truths.emplace_back(
          c, QueryTruth(notions_[c], query, std::span(marks).subspan(c * rows_, rows_)));
      AddQuery(query, truths.back().second, sums[c]);
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      const bool is_whole = columns_of_.back() == i;
      if (!is_whole && std::ranges::none_of(truths, [&](const auto& truth) {
            return columns_of_[truth.first] == i;
          })) {
        continue;
      }
      const std::span<const uint32_t> rows = order(i);
      for (const auto& [c, truth] : truths) {
        const bool is_masked = columns_of_[c] == i;
        if (!is_masked && !is_whole) continue;
        const RankingScores scores = truth.Score(rows);
        if (is_whole) AddTo(sums[c].whole, scores);
        if (is_masked) AddMasked(truth, scores, sums[c]);
      }
    }
  }

  static void AddQuery(uint32_t query, const QueryTruth& truth, NotionRanking& sums) {
    ++sums.queries;
    sums.judged += truth.relevant_count() > 0 ? 1 : 0;
    sums.query_rows.push_back(query);
    AddTo(sums.chance, truth.Chance());
  }

  void AddMasked(const QueryTruth& truth, const RankingScores& scores, NotionRanking& sums) const {
    AddTo(sums.masked, scores);
    sums.average_precision.push_back(truth.relevant_count() > 0
                                         ? scores.mean_average_precision
                                         : std::numeric_limits<double>::quiet_NaN());
    sums.precision.push_back(scores.precision[detail_]);
  }

  const size_t rows_;
  std::vector<NotionTruth> notions_;
  std::vector<SpaceColumns> columns_;
  std::vector<size_t> columns_of_;  // [C + 1]
  size_t detail_ = 0;
};

void CheckShapes(const MaskTable& spaces, MatrixView embeddings,
                 std::span<const Relevance> relevance, const RankingOptions& options) {
  Require(spaces.notion_count() == relevance.size() + 1 && embeddings.cols == spaces.dim(),
          "rankings: expected {} spaces of {} dimensions, got {} of {}", relevance.size() + 1,
          embeddings.cols, spaces.notion_count(), spaces.dim());
  for (const Relevance& one : relevance) {
    Require(one.known.size() == embeddings.rows &&
                (one.numbers.empty() || one.numbers.size() == embeddings.rows),
            "rankings: {} label marks and {} numbers for {} rows", one.known.size(),
            one.numbers.size(), embeddings.rows);
  }
  Require(!options.ks.empty() && options.ks.front() >= 1 && std::ranges::is_sorted(options.ks),
          "rankings: expected ascending k of at least 1");
  Require(std::ranges::find(options.ks, options.detail_k) != options.ks.end(),
          "rankings: k = {} is not among those measured", options.detail_k);
}

}  // namespace

std::vector<NotionRanking> MeasureRankings(const MaskTable& spaces, MatrixView embeddings,
                                           std::span<const Relevance> relevance,
                                           const RankingOptions& options) {
  CheckShapes(spaces, embeddings, relevance, options);
  const RankingRun run(spaces, embeddings, relevance, options);
  const size_t blocks = (embeddings.rows + kBlock - 1) / kBlock;
  std::vector<std::vector<NotionRanking>> sums(blocks);
  std::mutex mutex;
  uint64_t done = 0;
  ParallelFor(blocks, options.threads, [&](size_t block) {
    ThrowIfStopped(options.stop);
    sums[block] = run.MeasureBlock(block * kBlock);
    if (!options.progress) return;
    const std::lock_guard lock(mutex);
    done += std::min(kBlock, embeddings.rows - block * kBlock);
    options.progress(
        {.stage = "ranking", .done = done, .total = embeddings.rows, .unit = "queries"});
  });
  // Summed in row order, so that the number of threads changes nothing.
  std::vector<NotionRanking> rankings(relevance.size());
  for (size_t c = 0; c < rankings.size(); ++c) {
    for (const auto& block : sums) Append(rankings[c], block[c]);
    for (RankingScores* scores : {&rankings[c].masked, &rankings[c].whole, &rankings[c].chance}) {
      SumsToMeans(rankings[c], options.ks.size(), *scores);
    }
  }
  return rankings;
}

std::vector<Neighbor> NearestKnown(const MaskTable& spaces, NotionId space, MatrixView embeddings,
                                   std::span<const uint8_t> known, uint32_t query, size_t k) {
  std::vector<Neighbor> found;
  for (uint32_t row = 0; row < embeddings.rows; ++row) {
    if (row == query || known[row] == 0) continue;
    found.push_back(
        {row, NotionDistance(spaces, space, embeddings.Row(query), embeddings.Row(row))});
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(k, found.size()));
  std::partial_sort(found.begin(), end, found.end());
  found.erase(end, found.end());
  return found;
}

}  // namespace csn
