#include "query/query_engine.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/scan.h"
#include "base/text.h"
#include "query/filter.h"
#include "query/internal/float_bound.h"
#include "query/model_check.h"

namespace csn {
namespace {

// Candidates the flat index gives beyond those asked for: what near ties are decided among before a
// whole scan is needed.
constexpr size_t kSpareCandidates = 32;
// Where a filter lets at most this part of all rows through, they are read one by one.
constexpr size_t kFewRowsShare = 8;

// A query with every name resolved.
struct Request {
  Ranking ranking;
  std::vector<float> vector;  // unmasked [d]
  std::optional<uint32_t> excluded;
  std::optional<FilterResult> filter;
  size_t k = 0;
  size_t wanted = 0;             // hits there can be: min(k, rows that qualify)
  std::optional<NotionId> sole;  // the one notion that counts, where it is one
};

struct Found {
  std::vector<Neighbor> neighbors;
  Plan plan = Plan::kScan;
};

void CheckWeight(const Query::WeightedNotion& notion) {
  Require(
      std::isfinite(notion.weight) && notion.weight != 0 &&
          std::abs(notion.weight) <= kMaxNotionWeight,
      "weight of notion '{}': expected a number other than 0 of at most {} in magnitude, got {}",
      notion.name, kMaxNotionWeight, notion.weight);
}

NotionWeights ResolveWeights(const Manifest& manifest,
                             const std::vector<Query::WeightedNotion>& notions) {
  Require(!notions.empty(), "a query needs at least one notion");
  NotionWeights weights(manifest.notions.size(), 0.0);
  bool any_positive = false;
  for (const Query::WeightedNotion& notion : notions) {
    const NotionId id = FindNotion(manifest.notions, notion.name);
    Require(weights[id] == 0, "notion '{}' is asked for twice", manifest.notions[id].name);
    CheckWeight(notion);
    // One notion alone is ranked by its distance, whatever it was weighted with.
    weights[id] = notions.size() == 1 && notion.weight > 0 ? 1.0 : notion.weight;
    any_positive = any_positive || notion.weight > 0;
  }
  Require(any_positive,
          "notion '{}': a negative weight needs a notion with a positive one beside it",
          notions.front().name);
  return weights;
}

std::optional<NotionId> SoleNotion(const NotionWeights& weights) {
  std::optional<NotionId> sole;
  for (size_t notion = 0; notion < weights.size(); ++notion) {
    if (weights[notion] == 0) continue;
    if (sole.has_value()) return std::nullopt;
    sole = static_cast<NotionId>(notion);
  }
  return sole;
}

uint32_t FindSku(const Generation& generation, const std::string& sku) {
  const std::optional<uint32_t> row = generation.metadata().RowOf(sku);
  if (!row.has_value()) {
    Fail(ErrorCode::kNotFound, "no item with sku '{}' in {}{}", sku, generation.folder(),
         DidYouMean(generation.metadata().NearSkus(sku)));
  }
  return *row;
}

void CheckVector(const std::vector<float>& vector, size_t dim) {
  Require(vector.size() == dim, "query vector: expected {} values, got {}", dim, vector.size());
  for (size_t i = 0; i < vector.size(); ++i) {
    Require(std::isfinite(vector[i]), "query vector: expected finite values, got {} at position {}",
            vector[i], i);
  }
}

size_t QualifyingRows(const Generation& generation, const Request& request) {
  if (!request.filter) {
    return generation.embeddings().rows() - (request.excluded.has_value() ? 1 : 0);
  }
  const RowSet& rows = request.filter->rows;
  const bool excluded = request.excluded.has_value() && rows.contains(*request.excluded);
  return rows.cardinality() - (excluded ? 1 : 0);
}

Request Resolve(const Generation& generation, std::span<const double> scales, const Query& query) {
  const Manifest& manifest = generation.manifest();
  Require(query.k >= 1 && query.k <= kMaxHits, "k: expected 1 to {}, got {}", kMaxHits, query.k);
  Request request;
  request.ranking = {.masks = &manifest.masks,
                     .scales = scales,
                     .weights = ResolveWeights(manifest, query.notions)};
  request.sole = SoleNotion(request.ranking.weights);
  if (const std::string* sku = std::get_if<std::string>(&query.by)) {
    request.excluded = FindSku(generation, *sku);
    const std::span<const float> row = generation.embeddings().Row(*request.excluded);
    request.vector.assign(row.begin(), row.end());
  } else {
    request.vector = std::get<std::vector<float>>(query.by);
    CheckVector(request.vector, manifest.dim);
  }
  request.k = query.k;
  if (!query.where.empty()) request.filter = Filter(generation.metadata(), query.where);
  request.wanted = std::min(query.k, QualifyingRows(generation, request));
  return request;
}

// The first k of `rows` (ascending, none twice) measured by definition. Only they are read, so a
// query touches few blocks of the embedding file.
std::vector<Neighbor> RankRows(const Generation& generation, const Request& request,
                               std::span<const uint32_t> rows) {
  // Positions in the copy break ties as rows do.
  Matrix copy(rows.size(), request.vector.size());
  std::vector<uint32_t> positions(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::span<const float> row = generation.embeddings().Row(rows[i]);
    std::copy(row.begin(), row.end(), copy.Row(i).begin());
    positions[i] = static_cast<uint32_t>(i);
  }
  std::vector<Neighbor> best =
      Rescore(request.ranking, request.vector, copy.View(), positions, request.k);
  for (Neighbor& neighbor : best) neighbor.row = rows[neighbor.row];
  return best;
}

// What an index found, less the excluded row, measured by definition: the first k.
std::vector<Neighbor> RescoreFound(const Generation& generation, const Request& request,
                                   std::span<const Neighbor> found) {
  std::vector<uint32_t> rows;
  for (const Neighbor& neighbor : found) {
    if (request.excluded != neighbor.row) rows.push_back(neighbor.row);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return RankRows(generation, request, rows);
}

// The first k of the rows that the filter lets through.
std::vector<Neighbor> SearchFiltered(const Generation& generation, const Request& request) {
  const RowSet& among = request.filter->rows;
  const EmbeddingFile& embeddings = generation.embeddings();
  if (among.cardinality() > embeddings.rows() / kFewRowsShare) {
    return ExactScan(request.ranking, request.vector, embeddings.All(), request.k, request.excluded,
                     &among);
  }
  std::vector<uint32_t> rows;
  for (const uint32_t row : among) {
    if (request.excluded != row) rows.push_back(row);
  }
  return RankRows(generation, request, rows);
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

Matrix ProjectQuery(const Request& request) {
  return Project(*request.ranking.masks, *request.sole,
                 {request.vector.data(), 1, request.vector.size()});
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

// The exact answer by way of a flat index, or nothing where its float distances cannot prove it.
std::optional<std::vector<Neighbor>> SearchFlat(const Generation& generation,
                                                const Request& request) {
  const SubspaceIndex& index = generation.subspace(*request.sole);
  const Matrix query = ProjectQuery(request);
  const size_t candidates = std::min(request.k + 1 + kSpareCandidates, index.size());
  const std::vector<Neighbor> found =
      std::move(index.Search({.k = candidates}, query.View()).front());
  // FAISS leaves out rows whose float distance overflowed: nothing is known of them.
  if (found.size() < candidates) return std::nullopt;
  // Those asked for nearly always suffice; the others are read where near ties ask for it. Rows
  // that are not examined are at the next found distance or beyond, at the last one at least.
  const double norm = Norm(query.Row(0));
  for (const size_t examined : {std::min(request.k + 1, found.size()), found.size()}) {
    std::vector<Neighbor> best =
        RescoreFound(generation, request, std::span(found).first(examined));
    if (examined == index.size()) return best;
    if (best.size() < request.wanted) continue;
    const Neighbor& next = found[std::min(examined, found.size() - 1)];
    if (ProvenBehind(generation, request, norm, next.value, best.back())) return best;
  }
  return std::nullopt;
}

// The graph's answer, or nothing where it came back short.
std::optional<std::vector<Neighbor>> SearchGraph(const Generation& generation,
                                                 const Request& request) {
  const NotionId notion = *request.sole;
  const SubspaceIndex& index = generation.subspace(notion);
  const int ef_search = generation.manifest().subspaces[notion].ef_search;
  // All that the graph search keeps is rescored: it costs little and mends the order of near ties.
  const size_t candidates = std::max(request.k + 1, static_cast<size_t>(std::max(ef_search, 1)));
  // It would visit every row, as the scan does, and prove nothing.
  if (candidates >= index.size()) return std::nullopt;
  const Matrix query = ProjectQuery(request);
  std::vector<Neighbor> best =
      RescoreFound(generation, request,
                   index.Search({.k = candidates, .ef_search = ef_search}, query.View()).front());
  if (best.size() < request.wanted) return std::nullopt;
  return best;
}

Found FindNeighbors(const Generation& generation, const Request& request, bool exact) {
  const Manifest& manifest = generation.manifest();
  if (request.filter) return {SearchFiltered(generation, request), Plan::kScan};
  if (request.sole.has_value() && !manifest.masks.live_dims(*request.sole).empty()) {
    const bool flat = IsExactKey(manifest.subspaces[*request.sole].key);
    if (flat) {
      if (auto best = SearchFlat(generation, request)) return {std::move(*best), Plan::kFlat};
    } else if (!exact) {
      if (auto best = SearchGraph(generation, request)) return {std::move(*best), Plan::kHnsw};
    }
  }
  return {ExactScan(request.ranking, request.vector, generation.embeddings().All(), request.k,
                    request.excluded),
          Plan::kScan};
}

std::vector<Item> FetchItems(const MetadataStore& metadata, const std::vector<uint32_t>& rows,
                             bool whole) {
  if (whole) return metadata.GetMany(rows);
  std::vector<Item> items(rows.size());
  std::vector<std::string> skus = metadata.SkusOf(rows);
  for (size_t i = 0; i < items.size(); ++i) items[i].sku = std::move(skus[i]);
  return items;
}

std::vector<Hit> MakeHits(const Generation& generation, const Request& request, bool whole_items,
                          const std::vector<Neighbor>& neighbors) {
  std::vector<uint32_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  std::vector<Item> items = FetchItems(generation.metadata(), rows, whole_items);
  const Ranking& ranking = request.ranking;
  std::vector<Hit> hits(neighbors.size());
  for (size_t i = 0; i < hits.size(); ++i) {
    Hit& hit = hits[i];
    hit.rank = static_cast<uint32_t>(i + 1);
    hit.score = neighbors[i].value;
    hit.item = std::move(items[i]);
    const std::span<const float> row = generation.embeddings().Row(rows[i]);
    for (size_t notion = 0; notion < ranking.weights.size(); ++notion) {
      const double distance =
          NotionDistance(*ranking.masks, static_cast<NotionId>(notion), request.vector, row);
      const double scale = ranking.scales[notion];
      const double weight = ranking.weights[notion];
      hit.parts.push_back({.distance = ShownDistance(distance, scale),
                           .share = weight == 0 ? 0 : weight * distance / scale});
    }
  }
  return hits;
}

}  // namespace

QueryEngine QueryEngine::Open(const std::string& index) {
  Generation generation = Generation::Open(index);
  CheckModelHeader(generation);
  return QueryEngine(std::move(generation));
}

QueryEngine::QueryEngine(Generation generation) : generation_(std::move(generation)) {
  for (const SubspaceManifest& subspace : generation_.manifest().subspaces) {
    scales_.push_back(subspace.scale);
  }
}

std::vector<Neighbor> QueryEngine::Rank(const Query& query) const {
  const Request request = Resolve(generation_, scales_, query);
  return FindNeighbors(generation_, request, query.exact).neighbors;
}

Answer QueryEngine::Search(const Query& query) const {
  const Request request = Resolve(generation_, scales_, query);
  const Found found = FindNeighbors(generation_, request, query.exact);
  Answer answer;
  for (const Notion& notion : generation_.manifest().notions) {
    answer.notions.push_back(notion.name);
    answer.sources.push_back(notion.column);
  }
  answer.items = query.items;
  if (query.items) answer.columns = generation_.manifest().columns;
  answer.hits = MakeHits(generation_, request, query.items, found.neighbors);
  answer.plan = found.plan;
  answer.exact = found.plan != Plan::kHnsw;
  answer.shortfall = query.k - answer.hits.size();
  if (request.filter) {
    answer.qualifying = request.filter->rows.cardinality();
    answer.notes = request.filter->notes;
  }
  answer.generation = generation_.name();
  return answer;
}

}  // namespace csn
