#include "query/internal/request.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "query/facets.h"

namespace csn::internal {
namespace {

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

// Turns examples into embeddings; rows of those named by sku are added to `left_out`.
class ExampleReader {
 public:
  ExampleReader(const Generation& generation, PhotographEmbedder& photographs,
                std::vector<uint32_t>& left_out)
      : generation_(generation), photographs_(photographs), left_out_(left_out) {}

  std::vector<float> operator()(const std::string& sku) const {
    left_out_.push_back(FindSku(generation_, sku));
    const std::span<const float> row = generation_.embeddings().Row(left_out_.back());
    return {row.begin(), row.end()};
  }
  std::vector<float> operator()(const std::vector<float>& vector) const {
    CheckVector(vector, generation_.manifest().dim);
    return vector;
  }
  std::vector<float> operator()(const Query::Photograph& photograph) const {
    return photographs_.Embed(generation_, photograph.path);
  }

 private:
  const Generation& generation_;
  PhotographEmbedder& photographs_;
  std::vector<uint32_t>& left_out_;
};

void ResolveExamples(const Generation& generation, PhotographEmbedder& photographs,
                     const Query& query, Request& request) {
  Require(!query.liked.empty(), "a query needs at least one item, photograph or vector to be like");
  const size_t count = query.liked.size() + query.unliked.size();
  Require(count <= kMaxExamples, "expected at most {} examples, got {}", kMaxExamples, count);
  Require(query.beta >= 0 && query.beta < 1,
          "beta: expected a number from 0 to less than 1, got {}", query.beta);
  std::vector<uint32_t>& left_out = request.left_out;
  const ExampleReader read(generation, photographs, left_out);
  for (const Query::Example& example : query.liked) {
    request.liked.push_back(std::visit(read, example));
    request.exact = request.exact || std::holds_alternative<Query::Photograph>(example);
  }
  for (const Query::Example& example : query.unliked) {
    request.unliked.push_back(std::visit(read, example));
  }
  if (!request.unliked.empty()) request.beta = query.beta;
  std::sort(left_out.begin(), left_out.end());
  left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
}

std::vector<NotionLimit> ResolveLimits(const Manifest& manifest,
                                       const std::vector<Query::Limit>& limits) {
  std::vector<NotionLimit> resolved;
  for (const Query::Limit& limit : limits) {
    Require(limit.distance >= 0 && std::isfinite(limit.distance),
            "require, notion '{}': expected a distance of 0 or more, got {}", limit.notion,
            limit.distance);
    resolved.push_back({FindNotion(manifest.notions, limit.notion), limit.kind, limit.distance});
  }
  return resolved;
}

double ResolveMaxDistance(const Query& query, const Request& request) {
  if (!query.max_distance) return std::numeric_limits<double>::infinity();
  Require(*query.max_distance >= 0 && std::isfinite(*query.max_distance),
          "max-distance: expected 0 or more, got {}", *query.max_distance);
  const NotionWeights& weights = request.ranking.weights;
  Require(std::none_of(weights.begin(), weights.end(), [](double weight) { return weight < 0; }),
          "max-distance: expected no negative weights beside it");
  Require(query.unliked.empty(), "max-distance: expected no unliked examples beside it");
  return *query.max_distance;
}

std::optional<Query::Diversity> ResolveDiversity(const Query& query) {
  if (!query.diversity) return std::nullopt;
  const auto& [lambda, pool] = *query.diversity;
  Require(lambda >= 0 && lambda <= 1, "diversity: expected 0 to 1, got {}", lambda);
  Require(pool >= 1 && pool <= kMaxPool, "pool: expected 1 to {}, got {}", kMaxPool, pool);
  Require(query.k <= pool, "k: expected at most the pool of {} that diversity picks from, got {}",
          pool, query.k);
  return query.diversity;
}

std::shared_ptr<const Groups> ResolveGroupBy(const MetadataStore& store, const std::string& name,
                                             Recent<Groups>& recent) {
  if (name.empty()) return nullptr;
  Require(store.has_attributes(),
          "group-by: the index is of before filters and does not know which items hold what; build "
          "it anew");
  const size_t column = FindColumn(store.columns(), name, "group-by");
  Require(store.columns()[column].type != ColumnType::kList,
          "group-by: column '{}' holds lists, of which an item may be in several groups", name);
  Require(store.HasAttributes(column), "group-by: column '{}' has texts of more than {} bytes",
          name, kMaxFilterTextBytes);
  return recent.Get(store.columns()[column].name, [&] { return ReadGroups(store, column); });
}

void ResolveFields(const Manifest& manifest, const Query& query, Request& request) {
  if (!query.items) {
    Require(!query.fields, "fields: expected none where hits are to be skus alone");
    request.images = false;
    return;
  }
  if (!query.fields) {
    for (size_t i = 0; i < manifest.columns.size(); ++i) request.fields.push_back(i);
    return;
  }
  request.images = false;
  for (const std::string& field : *query.fields) {
    if (field == "image") {
      request.images = true;
    } else if (field != "sku") {  // every hit has it
      request.fields.push_back(FindColumn(manifest.columns, field, "fields"));
    }
  }
}

// Of everything that decides which hits there are and in which order, but for k.
uint64_t QueryHash(const Query& query, const Request& request) {
  std::string text;
  const auto add = [&](const auto& value) {
    fmt::format_to(std::back_inserter(text), "{}\n", value);
  };
  for (const double weight : request.ranking.weights) add(weight);
  for (const double scale : request.ranking.scales) add(scale);
  for (const auto* examples : {&request.liked, &request.unliked}) {
    add(examples->size());
    for (const std::vector<float>& example : *examples) {
      text.append(reinterpret_cast<const char*>(example.data()), example.size() * sizeof(float));
    }
  }
  add(request.beta);
  for (const uint32_t row : request.left_out) add(row);
  for (const NotionLimit& limit : request.limits) {
    text += fmt::format("{} {} {}\n", limit.notion, static_cast<int>(limit.kind), limit.distance);
  }
  add(query.where);
  add(request.max_distance);
  add(query.group_by);
  if (request.diversity) {
    text += fmt::format("{} {}\n", request.diversity->lambda, request.diversity->pool);
  }
  return Hash64(text);
}

void ResolveCursor(const Generation& generation, const Query& query, Request& request) {
  request.pages = query.pages || !query.cursor.empty();
  if (!request.pages) return;
  request.query_hash = QueryHash(query, request);
  if (query.cursor.empty()) return;
  const Cursor cursor = ParseCursor(query.cursor);
  if (cursor.generation != generation.name()) {
    Fail(
        ErrorCode::kNotFound,
        "cursor: it is of generation {}, the index has gone on to {}; ask for the first page again",
        cursor.generation, generation.name());
  }
  Require(cursor.query_hash == request.query_hash,
          "cursor: expected one of this very query (k and what is shown may differ)");
  request.after = cursor.position;
}

}  // namespace

bool NotionLimit::Allows(double shown_distance) const {
  switch (kind) {
    case Query::Limit::Kind::kBelow:
      return shown_distance < distance;
    case Query::Limit::Kind::kAtMost:
      return shown_distance <= distance;
    case Query::Limit::Kind::kAbove:
      return shown_distance > distance;
    case Query::Limit::Kind::kAtLeast:
      return shown_distance >= distance;
  }
  return false;
}

Examples Request::examples() const {
  Examples examples{.liked = {}, .unliked = {}, .beta = beta};
  examples.liked.assign(liked.begin(), liked.end());
  examples.unliked.assign(unliked.begin(), unliked.end());
  return examples;
}

size_t Request::candidates(const Generation& generation) const {
  if (!filter) return generation.embeddings().rows() - left_out.size();
  const auto qualifies = [&](uint32_t row) { return filter->rows.contains(row); };
  return filter->rows.cardinality() -
         static_cast<size_t>(std::count_if(left_out.begin(), left_out.end(), qualifies));
}

std::optional<std::span<const float>> SoleExample(const Request& request) {
  if (request.liked.size() != 1 || !request.unliked.empty()) return std::nullopt;
  return request.liked.front();
}

Request ResolveRequest(const Generation& generation, std::span<const double> scales,
                       Resources& resources, const Query& query) {
  const Manifest& manifest = generation.manifest();
  Require(query.k >= 1 && query.k <= kMaxHits, "k: expected 1 to {}, got {}", kMaxHits, query.k);
  Require(query.ef >= 0 && query.ef <= kMaxEf, "ef: expected 1 to {}, got {}", kMaxEf, query.ef);
  Require(query.nprobe >= 0 && query.nprobe <= kMaxNprobe, "nprobe: expected 1 to {}, got {}",
          kMaxNprobe, query.nprobe);
  Request request;
  if (query.raw) {
    request.unit_scales.assign(scales.size(), 1.0);
    scales = request.unit_scales;
  }
  request.ranking = {.masks = &manifest.masks,
                     .scales = scales,
                     .weights = ResolveWeights(manifest, query.notions)};
  request.sole = SoleNotion(request.ranking.weights);
  request.exact = query.exact;
  request.ef = query.ef;
  request.nprobe = query.nprobe;
  request.limits = ResolveLimits(manifest, query.require);
  request.max_distance = ResolveMaxDistance(query, request);
  request.diversity = ResolveDiversity(query);
  ResolveFields(manifest, query, request);
  request.k = query.k;
  const MetadataStore& metadata = generation.metadata();
  request.groups = ResolveGroupBy(metadata, query.group_by, resources.groups);
  if (!query.where.empty()) {
    const std::shared_ptr<const KeptFilter> kept =
        resources.filters.Get(query.where, [&] { return Filter(metadata, query.where); });
    request.filter = {kept, &kept->result()};
    request.gathered = kept->Gathered(generation.embeddings());
  }
  // After all that can be refused sooner: the first photograph takes most of a second.
  ResolveExamples(generation, resources.photographs, query, request);
  ResolveCursor(generation, query, request);
  return request;
}

}  // namespace csn::internal
