#include "query/query_engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "query/internal/diversity.h"
#include "query/internal/exact_search.h"
#include "query/internal/explain.h"
#include "query/internal/index_search.h"
#include "query/internal/judge.h"
#include "query/internal/planner.h"
#include "query/internal/request.h"
#include "query/internal/resources.h"
#include "query/model_check.h"

namespace csn {
namespace {

using internal::Request;

struct Found : internal::FoundHits {
  Plan plan = Plan::kScan;
  std::vector<internal::WayCost> ways;
  internal::Way way = internal::Way::kFloats;  // that was taken
  internal::ScanCounts counts;
};

Plan PlanOf(internal::Way way) {
  if (way == internal::Way::kGraph) return Plan::kHnsw;
  return way == internal::Way::kFlatIndex ? Plan::kFlat : Plan::kScan;
}

// One way; only the first k are looked at for the ceiling. Nothing where it came back short.
std::optional<std::vector<Neighbor>> Take(internal::Way way, const Generation& generation,
                                          const Request& request, size_t k,
                                          const std::optional<Neighbor>& after,
                                          internal::ScanCounts& counts) {
  using internal::Way;
  if (const std::optional<internal::ReadFirst> first = internal::ScanOf(way)) {
    return internal::SearchExactly(generation, request, k, after, *first, counts);
  }
  std::optional<std::vector<Neighbor>> best = way == Way::kGraph
                                                  ? internal::SearchGraph(generation, request, k)
                                                  : internal::SearchFlat(generation, request, k);
  if (!best) return std::nullopt;
  const auto too_far = [&](const Neighbor& neighbor) {
    return !internal::IsNearEnough(request, neighbor.value);
  };
  best->erase(std::find_if(best->begin(), best->end(), too_far), best->end());
  return best;
}

// The first k behind `after`, before diversity, by the cheapest way that gives them.
Found FindNearest(const Generation& generation, const Request& request, size_t k,
                  const std::optional<Neighbor>& after) {
  Found found;
  found.ways = internal::PlanWays(generation, request, k, !after);
  for (const internal::WayCost& at : found.ways) {
    std::optional<std::vector<Neighbor>> best =
        Take(at.way, generation, request, k, after, found.counts);
    if (!best) continue;
    found.way = at.way;
    found.neighbors = std::move(*best);
    break;
  }
  found.plan = PlanOf(found.way);
  return found;
}

// The hits of this page, at most k of them and one more where there is another page.
Found FindHits(const Generation& generation, const Request& request) {
  const size_t wanted = request.k + (request.pages ? 1 : 0);
  if (!request.diversity) {
    std::optional<Neighbor> after;
    if (request.after) after = request.after->last;
    return FindNearest(generation, request, wanted, after);
  }
  Found found = FindNearest(generation, request, request.diversity->pool, std::nullopt);
  found.pool = std::move(found.neighbors);
  const size_t before = request.after ? request.after->hits : 0;
  // One more than there are hits, for who asks what comes next.
  found.taken = internal::TakeDiverse(generation, request, found.pool, before + request.k + 1);
  const std::span<const Neighbor> taken = found.taken;
  const std::span<const Neighbor> behind = taken.subspan(std::min(before, taken.size()));
  const std::span<const Neighbor> hits = behind.first(std::min(wanted, behind.size()));
  found.neighbors.assign(hits.begin(), hits.end());
  return found;
}

// With the request's fields alone.
std::vector<Item> FetchItems(const MetadataStore& metadata, const Request& request,
                             const Query& query, const std::vector<uint32_t>& rows) {
  if (!query.items) {
    std::vector<Item> items(rows.size());
    std::vector<std::string> skus = metadata.SkusOf(rows);
    for (size_t i = 0; i < items.size(); ++i) items[i].sku = std::move(skus[i]);
    return items;
  }
  std::vector<Item> items = metadata.GetMany(rows);
  if (!query.fields) return items;
  for (Item& item : items) {
    std::vector<Value> values;
    for (const size_t column : request.fields) values.push_back(item.values[column]);
    item.values = std::move(values);
  }
  return items;
}

std::vector<NotionId> AllNotions(const Ranking& ranking) {
  std::vector<NotionId> notions;
  for (size_t notion = 0; notion < ranking.weights.size(); ++notion) {
    notions.push_back(static_cast<NotionId>(notion));
  }
  return notions;
}

std::vector<Hit> MakeHits(const Generation& generation, const Request& request, const Query& query,
                          const std::vector<Neighbor>& neighbors) {
  std::vector<uint32_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  std::vector<Item> items = FetchItems(generation.metadata(), request, query, rows);
  const Ranking& ranking = request.ranking;
  const Examples examples = request.examples();
  const std::vector<NotionId> notions = AllNotions(ranking);
  Measurer measurer(ranking, examples, notions);
  const uint64_t before = request.after ? request.after->hits : 0;
  std::vector<Hit> hits(neighbors.size());
  for (size_t i = 0; i < hits.size(); ++i) {
    Hit& hit = hits[i];
    hit.rank = before + i + 1;
    hit.score = neighbors[i].value;
    hit.item = std::move(items[i]);
    const std::span<const float> row = generation.embeddings().Row(rows[i]);
    if (query.vectors) hit.vector.assign(row.begin(), row.end());
    measurer.Score(row);
    for (const NotionId notion : notions) {
      const double scale = ranking.scales[notion], weight = ranking.weights[notion];
      hit.parts.push_back({.distance = ShownDistance(measurer.liked(notion), scale),
                           .share = weight == 0 ? 0 : weight * measurer.distance(notion) / scale});
    }
  }
  return hits;
}

PlanReport DescribePlan(const Found& found, std::chrono::duration<double, std::milli> seen) {
  PlanReport report{.ways = {},
                    .seen_ms = seen.count(),
                    .rows_by_codes = found.counts.by_codes,
                    .rows_by_floats = found.counts.by_floats,
                    .rows_measured = found.counts.measured};
  for (const internal::WayCost& at : found.ways) {
    report.ways.push_back({.name = internal::WayName(at.way),
                           .expected_ms = 1e3 * at.seconds,
                           .taken = at.way == found.way});
  }
  return report;
}

// Cuts the hits to the page; the cursor to the next one, or "" where there is none.
std::string CutToPage(const Generation& generation, const Request& request, Found& found) {
  if (found.neighbors.size() <= request.k) return "";
  found.neighbors.resize(request.k);
  const uint64_t before = request.after ? request.after->hits : 0;
  return FormatCursor({.generation = generation.name(),
                       .query_hash = request.query_hash,
                       .position = {before + request.k, found.neighbors.back()}});
}

}  // namespace

QueryEngine QueryEngine::Open(const std::string& index, PhotographEmbedder::Make make_embedder) {
  Generation generation = Generation::Open(index);
  CheckModelHeader(generation);
  return {std::move(generation), std::move(make_embedder)};
}

QueryEngine::~QueryEngine() = default;
QueryEngine::QueryEngine(QueryEngine&&) noexcept = default;
QueryEngine& QueryEngine::operator=(QueryEngine&&) noexcept = default;

QueryEngine::QueryEngine(Generation generation, PhotographEmbedder::Make make_embedder)
    : generation_(std::move(generation)),
      resources_(std::make_unique<internal::Resources>(std::move(make_embedder))) {
  for (const SubspaceManifest& subspace : generation_.manifest().subspaces) {
    scales_.push_back(subspace.scale);
  }
}

std::vector<Neighbor> QueryEngine::Rank(const Query& query) const {
  const Request request = internal::ResolveRequest(generation_, scales_, *resources_, query);
  Found found = FindHits(generation_, request);
  CutToPage(generation_, request, found);
  return std::move(found.neighbors);
}

Answer QueryEngine::Search(const Query& query) const {
  const Request request = internal::ResolveRequest(generation_, scales_, *resources_, query);
  const Manifest& manifest = generation_.manifest();
  const auto start = std::chrono::steady_clock::now();
  Found found = FindHits(generation_, request);
  Answer answer;
  if (query.explain_plan) {
    answer.plan_report = DescribePlan(found, std::chrono::steady_clock::now() - start);
  }
  answer.cursor = CutToPage(generation_, request, found);
  for (const Notion& notion : manifest.notions) {
    answer.notions.push_back(notion.name);
    answer.sources.push_back(notion.column);
  }
  answer.items = query.items;
  answer.images = request.images;
  for (const size_t column : request.fields) answer.columns.push_back(manifest.columns[column]);
  answer.hits = MakeHits(generation_, request, query, found.neighbors);
  answer.plan = found.plan;
  answer.exact = found.plan != Plan::kHnsw;
  answer.shortfall = query.k - answer.hits.size();
  if (query.explain) internal::Explain(generation_, request, query, found, answer);
  if (request.filter) {
    answer.qualifying = request.filter->rows.cardinality();
    answer.notes = request.filter->notes;
  }
  answer.generation = generation_.name();
  return answer;
}

}  // namespace csn
