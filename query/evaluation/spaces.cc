#include "query/evaluation/spaces.h"

#include <algorithm>
#include <utility>

namespace csn {

MaskTable MeasuredSpaces(const MaskTable& masks, std::span<const NotionId> notions) {
  Matrix weights(notions.size() + 1, masks.dim());
  for (size_t i = 0; i < notions.size(); ++i) {
    std::ranges::copy(masks.weights(notions[i]), weights.Row(i).begin());
  }
  std::ranges::fill(weights.Row(notions.size()), 1.0F);
  return MaskTable(std::move(weights));
}

}  // namespace csn
