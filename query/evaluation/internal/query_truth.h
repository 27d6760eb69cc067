// What is right for one query of one notion, and how one order of the items compares with it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/evaluation/ranking.h"

namespace csn::internal {

// What all queries of one notion share. Immutable.
class NotionTruth {
 public:
  // Both are kept by reference.
  NotionTruth(const Relevance& relevance, const std::vector<size_t>& ks);

  bool IsQuery(uint32_t row) const { return relevance_.known[row] != 0 && candidates_ > 0; }
  // Items with a label, less one where the query is left out.
  size_t candidates() const { return candidates_; }

 private:
  friend class QueryTruth;
  double Gain(double difference) const { return range_ > 0 ? 1 - difference / range_ : 1; }

  const Relevance& relevance_;
  const std::vector<size_t>& ks_;
  size_t candidates_ = 0;
  double range_ = 0;               // of the numbers
  std::vector<double> ascending_;  // numbers of the items with a label
  std::vector<double> sums_;       // of the first i of them
  std::vector<double> discounts_;  // of rank i + 1, up to the last of ks
  double harmonic_ = 0;            // 1 + 1/2 + ... + 1/candidates
};

// One query. `marks` [n] is room for what is relevant to it and must outlive it.
class QueryTruth {
 public:
  QueryTruth(const NotionTruth& notion, uint32_t query, std::span<uint8_t> marks);

  size_t relevant_count() const { return relevant_count_; }
  // `rows` are all items in some order. Average precision and recall are 0 where nothing is
  // relevant.
  RankingScores Score(std::span<const uint32_t> rows) const;
  // The mean over all orders.
  RankingScores Chance() const;

 private:
  struct Walk;
  void Record(const Walk& walk, size_t at, RankingScores& scores) const;
  void FindBest();

  const NotionTruth& notion_;
  uint32_t query_;
  std::span<const uint8_t> relevant_;
  size_t relevant_count_ = 0;
  double number_ = 0;
  std::vector<double> best_;  // [ks]: the greatest DCG there is, of a numeric notion
};

}  // namespace csn::internal
