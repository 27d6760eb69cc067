// One row against what a query asks of hits, but for its filter and groups.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/measurer.h"
#include "query/internal/request.h"

namespace csn::internal {

// Whether `score` is within the request's ceiling: its root is what is shown.
bool IsNearEnough(const Request& request, double score);

// Not thread-safe: one a thread. The request must outlive it and stay where it is.
class Judge {
 public:
  explicit Judge(const Request& request);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // The row's score, or nothing where it is no hit: named as an example, beyond a limit or the
  // ceiling.
  std::optional<double> Score(uint32_t row, std::span<const float> embedding) {
    if (IsLeftOut(row)) return std::nullopt;
    const double score = Measure(embedding);
    if (BrokenLimit() != nullptr || !IsNearEnough(request_, score)) return std::nullopt;
    return score;
  }

  // Its parts. What follows Measure is of the row measured last.
  bool IsLeftOut(uint32_t row) const { return std::ranges::binary_search(request_.left_out, row); }
  double Measure(std::span<const float> embedding) { return measurer_.Score(embedding); }
  // Of a notion that has a weight or a limit.
  double Shown(NotionId notion) const {
    return ShownDistance(measurer_.liked(notion), request_.ranking.scales[notion]);
  }
  // The first limit that does not allow the row; none: nullptr.
  const NotionLimit* BrokenLimit() const {
    for (const NotionLimit& limit : request_.limits) {
      if (!limit.Allows(Shown(limit.notion))) return &limit;
    }
    return nullptr;
  }
  const Measurer& measurer() const { return measurer_; }

 private:
  const Request& request_;
  const Examples examples_;
  const std::vector<NotionId> limited_;
  Measurer measurer_;
};

}  // namespace csn::internal
