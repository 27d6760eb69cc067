#include "query/evaluation/internal/query_truth.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace csn::internal {

NotionTruth::NotionTruth(const Relevance& relevance, const std::vector<size_t>& ks)
    : relevance_(relevance), ks_(ks) {
  const auto known = static_cast<size_t>(
      std::ranges::count_if(relevance.known, [](uint8_t mark) { return mark != 0; }));
  candidates_ = known > 0 ? known - 1 : 0;
  for (size_t rank = 1; rank <= candidates_; ++rank) harmonic_ += 1 / static_cast<double>(rank);
  if (relevance.numbers.empty()) return;
  for (size_t row = 0; row < relevance.numbers.size(); ++row) {
    if (relevance.known[row] != 0) ascending_.push_back(relevance.numbers[row]);
  }
  std::sort(ascending_.begin(), ascending_.end());
  if (!ascending_.empty()) range_ = ascending_.back() - ascending_.front();
  sums_.resize(ascending_.size() + 1);
  std::partial_sum(ascending_.begin(), ascending_.end(), sums_.begin() + 1);
  for (size_t rank = 1; rank <= std::min(ks.back(), candidates_); ++rank) {
    discounts_.push_back(1 / std::log2(static_cast<double>(rank) + 1));
  }
}

QueryTruth::QueryTruth(const NotionTruth& notion, uint32_t query, std::span<uint8_t> marks)
    : notion_(notion), query_(query), relevant_(marks) {
  const Relevance& relevance = notion.relevance_;
  relevance.mark(query, marks);
  marks[query] = 0;
  for (size_t row = 0; row < marks.size(); ++row) {
    if (relevance.known[row] == 0) marks[row] = 0;
    relevant_count_ += marks[row] != 0 ? 1 : 0;
  }
  if (relevance.numbers.empty()) return;
  number_ = relevance.numbers[query];
  FindBest();
}

// The best order goes by the numbers: outwards from the query's own.
void QueryTruth::FindBest() {
  const std::vector<double>& values = notion_.ascending_;
  size_t right = static_cast<size_t>(std::ranges::upper_bound(values, number_) - values.begin());
  size_t left = right - 1;  // values [left, right) are used up; the query itself is the first
  double sum = 0;
  size_t rank = 0;
  for (const size_t k : notion_.ks_) {
    for (; rank < std::min(k, notion_.candidates_); ++rank) {
      const bool go_left = right == values.size() ||
                           (left > 0 && number_ - values[left - 1] <= values[right] - number_);
      const double next = go_left ? values[--left] : values[right++];
      sum += notion_.Gain(std::abs(next - number_)) * notion_.discounts_[rank];
    }
    best_.push_back(sum);
  }
}

struct QueryTruth::Walk {
  size_t rank = 0, hits = 0;
  double gains = 0, differences = 0;
};

void QueryTruth::Record(const Walk& walk, size_t at, RankingScores& scores) const {
  const double hits = static_cast<double>(walk.hits), rank = static_cast<double>(walk.rank);
  scores.precision.push_back(hits / rank);
  scores.recall.push_back(relevant_count_ > 0 ? hits / static_cast<double>(relevant_count_) : 0);
  if (best_.empty()) return;
  scores.ndcg.push_back(best_[at] > 0 ? walk.gains / best_[at] : 1);
  scores.mean_absolute_difference.push_back(walk.differences / rank);
}

RankingScores QueryTruth::Score(std::span<const uint32_t> rows) const {
  const Relevance& relevance = notion_.relevance_;
  const std::vector<size_t>& ks = notion_.ks_;
  RankingScores scores;
  Walk walk;
  size_t at = 0;  // of ks, the next to be reached
  for (const uint32_t row : rows) {
    if (row == query_ || relevance.known[row] == 0) continue;
    ++walk.rank;
    if (relevant_[row] != 0) {
      scores.mean_average_precision +=
          static_cast<double>(++walk.hits) / static_cast<double>(walk.rank);
    }
    if (!best_.empty() && walk.rank <= notion_.discounts_.size()) {
      const double difference = std::abs(relevance.numbers[row] - number_);
      walk.differences += difference;
      walk.gains += notion_.Gain(difference) * notion_.discounts_[walk.rank - 1];
    }
    if (at < ks.size() && walk.rank == ks[at]) Record(walk, at++, scores);
    if (at == ks.size() && walk.hits == relevant_count_) break;
  }
  for (; at < ks.size(); ++at) Record(walk, at, scores);
  if (relevant_count_ > 0) {
    scores.mean_average_precision /= static_cast<double>(relevant_count_);
  }
  return scores;
}

RankingScores QueryTruth::Chance() const {
  const double candidates = static_cast<double>(notion_.candidates_);
  const double relevant = static_cast<double>(relevant_count_);
  RankingScores scores;
  if (relevant_count_ > 0) {
    // A relevant item is at every rank alike likely, and each of the others before it is relevant
    // with probability `rest`.
    const double rest = notion_.candidates_ > 1 ? (relevant - 1) / (candidates - 1) : 0;
    scores.mean_average_precision = rest + (1 - rest) * notion_.harmonic_ / candidates;
  }
  double difference = 0;
  if (!best_.empty()) {
    const std::vector<double>& values = notion_.ascending_;
    const auto below = std::ranges::lower_bound(values, number_) - values.begin();
    const double left = static_cast<double>(below), sum = notion_.sums_[static_cast<size_t>(below)];
    const double right = static_cast<double>(values.size()) - left;
    difference =
        (left * number_ - sum + (notion_.sums_.back() - sum) - right * number_) / candidates;
  }
  double discounts = 0;
  for (size_t at = 0, rank = 0; at < notion_.ks_.size(); ++at) {
    const size_t counted = std::min(notion_.ks_[at], notion_.candidates_);
    scores.precision.push_back(relevant / candidates);
    scores.recall.push_back(relevant_count_ > 0 ? static_cast<double>(counted) / candidates : 0);
    if (best_.empty()) continue;
    for (; rank < counted; ++rank) discounts += notion_.discounts_[rank];
    scores.ndcg.push_back(best_[at] > 0 ? notion_.Gain(difference) * discounts / best_[at] : 1);
    scores.mean_absolute_difference.push_back(difference);
  }
  return scores;
}

}  // namespace csn::internal
