#include "storage/internal/index_check.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

namespace csn::internal {
namespace {

// Whether every link of a row's list on `level` ends (-1) or leads to a row that has the level. On
// level 0 all have it: a row without levels is refused for itself.
bool LinksAreSound(const faiss::HNSW& graph, std::span<const int> links, int level) {
  const auto rows = static_cast<unsigned>(graph.levels.size());
  // No early way out, so that it is done by vectors: an index holds millions of links.
  bool sound = true;
  for (const int to : links) sound &= static_cast<unsigned>(to) + 1 <= rows;
  if (!sound || level == 0) return sound;
  return std::all_of(links.begin(), links.end(), [&](int to) {
    return to < 0 || graph.levels[static_cast<size_t>(to)] > level;
  });
}

// What is wrong with a graph over `rows` vectors: FAISS's search follows it without looking. ""
// where nothing is.
std::string GraphFault(const faiss::HNSW& graph, size_t rows) {
  const std::vector<int>& begins = graph.cum_nneighbor_per_level;  // of each level in a row's list
  if (begins.size() < 2 || begins[0] != 0 || !std::is_sorted(begins.begin(), begins.end())) {
    return "a graph whose levels are out of order";
  }
  if (graph.levels.size() != rows || graph.offsets.size() != rows + 1 || graph.offsets[0] != 0 ||
      graph.offsets.back() != graph.neighbors.size()) {
    return fmt::format("a graph of {} rows and {} links, expected {} rows", graph.levels.size(),
                       graph.neighbors.size(), rows);
  }
  const std::span<const int> links(graph.neighbors);
  for (size_t row = 0; row < rows; ++row) {
    const int levels = graph.levels[row];
    if (levels < 1 || static_cast<size_t>(levels) >= begins.size() ||
        graph.offsets[row + 1] - graph.offsets[row] != static_cast<size_t>(begins[levels])) {
      return fmt::format("a graph whose row {} has a list that does not fit its {} levels", row,
                         levels);
    }
    for (int level = 0; level < levels; ++level) {
      const auto list = links.subspan(graph.offsets[row] + static_cast<size_t>(begins[level]),
                                      static_cast<size_t>(begins[level + 1] - begins[level]));
      if (LinksAreSound(graph, list, level)) continue;
      return fmt::format("a graph whose row {} leads, on level {}, to a row which is not there",
                         row, level);
    }
  }
  const int64_t entry = graph.entry_point;
  const bool sound = rows == 0 ? entry == -1
                               : entry >= 0 && entry < static_cast<int64_t>(rows) &&
                                     graph.max_level == graph.levels[entry] - 1;
  return sound ? "" : fmt::format("a graph that is entered at row {} of {}", entry, rows);
}

// Of vectors that are all there.
std::string FlatFault(const faiss::IndexFlat& flat, int dim, int64_t rows) {
  if (flat.metric_type != faiss::METRIC_L2) return "an index whose metric is not L2";
  if (flat.d != dim || flat.ntotal != rows ||
      flat.codes.size() != size_t(rows) * size_t(dim) * sizeof(float)) {
    return "an index whose vectors do not fit its counts";
  }
  return "";
}

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

// Of a bool that was read from a file, where it may be any byte.
bool IsSet(const bool& value) {
  uint8_t byte = 0;
  std::memcpy(&byte, &value, sizeof byte);
  return byte == 1;
}

std::string QuantizerFault(const faiss::IndexIVFPQ& index) {
  const faiss::ProductQuantizer& pq = index.pq;
  if (!IsSet(index.by_residual) || pq.d != size_t(index.d) || pq.M < 1 || pq.nbits != 8 ||
      pq.ksub != 256 || pq.M * pq.dsub != pq.d || pq.code_size != pq.M ||
      index.code_size != pq.code_size || pq.centroids.size() != pq.d * pq.ksub) {
    return "an index whose product quantizer does not fit its dimensions";
  }
  return AllFinite(pq.centroids) ? "" : "a product quantizer with a centroid that is not finite";
}

// Every row stands in one list.
std::string ListsFault(const faiss::IndexIVF& index) {
  const auto* centroids = dynamic_cast<const faiss::IndexFlat*>(index.quantizer);
  const auto* lists = dynamic_cast<const faiss::ArrayInvertedLists*>(index.invlists);
  if (centroids == nullptr || lists == nullptr) return "lists that are of no kind known here";
  std::string fault = FlatFault(*centroids, index.d, static_cast<int64_t>(index.nlist));
  if (!fault.empty()) return fault;
  if (index.nlist < 1 || lists->nlist != index.nlist || lists->code_size != index.code_size ||
      lists->ids.size() != index.nlist || lists->codes.size() != index.nlist) {
    return fmt::format("{} lists, expected {}", lists->nlist, index.nlist);
  }
  if (!AllFinite({centroids->get_xb(), index.nlist * size_t(index.d)})) {
    return "a centroid that is not finite";
  }
  std::vector<bool> seen(static_cast<size_t>(index.ntotal));
  int64_t rows = 0;
  for (size_t list = 0; list < index.nlist; ++list) {
    const std::vector<faiss::Index::idx_t>& ids = lists->ids[list];
    if (lists->codes[list].size() != ids.size() * index.code_size) {
      return fmt::format("a list {} whose codes do not fit its {} rows", list, ids.size());
    }
    for (const faiss::Index::idx_t id : ids) {
      if (id < 0 || id >= index.ntotal || seen[static_cast<size_t>(id)]) {
        return fmt::format("a list {} with row {}, which is not there or in two lists", list, id);
      }
      seen[static_cast<size_t>(id)] = true;
    }
    rows += static_cast<int64_t>(ids.size());
  }
  return rows == index.ntotal ? ""
                              : fmt::format("lists of {} rows, expected {}", rows, index.ntotal);
}

std::string IvfFault(const faiss::IndexIVF& index) {
  if (const auto* pq = dynamic_cast<const faiss::IndexIVFPQ*>(&index)) {
    std::string fault = QuantizerFault(*pq);
    if (!fault.empty()) return fault;
  } else if (dynamic_cast<const faiss::IndexIVFFlat*>(&index) == nullptr ||
             index.code_size != size_t(index.d) * sizeof(float)) {
    return "lists that are neither of floats nor of a product quantizer's codes";
  }
  return ListsFault(index);
}

// Zeros behind each vector are the only thing that a transform here does.
std::string TransformFault(const faiss::IndexPreTransform& index) {
  const auto* remap = index.chain.size() == 1
                          ? dynamic_cast<const faiss::RemapDimensionsTransform*>(index.chain[0])
                          : nullptr;
  if (remap == nullptr || remap->d_in != index.d || remap->d_out != index.index->d ||
      remap->d_out < remap->d_in || remap->map.size() != size_t(remap->d_out)) {
    return "a transform other than zeros behind each vector";
  }
  for (int dim = 0; dim < remap->d_out; ++dim) {
    if (remap->map[dim] != (dim < remap->d_in ? dim : -1)) {
      return "a transform other than zeros behind each vector";
    }
  }
  return index.index->ntotal == index.ntotal ? "" : "an index whose parts have different counts";
}

}  // namespace

const faiss::IndexIVF* ListsOf(const faiss::Index& index) {
  const auto* behind = dynamic_cast<const faiss::IndexPreTransform*>(&index);
  return dynamic_cast<const faiss::IndexIVF*>(behind ? behind->index : &index);
}

std::string IndexFault(const faiss::Index& index) {
  if (index.metric_type != faiss::METRIC_L2) return "an index whose metric is not L2";
  if (index.d < 1 || index.ntotal < 0) return "an index whose vectors do not fit its counts";
  if (const auto* behind = dynamic_cast<const faiss::IndexPreTransform*>(&index)) {
    std::string fault = TransformFault(*behind);
    if (!fault.empty()) return fault;
    if (ListsOf(index) == nullptr) return "a transform before an index that has no lists";
  }
  if (const faiss::IndexIVF* lists = ListsOf(index)) {
    return lists->metric_type == faiss::METRIC_L2 && lists->d >= 1 && lists->ntotal >= 0
               ? IvfFault(*lists)
               : "lists whose metric or counts are wrong";
  }
  const auto* hnsw = dynamic_cast<const faiss::IndexHNSWFlat*>(&index);
  const auto* flat = dynamic_cast<const faiss::IndexFlat*>(hnsw ? hnsw->storage : &index);
  if (flat == nullptr) return "an index that is neither Flat, HNSW nor IVF";
  std::string fault = FlatFault(*flat, index.d, index.ntotal);
  if (!fault.empty() || hnsw == nullptr) return fault;
  return GraphFault(hnsw->hnsw, static_cast<size_t>(index.ntotal));
}

}  // namespace csn::internal
