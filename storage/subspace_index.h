// One FAISS index over the masked vectors of one notion.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/neighbor.h"
#include "base/progress.h"
#include "base/stop.h"
#include "storage/index_key.h"

namespace csn {

// What to build. All of it changes results, save `ef_construction`'s effect on build time.
struct IndexOptions {
  std::string key = "Flat";   // FAISS factory string, as index_key.h says
  int ef_construction = 200;  // HNSW: candidates looked at for each inserted row
  // Trains lists on this CUDA device (index_device.h); graphs and flat indexes need no training.
  std::optional<int> cuda = {};
  // Told where that failed, and the processor did it instead.
  LineSink note = {};
};

struct SearchOptions {
  size_t k = 10;
  int ef_search = 64;  // HNSW: candidates kept; raised to k where smaller
  int nprobe = 1;      // IVF: lists looked at; of fewer all
};

// Vectors and queries are row-major float32 [n, live], masked by the caller (base/mask.h).
// Thread-safety: any number of concurrent Search(); Build() and Load() return finished objects.
class SubspaceIndex {
 public:
  // Built by one thread (HNSW by several differs from run to run): the same input gives the same
  // bytes. Lists are trained on up to 256 rows each, the parts of a product quantizer on up to
  // 65,536, drawn by a fixed seed; those that a CUDA device trains are
  // other ones, and are answered from alike. `vectors.cols` may be 0 (no live dimension): then
  // every row is at distance 0. Throws Error(kInvalidArgument) where lists have too few rows
  // (CheckIndexRows), Error(kInterrupted) where `stop` is set.
  static SubspaceIndex Build(const IndexOptions& options, MatrixView vectors,
                             const StopFlag* stop = nullptr);
  // Reads the file whole and checks it against `checksum` (hash.h Checksum; empty: unchecked)
  // before FAISS sees it. Throws Error(kCorruption) naming the file, Error(kFailed) where it cannot
  // be read or does not fit in memory.
  static SubspaceIndex Load(const std::string& path, const std::string& checksum);
  // About the size of the file, and what the index takes in memory, where graphs of many dimensions
  // have their rows in bytes, too, and product quantizers a table: exact but for some bytes of
  // headers, and for graphs, whose levels are drawn, in the mean.
  static uint64_t FileBytes(const std::string& key, uint64_t rows, size_t dim);
  static uint64_t MemoryBytes(const std::string& key, uint64_t rows, size_t dim);
  // Reads the file's first bytes only. Throws Error(kCorruption) naming the file unless they are
  // those of an index of this kind, so many rows and dimensions.
  static void CheckHeader(const std::string& path, const std::string& key, size_t rows, size_t dim);

  ~SubspaceIndex();
  SubspaceIndex(SubspaceIndex&&) noexcept;
  SubspaceIndex& operator=(SubspaceIndex&&) noexcept;

  // Writes and syncs. Throws Error(kFailed).
  void Save(const std::string& path) const;

  size_t size() const;
  size_t dim() const;

  // For each query at most options.k neighbours (row, squared distance in float, whose terms are
  // rounded d + 2 times at most; of a product quantizer an estimate), nearest first, never padded.
  // In the calling thread. Throws Error(kInvalidArgument) where queries.cols != dim() or k < 1.
  std::vector<std::vector<Neighbor>> Search(const SearchOptions& options, MatrixView queries) const;

 private:
  struct Impl;
  explicit SubspaceIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
