// A filter's rows, kept for queries to come.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/matrix.h"
#include "query/filter.h"
#include "storage/embedding_file.h"

namespace csn::internal {

// Embeddings of rows that lie apart, side by side.
struct GatheredRows {
  std::vector<uint32_t> ids;  // ascending
  Matrix rows;                // [ids.size(), d]
};

// Thread-safe.
class KeptFilter {
 public:
  explicit KeptFilter(FilterResult result) : result_(std::move(result)) {}

  const FilterResult& result() const { return result_; }

  // The rows it lets through, once it has been asked for the second time, and where they are few
  // (kMostGatheredBytes): reading them is then twice as fast. Else nothing. Throws as
  // EmbeddingFile::Row.
  std::shared_ptr<const GatheredRows> Gathered(const EmbeddingFile& embeddings) const;

 private:
  const FilterResult result_;
  mutable std::atomic<bool> asked_ = false;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const GatheredRows> gathered_;
};

}  // namespace csn::internal
