#include "query/query_engine.h"

#include <deque>
#include <utility>

#include "query/internal/explain.h"
#include "query/internal/finder.h"
#include "query/internal/request.h"
#include "query/internal/resources.h"
#include "query/model_check.h"

namespace csn {
namespace {

using internal::FindJob;
using internal::Found;
using internal::Request;

Plan PlanOf(internal::Way way) {
  if (way == internal::Way::kGraph) return Plan::kHnsw;
  if (way == internal::Way::kLists) return Plan::kIvf;
  return way == internal::Way::kFlatIndex ? Plan::kFlat : Plan::kScan;
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

PlanReport DescribePlan(const Found& found) {
  PlanReport report{.ways = {},
                    .seen_ms = 1e3 * found.seconds,
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

Answer MakeAnswer(const Generation& generation, const Request& request, const Query& query,
                  Found& found) {
  const Manifest& manifest = generation.manifest();
  Answer answer;
  if (query.explain_plan) answer.plan_report = DescribePlan(found);
  answer.cursor = CutToPage(generation, request, found);
  for (const Notion& notion : manifest.notions) {
    answer.notions.push_back(notion.name);
    answer.sources.push_back(notion.column);
  }
  answer.items = query.items;
  answer.images = request.images;
  for (const size_t column : request.fields) answer.columns.push_back(manifest.columns[column]);
  answer.hits = MakeHits(generation, request, query, found.neighbors);
  answer.plan = PlanOf(found.way);
  answer.exact = answer.plan != Plan::kHnsw && answer.plan != Plan::kIvf;
  answer.shortfall = query.k - answer.hits.size();
  if (query.explain) internal::Explain(generation, request, query, found, answer);
  if (request.filter) {
    answer.qualifying = request.filter->rows.cardinality();
    answer.notes = request.filter->notes;
  }
  answer.generation = generation.name();
  return answer;
}

// Several queries, with hits or with errors.
struct Asked {
  std::deque<Request> requests;  // of those that could be resolved
  std::vector<FindJob> jobs;     // [queries]
};

Asked FindMany(const Generation& generation, std::span<const double> scales,
               internal::Resources& resources, std::span<const Query> queries) {
  Asked asked;
  for (const Query& query : queries) {
    FindJob& job = asked.jobs.emplace_back();
    try {
      job.request = &asked.requests.emplace_back(
          internal::ResolveRequest(generation, scales, resources, query));
    } catch (const Error& error) {
      job.error = error;
    }
  }
  internal::FindHitsOfEach(generation, asked.jobs);
  return asked;
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
  Found found = internal::FindHits(generation_, request);
  CutToPage(generation_, request, found);
  return std::move(found.neighbors);
}

Answer QueryEngine::Search(const Query& query) const {
  const Request request = internal::ResolveRequest(generation_, scales_, *resources_, query);
  Found found = internal::FindHits(generation_, request);
  return MakeAnswer(generation_, request, query, found);
}

std::vector<std::vector<Neighbor>> QueryEngine::RankMany(std::span<const Query> queries) const {
  std::vector<std::vector<Neighbor>> all;
  Asked asked = FindMany(generation_, scales_, *resources_, queries);
  for (FindJob& job : asked.jobs) {
    if (job.error) throw Error(*job.error);
    CutToPage(generation_, *job.request, job.found);
    all.push_back(std::move(job.found.neighbors));
  }
  return all;
}

std::vector<std::variant<Answer, Error>> QueryEngine::SearchMany(
    std::span<const Query> queries) const {
  std::vector<std::variant<Answer, Error>> answers;
  Asked asked = FindMany(generation_, scales_, *resources_, queries);
  for (size_t i = 0; i < queries.size(); ++i) {
    FindJob& job = asked.jobs[i];
    if (!job.error) {
      try {
        answers.push_back(MakeAnswer(generation_, *job.request, queries[i], job.found));
        continue;
      } catch (const Error& error) {
        job.error = error;
      }
    }
    answers.push_back(*job.error);
  }
  return answers;
}

}  // namespace csn
