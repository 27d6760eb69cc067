// Rows arrive in the catalogue's order and are kept in sku order: what lies between, on disk but
// for the skus.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/item.h"
#include "base/progress.h"
#include "base/stop.h"
#include "indexer/internal/spill_file.h"

namespace csn {

// Not thread-safe.
class RowCollector {
 public:
  // `folder` is the unpublished generation's.
  RowCollector(const std::string& folder, size_t dim);

  // Throws Error(kFailed) naming the item where a value of its embedding [dim] is not finite.
  void Append(const Item& item, std::span<const float> embedding);
  size_t size() const { return rows_.size(); }

  // Writes the embedding file and the metadata store into the folder, rows in bytewise sku order.
  void WriteSorted(const std::vector<Column>& columns, const ProgressSink& progress,
                   const StopFlag* stop);

 private:
  struct Row {
    std::string sku;
    uint64_t item_offset;
    uint64_t item_bytes;
    uint64_t embedding_offset;
  };
  std::string folder_;
  size_t dim_;
  SpillFile items_;
  SpillFile embeddings_;
  std::vector<Row> rows_;
};

}  // namespace csn
