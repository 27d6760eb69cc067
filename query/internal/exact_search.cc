#include "query/internal/exact_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/nearest_heap.h"

namespace csn::internal {
namespace {

// Where at most this part of all rows qualifies, they are read one by one, so that few blocks of
// the embedding file are touched.
constexpr size_t kFewRowsShare = 8;

// Measures rows and keeps those within limits and ceiling.
class Judge {
 public:
  explicit Judge(const Request& request)
      : request_(request),
        examples_(request.examples()),
        limited_(Limited(request)),
        measurer_(request.ranking, examples_, limited_) {}
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // The row's score, or nothing where it is no hit.
  std::optional<double> Score(uint32_t row, std::span<const float> embedding) {
    if (std::ranges::binary_search(request_.left_out, row)) return std::nullopt;
    const double score = measurer_.Score(embedding);
    for (const NotionLimit& limit : request_.limits) {
      const double scale = request_.ranking.scales[limit.notion];
      if (!limit.Allows(ShownDistance(measurer_.liked(limit.notion), scale))) return std::nullopt;
    }
    if (!IsNearEnough(request_, score)) return std::nullopt;
    return score;
  }

 private:
  static std::vector<NotionId> Limited(const Request& request) {
    std::vector<NotionId> notions;
    for (const NotionLimit& limit : request.limits) notions.push_back(limit.notion);
    return notions;
  }

  const Request& request_;
  const Examples examples_;
  const std::vector<NotionId> limited_;
  Measurer measurer_;
};

// Calls visit(neighbor) for every row that qualifies.
template <typename Visit>
void ForEachHit(const Generation& generation, const Request& request, const Visit& visit) {
  Judge judge(request);
  const EmbeddingFile& embeddings = generation.embeddings();
  const auto look_at = [&](uint32_t row, std::span<const float> embedding) {
    if (const std::optional<double> score = judge.Score(row, embedding)) visit({row, *score});
  };
  if (!request.filter) {
    const MatrixView rows = embeddings.All();
    for (size_t row = 0; row < rows.rows; ++row) look_at(static_cast<uint32_t>(row), rows.Row(row));
    return;
  }
  const RowSet& among = request.filter->rows;
  if (among.cardinality() > embeddings.rows() / kFewRowsShare) {
    const MatrixView rows = embeddings.All();
    for (const uint32_t row : among) look_at(row, rows.Row(row));
  } else {
    for (const uint32_t row : among) look_at(row, embeddings.Row(row));
  }
}

}  // namespace

std::vector<Neighbor> SearchExactly(const Generation& generation, const Request& request, size_t k,
                                    const std::optional<Neighbor>& after) {
  NearestHeap nearest(k, request.candidates(generation));
  const auto add = [&](const Neighbor& neighbor) {
    if (!after || *after < neighbor) nearest.Add(neighbor);
  };
  if (request.groups == nullptr) {
    ForEachHit(generation, request, add);
    return std::move(nearest).Take();
  }
  const Groups& groups = *request.groups;
  std::vector<std::optional<Neighbor>> best(groups.count);
  ForEachHit(generation, request, [&](const Neighbor& neighbor) {
    const uint32_t group = groups.of_row[neighbor.row];
    if (group == kNoGroup) {
      add(neighbor);
    } else if (!best[group] || neighbor < *best[group]) {
      best[group] = neighbor;
    }
  });
  for (const std::optional<Neighbor>& neighbor : best) {
    if (neighbor) add(*neighbor);
  }
  return std::move(nearest).Take();
}

bool IsNearEnough(const Request& request, double score) {
  // Of one notion the score is D / S; scores are below 0 only where there is no ceiling.
  return request.max_distance == std::numeric_limits<double>::infinity() ||
         std::sqrt(score) <= request.max_distance;
}

}  // namespace csn::internal
