// Searches FAISS's graphs: the same walk as FAISS's own, over the same links and vectors, without a
// table of all rows cleared for each query, with rows on their way to the cache before they are
// measured, and of many dimensions by a byte of each, so that a row is one line of it instead of
// four.
#pragma once

#include <faiss/impl/HNSW.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/byte_distances.h"
#include "base/matrix.h"
#include "base/neighbor.h"

namespace csn::internal {

// Which rows a search has come by. Not thread-safe.
class VisitedRows {
 public:
  explicit VisitedRows(size_t rows) : marks_(rows) {}

  // Forgets all of them.
  void Clear();
  // False where the row was there before.
  bool Add(uint32_t row) {
    if (marks_[row] == mark_) return false;
    marks_[row] = mark_;
    return true;
  }

 private:
  std::vector<uint8_t> marks_;
  uint8_t mark_ = 0;
};

// Vectors in a byte a dimension: near enough to walk by, not to answer with. Immutable once made.
class RowBytes {
 public:
  // One step for all dimensions, the widest of which takes all of a byte; values of few rows far
  // out are at its ends. At least one row.
  explicit RowBytes(MatrixView vectors);
  RowBytes(const RowBytes&) = delete;
  RowBytes& operator=(const RowBytes&) = delete;

  size_t width() const { return width_; }  // of a row, zeros behind its values
  static size_t Width(size_t dim) {
    return (dim + kBytesTogether - 1) / kBytesTogether * kBytesTogether;
  }
  const uint8_t* Row(uint32_t row) const { return begin_ + row * width_; }
  // A query in the same steps [width()].
  std::vector<int16_t> Point(std::span<const float> query) const;

 private:
  size_t width_;
  float step_ = 1;
  std::vector<float> origin_;
  std::vector<uint8_t> bytes_;
  uint8_t* begin_;  // at a cache line
};

// Fewer dimensions of floats are in one or two lines; of more, squares do not add up within 32
// bits.
inline constexpr size_t kLeastByteDims = 33, kMostByteDims = 2048;
inline bool HasRowBytes(size_t dim) { return dim >= kLeastByteDims && dim <= kMostByteDims; }

// Thread-safe. The graph, which must be sound, and its vectors [n, d], d >= 1, must outlive it.
class GraphSearcher {
 public:
  GraphSearcher(const faiss::HNSW& graph, MatrixView vectors);

  // Those found, at most `ef`, nearest first: row and squared distance in float, whose terms are
  // rounded d + 2 times at most. Rows whose distance overflows are not found. Malkov and Yashunin,
  // "Efficient and robust approximate nearest neighbor search using HNSW graphs", algorithms 2
  // and 5, but that the two nearest rows are followed at a time.
  std::vector<Neighbor> Search(std::span<const float> query, size_t ef) const;

 private:
  class Walk;

  // A table that no other search uses; given back when it is done.
  std::unique_ptr<VisitedRows> TakeVisited() const;

  const faiss::HNSW& graph_;
  const MatrixView vectors_;
  const std::vector<float> ones_;  // [d]
  std::optional<RowBytes> bytes_;  // from kLeastByteDims to kMostByteDims
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<VisitedRows>> idle_;
};

}  // namespace csn::internal
