#include "query/internal/index_search.h"

#include <algorithm>
#include <cmath>

#include "query/internal/float_bound.h"

namespace csn::internal {
namespace {

// Candidates the flat index gives beyond those asked for: what near ties are decided among before a
// whole scan is needed.
constexpr size_t kSpareCandidates = 32;

// What an index found, less the rows left out, measured by definition: the first k. Only these rows
// are read, so a query touches few blocks of the embedding file.
std::vector<Neighbor> RescoreFound(const Generation& generation, const Request& request, size_t k,
                                   std::span<const Neighbor> found) {
  const Examples examples = request.examples();
  Measurer measurer(request.ranking, examples);
  std::vector<Neighbor> best;
  for (const Neighbor& neighbor : found) {
    if (std::ranges::binary_search(request.left_out, neighbor.row)) continue;
    best.push_back({neighbor.row, measurer.Score(generation.embeddings().Row(neighbor.row))});
  }
  std::sort(best.begin(), best.end());
  // An index may name a row twice; equal rows have equal values, so they stand side by side.
  best.erase(std::unique(best.begin(), best.end()), best.end());
  if (best.size() > k) best.resize(k);
  return best;
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

Matrix ProjectQuery(const Request& request) {
  const std::vector<float>& example = request.liked.front();
  return Project(*request.ranking.masks, *request.sole, {example.data(), 1, example.size()});
}

// How many hits there will be.
size_t Wanted(const Generation& generation, const Request& request, size_t k) {
  return std::min(k, request.candidates(generation));
}

// Whether every row at `float_distance` or beyond, by the notion's flat index, is behind `last`. In
// score's own units and strictly, because two distances may round to one score and then the smaller
// sku goes first.
bool ProvenBehind(const Generation& generation, const Request& request, double query_norm,
                  double float_distance, const Neighbor& last) {
  const NotionId notion = *request.sole;
  std::vector<double> floors(request.ranking.weights.size(), 0.0);
  floors[notion] = DistanceFloor(float_distance, generation.subspace(notion).dim(), query_norm,
                                 generation.manifest().subspaces[notion].radius);
  return Score(request.ranking.weights, floors, request.ranking.scales) > last.value;
}

struct Rescored {
  std::vector<Neighbor> best;
  bool proven = false;  // no row that the index did not find is among the first k
};

// The first k of what the index found. Those asked for nearly always suffice: the others are read
// where near ties leave the order open. Rows that are not examined are at the next found distance
// or beyond, at the last one at least, if `found` are the nearest that there are.
Rescored RescoreInSteps(const Generation& generation, const Request& request, size_t k,
                        std::span<const float> query, std::span<const Neighbor> found) {
  const double norm = Norm(query);
  Rescored rescored;
  for (const size_t examined :
       {std::min(k + request.left_out.size(), found.size()), found.size()}) {
    rescored.best = RescoreFound(generation, request, k, found.first(examined));
    const bool all = examined == generation.embeddings().rows();
    if (rescored.best.size() < Wanted(generation, request, k)) continue;
    rescored.proven = all || ProvenBehind(generation, request, norm,
                                          found[std::min(examined, found.size() - 1)].value,
                                          rescored.best.back());
    if (rescored.proven) break;
  }
  return rescored;
}

}  // namespace

std::optional<std::vector<Neighbor>> SearchFlat(const Generation& generation,
                                                const Request& request, size_t k) {
  const SubspaceIndex& index = generation.subspace(*request.sole);
  const Matrix query = ProjectQuery(request);
  const size_t candidates = k + request.left_out.size() + kSpareCandidates;
  const std::vector<Neighbor> found =
      std::move(index.Search({.k = candidates}, query.View()).front());
  // FAISS leaves out rows whose float distance overflowed: nothing is known of them.
  if (found.size() < std::min(candidates, index.size())) return std::nullopt;
  Rescored rescored = RescoreInSteps(generation, request, k, query.Row(0), found);
  if (!rescored.proven) return std::nullopt;
  return std::move(rescored.best);
}

SearchWidth WidthOf(const Request& request, const SubspaceManifest& subspace) {
  return {.ef_search = request.ef > 0 ? request.ef : subspace.ef_search,
          .nprobe = request.nprobe > 0 ? request.nprobe : subspace.nprobe};
}

std::optional<std::vector<Neighbor>> SearchApproximately(const Generation& generation,
                                                         const Request& request, size_t k) {
  const NotionId notion = *request.sole;
  const SubspaceIndex& index = generation.subspace(notion);
  const SubspaceManifest& subspace = generation.manifest().subspaces[notion];
  const SearchWidth width = WidthOf(request, subspace);
  const size_t candidates =
      std::max(k + request.left_out.size(), static_cast<size_t>(std::max(width.ef_search, 1)));
  // It would visit every row, as the scan does, and prove nothing.
  if (candidates >= index.size()) return std::nullopt;
  const Matrix query = ProjectQuery(request);
  const std::vector<Neighbor> found =
      std::move(index
                    .Search({.k = candidates, .ef_search = width.ef_search, .nprobe = width.nprobe},
                            query.View())
                    .front());
  // Estimates say nothing of which are nearest; else all that were kept decide near ties, where
  // there are any.
  std::vector<Neighbor> best =
      ParseIndexKey(subspace.key).kind == IndexKind::kPqLists
          ? RescoreFound(generation, request, k, found)
          : RescoreInSteps(generation, request, k, query.Row(0), found).best;
  if (best.size() < Wanted(generation, request, k)) return std::nullopt;
  return best;
}

}  // namespace csn::internal
