#include "base/mask.h"

#include <cmath>
#include <utility>

#include "base/error.h"

namespace csn {

MaskTable::MaskTable(Matrix weights) : weights_(std::move(weights)), live_(weights_.rows()) {
  for (size_t notion = 0; notion < weights_.rows(); ++notion) {
    const std::span<const float> row = std::as_const(weights_).Row(notion);
    for (size_t k = 0; k < row.size(); ++k) {
      Require(std::isfinite(row[k]) && row[k] >= 0,
              "mask of notion {}, dimension {}: expected a finite weight of at least 0, got {}",
              notion, k, row[k]);
      if (row[k] > 0) live_[notion].push_back(static_cast<uint32_t>(k));
    }
  }
}

Matrix Project(const MaskTable& masks, NotionId notion, MatrixView embeddings) {
  Require(notion < masks.notion_count(), "projecting: expected a notion below {}, got {}",
          masks.notion_count(), notion);
  Require(embeddings.cols == masks.dim(),
          "projecting onto notion {}: expected embeddings of {} dimensions, got {}", notion,
          masks.dim(), embeddings.cols);
  const std::span<const uint32_t> live = masks.live_dims(notion);
  const std::span<const float> weights = masks.weights(notion);
  Matrix projected(embeddings.rows, live.size());
  for (size_t row = 0; row < embeddings.rows; ++row) {
    const std::span<const float> from = embeddings.Row(row);
    const std::span<float> to = projected.Row(row);
    for (size_t i = 0; i < live.size(); ++i) to[i] = weights[live[i]] * from[live[i]];
  }
  return projected;
}

}  // namespace csn
