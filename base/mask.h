// The masks of a model and the subspaces they open. Source: CSN paper, section 3 (z_c = m_c * e).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/notion.h"

namespace csn {

// Non-negative weights [C, d], one row a notion. A dimension is live for a notion where its weight
// is above zero. Immutable after construction, so any number of threads may read it.
class MaskTable {
 public:
  MaskTable() = default;
  // Throws Error(kInvalidArgument) where a weight is negative or not finite.
  explicit MaskTable(Matrix weights);

  size_t notion_count() const { return weights_.rows(); }
  size_t dim() const { return weights_.cols(); }
  std::span<const float> weights(NotionId notion) const { return weights_.Row(notion); }
  // Ascending positions of the live dimensions.
  std::span<const uint32_t> live_dims(NotionId notion) const { return live_[notion]; }
  const Matrix& matrix() const { return weights_; }

 private:
  Matrix weights_;
  std::vector<std::vector<uint32_t>> live_;
};

// m_c * x over live dimensions: [n, d] -> [n, live]. The only place masked vectors are made, so
// index and query agree. Throws Error(kInvalidArgument) where embeddings.cols is not the masks'
// dim.
Matrix Project(const MaskTable& masks, NotionId notion, MatrixView embeddings);

}  // namespace csn
