#include "base/measurer.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"

namespace csn {
namespace {

void CheckExamples(const std::vector<std::span<const float>>& examples, size_t dim) {
  for (const std::span<const float> example : examples) {
    Require(example.size() == dim, "exact search: expected a query of {} dimensions, got {}", dim,
            example.size());
  }
}

double MeanDistance(const MaskTable& masks, NotionId notion,
                    const std::vector<std::span<const float>>& examples,
                    std::span<const float> row) {
  double sum = 0;
  for (const std::span<const float> example : examples) {
    sum += NotionDistance(masks, notion, example, row);
  }
  return sum / static_cast<double>(examples.size());
}

}  // namespace

Measurer::Measurer(const Ranking& ranking, const Examples& examples, std::span<const NotionId> also)
    : ranking_(ranking),
      examples_(examples),
      liked_(ranking.weights.size()),
      distances_(ranking.weights.size()) {
  assert(ranking.masks != nullptr);
  const size_t notions = ranking.masks->notion_count();
  Require(ranking.weights.size() == notions && ranking.scales.size() == notions,
          "exact search: expected {} weights and scales, one a notion, got {} and {}", notions,
          ranking.weights.size(), ranking.scales.size());
  Require(!examples.liked.empty(), "exact search: expected an example that hits are to be like");
  CheckExamples(examples.liked, ranking.masks->dim());
  CheckExamples(examples.unliked, ranking.masks->dim());
  for (size_t notion = 0; notion < notions; ++notion) {
    if (ranking.weights[notion] != 0) measured_.push_back(static_cast<NotionId>(notion));
  }
  Require(!measured_.empty(), "exact search: every notion has weight 0");
  measured_.insert(measured_.end(), also.begin(), also.end());
  std::sort(measured_.begin(), measured_.end());
  measured_.erase(std::unique(measured_.begin(), measured_.end()), measured_.end());
}

double Measurer::Score(std::span<const float> row) {
  for (const NotionId notion : measured_) {
    liked_[notion] = MeanDistance(*ranking_.masks, notion, examples_.liked, row);
    distances_[notion] = liked_[notion];
    if (examples_.unliked.empty()) continue;
    distances_[notion] -=
        examples_.beta * MeanDistance(*ranking_.masks, notion, examples_.unliked, row);
  }
  return csn::Score(ranking_.weights, distances_, ranking_.scales);
}

}  // namespace csn
