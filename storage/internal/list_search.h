// Searches FAISS's inverted lists.
#pragma once

#include <faiss/IndexIVF.h>

#include <span>
#include <vector>

#include "base/neighbor.h"

namespace csn::internal {

// At most `k` rows of the `nprobe` lists (all, where there are fewer) whose centroids are nearest
// to the query, nearest first: row and squared distance, which of a product quantizer is an
// estimate. A query of fewer dimensions than the index has zeros behind it, as its rows have.
// Thread-safe: of FAISS's own search the statistics are not. Throws faiss::FaissException.
std::vector<Neighbor> SearchLists(const faiss::IndexIVF& index, std::span<const float> query,
                                  size_t k, size_t nprobe);

// FAISS's answer to one query as ours: no padding; ties by row.
std::vector<Neighbor> ToNeighbors(const float* distances, const faiss::Index::idx_t* labels,
                                  size_t k);

}  // namespace csn::internal
