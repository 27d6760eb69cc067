#include "indexer/internal/row_collector.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "storage/embedding_file.h"
#include "storage/layout.h"
#include "storage/metadata_store.h"

namespace csn {

RowCollector::RowCollector(const std::string& folder, size_t dim)
    : folder_(folder), dim_(dim), items_(folder), embeddings_(folder) {}

void RowCollector::Append(const Item& item, std::span<const float> embedding) {
  for (const float value : embedding) {
    if (!std::isfinite(value)) {
      Fail(ErrorCode::kFailed, "item {} (image {}): the model's embedding is not finite", item.sku,
           item.image);
    }
  }
  const std::string bytes = EncodeItem(item);
  const auto* floats = reinterpret_cast<const uint8_t*>(embedding.data());
  rows_.push_back({.sku = item.sku,
                   .item_offset = items_.Append(AsBytes(bytes)),
                   .item_bytes = bytes.size(),
                   .embedding_offset = embeddings_.Append({floats, embedding.size_bytes()})});
}

void RowCollector::WriteSorted(const std::vector<Column>& columns, const ProgressSink& progress,
                               const StopFlag* stop) {
  // std::string compares bytes as unsigned.
  std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.sku < b.sku; });
  EmbeddingFileWriter embeddings(folder_ + "/" + layout::kEmbeddings, dim_);
  MetadataWriter metadata(folder_ + "/" + layout::kMetadata, columns);
  std::vector<float> embedding(dim_);
  std::string item;
  uint64_t done = 0;
  for (const Row& row : rows_) {
    ThrowIfStopped(stop);
    embeddings_.Read(row.embedding_offset,
                     {reinterpret_cast<uint8_t*>(embedding.data()), dim_ * sizeof(float)});
    embeddings.Append(embedding);
    item.resize(row.item_bytes);
    items_.Read(row.item_offset, {reinterpret_cast<uint8_t*>(item.data()), item.size()});
    metadata.Append(DecodeItem(item));
    if (progress) {
      progress({.stage = "writing items", .done = ++done, .total = rows_.size(), .unit = "items"});
    }
  }
  embeddings.Finish();
  metadata.Finish();
}

}  // namespace csn
