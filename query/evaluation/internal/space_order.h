// All rows of a space in order of their distance from a query, for many queries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"

namespace csn::internal {

// The live dimensions of one space, held by dimension in double, so that distances of many rows are
// computed side by side. Immutable.
class SpaceColumns {
 public:
  SpaceColumns(const MaskTable& spaces, NotionId space, MatrixView embeddings);

  // Distances of `queries` (rows) to all rows -> out [queries, n]: the same doubles as
  // base/distance.h NotionDistance gives.
  void Measure(std::span<const uint32_t> queries, std::span<double> out) const;

 private:
  void MeasureRows(uint32_t query, size_t begin, size_t end, double* out) const;

  size_t rows_;
  std::vector<double> weights_;  // [live], squared
  std::vector<double> columns_;  // [live, n]
};

// Sorts row numbers by distance, ties by row: what std::sort does, in linear time. Keeps its
// memory; one a thread.
class RowSorter {
 public:
  // distances [n], each at least 0 -> rows [n], nearest first; valid until the next call.
  std::span<const uint32_t> Sort(std::span<const double> distances);

 private:
  struct Entry {
    uint32_t key;  // the distance as a float's bits, which are ordered as the floats are
    uint32_t row;
  };
  void Pass(int shift);
  void SettleTies(std::span<const double> distances);

  std::vector<Entry> entries_, spare_;
  std::vector<uint32_t> rows_;
};

}  // namespace csn::internal
