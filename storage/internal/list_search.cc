#include "storage/internal/list_search.h"

#include <algorithm>

namespace csn::internal {

std::vector<Neighbor> ToNeighbors(const float* distances, const faiss::Index::idx_t* labels,
                                  size_t k) {
  std::vector<Neighbor> neighbors;
  neighbors.reserve(k);
  for (size_t i = 0; i < k; ++i) {
    if (labels[i] < 0) continue;
    neighbors.push_back({static_cast<uint32_t>(labels[i]), distances[i]});
  }
  std::sort(neighbors.begin(), neighbors.end());
  return neighbors;
}

std::vector<Neighbor> SearchLists(const faiss::IndexIVF& index, std::span<const float> query,
                                  size_t k, size_t nprobe) {
  std::vector<float> filled(query.begin(), query.end());
  filled.resize(static_cast<size_t>(index.d));
  nprobe = std::clamp<size_t>(nprobe, 1, index.nlist);
  std::vector<float> centroid_distances(nprobe), distances(k);
  std::vector<faiss::Index::idx_t> nearest(nprobe), labels(k);
  index.quantizer->search(1, filled.data(), static_cast<int64_t>(nprobe), centroid_distances.data(),
                          nearest.data());
  faiss::IVFSearchParameters parameters;
  parameters.nprobe = nprobe;
  faiss::IndexIVFStats stats;
  index.search_preassigned(1, filled.data(), static_cast<int64_t>(k), nearest.data(),
                           centroid_distances.data(), distances.data(), labels.data(), false,
                           &parameters, &stats);
  return ToNeighbors(distances.data(), labels.data(), k);
}

}  // namespace csn::internal
