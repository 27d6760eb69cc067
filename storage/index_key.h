// FAISS factory strings that a notion's index may have.
#pragma once

#include <cstdint>
#include <string>

namespace csn {

enum class IndexKind {
  kFlat,     // Flat: every row
  kGraph,    // HNSW<M>
  kLists,    // IVF<n>,Flat: the rows of the lists whose centroids are nearest
  kPqLists,  // IVF<n>,PQ<m>: the same, of each row m bytes for as many parts of its dimensions
};

struct IndexKey {
  IndexKind kind = IndexKind::kFlat;
  int links = 0;       // M: of a row on each level of the graph, twice on the lowest
  int lists = 0;       // n
  int code_bytes = 0;  // m

  bool has_lists() const { return kind == IndexKind::kLists || kind == IndexKind::kPqLists; }
  // As many are trained on: a centroid a list, and 256 of each part.
  uint64_t least_rows() const;
};

// Throws Error(kInvalidArgument) naming the accepted forms.
IndexKey ParseIndexKey(const std::string& key);
bool IsExactKey(const std::string& key);  // true for Flat
// Throws Error(kInvalidArgument) naming both figures where an index of this kind needs more rows;
// none at all never suffice.
void CheckIndexRows(const std::string& key, uint64_t rows);

}  // namespace csn
