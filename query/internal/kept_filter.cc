#include "query/internal/kept_filter.h"

#include <algorithm>

namespace csn::internal {
namespace {

// Of all filters that are kept 128 MiB.
constexpr size_t kMostGatheredBytes = 2 << 20;

}  // namespace

std::shared_ptr<const GatheredRows> KeptFilter::Gathered(const EmbeddingFile& embeddings) const {
  const size_t count = result_.rows.cardinality();
  if (count == 0 || count > kMostGatheredBytes / sizeof(float) / embeddings.dim()) return nullptr;
  if (!asked_.exchange(true)) return nullptr;
  const std::lock_guard lock(mutex_);
  if (gathered_ == nullptr) {
    auto gathered = std::make_shared<GatheredRows>();
    gathered->rows = Matrix(count, embeddings.dim());
    ForEachRow(result_.rows, [&](uint32_t row) {
      std::ranges::copy(embeddings.Row(row), gathered->rows.Row(gathered->ids.size()).begin());
      gathered->ids.push_back(row);
    });
    gathered_ = std::move(gathered);
  }
  return gathered_;
}

}  // namespace csn::internal
