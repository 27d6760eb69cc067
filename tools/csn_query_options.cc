// The options that make up a query.
#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "query/query_json.h"
#include "storage/vector_file.h"
#include "tools/csn_query.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

po::typed_value<Arguments>* Repeatable(const char* name) {
  return po::value<Arguments>()->composing()->value_name(name);
}

po::typed_value<double>* Number(const char* name) { return po::value<double>()->value_name(name); }

std::vector<std::string> Given(const po::variables_map& values, const std::string& option) {
  return values.count(option) == 0 ? Arguments() : values[option].as<Arguments>();
}

// The examples of three options, whose names begin with `prefix`; notes the sizes of vectors.
std::vector<Query::Example> Examples(const po::variables_map& values, const std::string& prefix,
                                     std::vector<VectorFile>& files) {
  std::vector<Query::Example> examples;
  for (const std::string& sku : Given(values, prefix + "sku")) examples.emplace_back(sku);
  for (const std::string& path : Given(values, prefix + "image")) {
    examples.emplace_back(Query::Photograph{path});
  }
  for (const std::string& path : Given(values, prefix + "vector")) {
    std::vector<float> vector = ReadVectorFile(path);
    files.push_back({path, vector.size()});
    examples.emplace_back(std::move(vector));
  }
  return examples;
}

// "a,b" -> a and b.
std::vector<std::string> Fields(const std::string& text) {
  std::vector<std::string> fields;
  for (const std::string& field : SplitText(text, ',')) fields.emplace_back(Trim(field));
  Require(std::find(fields.begin(), fields.end(), "") == fields.end(),
          "--fields '{}': expected COLUMN[,COLUMN]..., a name is empty", text);
  return fields;
}

// Filters, limits and what is shown of many.
void ReadChoice(const po::variables_map& values, Query& query) {
  for (const std::string& text : Given(values, "require")) {
    query.require.push_back(ParseLimit(text));
  }
  if (values.count("where") != 0) {
    query.where = values["where"].as<std::string>();
    Require(!Trim(query.where).empty(), "--where: expected a filter, got an empty one");
  }
  if (values.count("max-distance") != 0) query.max_distance = values["max-distance"].as<double>();
  if (values.count("group-by") != 0) {
    query.group_by = values["group-by"].as<std::string>();
    Require(!query.group_by.empty(), "--group-by: expected a column, got an empty name");
  }
  if (values.count("diversity") != 0) {
    query.diversity = {.lambda = values["diversity"].as<double>()};
  }
  if (values.count("pool") != 0) {
    const auto pool = static_cast<size_t>(IntegerOption(values, "pool", 1, kMaxPool));
    Require(query.diversity || !IsFlagGiven("pool"), "--pool: expected --diversity beside it");
    if (query.diversity) query.diversity->pool = pool;
  }
}

}  // namespace

void AddQueryOptions(po::options_description& options) {
  po::options_description what("What to look for"), among("Among which items"), hits("Hits");
  AddIndexOption(what);
  what.add_options()("sku", Repeatable("SKU"), "like this item of the index; repeatable")(
      "image", Repeatable("FILE"),
      "like what this photograph shows (JPEG, PNG or WebP); always answered exactly; repeatable")(
      "vector", Repeatable("FILE"), "like this embedding: a JSON array or a .npy file; repeatable")(
      "unlike-sku", Repeatable("SKU"), "unlike this item, beside something to be like")(
      "unlike-image", Repeatable("FILE"), "unlike what this photograph shows")(
      "unlike-vector", Repeatable("FILE"), "unlike this embedding")(
      "beta", Number("B"),
      "how much the unliked count beside the liked, from 0 to less than 1 (default: 0.3)")(
      "notion", Repeatable("NAME[=W][,NAME[=W]...]"),
      "kinds of similarity that count, with weights (default 1); negative: unlike in; repeatable")(
      "raw", po::bool_switch(),
      "squared distances as they are, not in units of each notion's scale");
  AddDeviceOption(what);
  among.add_options()(
      "where", po::value<std::string>()->value_name("FILTER"),
      "with these attributes: 'price < 100 and (brand in (\"A\", \"B\") or size has \"38\")' "
      "(docs/query.md)")(
      "require", Repeatable("NOTION<=D"),
      "at most this far in a notion, whatever the hits are ranked by; also <, >= "
      "and >; repeatable")(
      "max-distance", Number("D"),
      "at most this far: in the one notion, or the root of the score of several");
  hits.add_options()("k,k", po::value<int64_t>()->default_value(10)->value_name("N"),
                     "hits wanted")("group-by", po::value<std::string>()->value_name("COLUMN"),
                                    "the nearest item of each value of this column alone")(
      "diversity", Number("L"),
      "hits that differ: from 0 (nearest alone count) to 1 (differing alone counts); maximal "
      "marginal relevance")("pool", po::value<int64_t>()->value_name("N"),
                            "of --diversity: among so many of the nearest (default: 200)")(
      "exact", po::bool_switch(), "a proven answer even where an approximate index is faster")(
      "ef", po::value<int64_t>()->value_name("N"),
      "how many candidates an approximate index keeps: more find more, more slowly (default: what "
      "the build found best)")(
      "nprobe", po::value<int64_t>()->value_name("N"),
      "how many lists an IVF index looks at (default: what the build found best)")(
      "pages", po::bool_switch(), "exact, with a cursor by which to ask for the next k")(
      "cursor", po::value<std::string>()->value_name("C"),
      "the k hits after those of the answer that gave it; the rest of the query is to be the same")(
      "fields", po::value<std::string>()->value_name("COLUMN[,COLUMN]..."),
      "of each item these columns alone (image is one)")(
      "no-item", po::bool_switch(), "skus alone, without images and attributes")(
      "with-vectors", po::bool_switch(), "each hit's embedding too")(
      "explain", po::bool_switch(), "say in words why each hit is there, and what kept others out")(
      "explain-plan", po::bool_switch(),
      "say which ways to the answer there were, what each was expected to cost, and what was seen");
  what.add_options()("query", po::value<std::string>()->value_name("FILE"),
                     "all of this as JSON (docs/query.md; -: stdin); flags are for what it leaves "
                     "out");
  options.add(what).add(among).add(hits);
}

AskedQuery MakeQuery(const po::variables_map& values) {
  AskedQuery asked;
  Query& query = asked.query;
  query.raw = values["raw"].as<bool>();
  query.k = static_cast<size_t>(IntegerOption(values, "k", 1, kMaxHits));
  query.exact = values["exact"].as<bool>();
  if (values.count("ef") != 0) query.ef = static_cast<int>(IntegerOption(values, "ef", 1, kMaxEf));
  if (values.count("nprobe") != 0) {
    query.nprobe = static_cast<int>(IntegerOption(values, "nprobe", 1, kMaxNprobe));
  }
  query.pages = values["pages"].as<bool>();
  query.items = !values["no-item"].as<bool>();
  query.vectors = values["with-vectors"].as<bool>();
  query.explain = values["explain"].as<bool>();
  query.explain_plan = values["explain-plan"].as<bool>();
  for (const std::string& text : Given(values, "notion")) {
    for (Query::WeightedNotion& notion : ParseNotionWeights(text)) {
      query.notions.push_back(std::move(notion));
    }
  }
  ReadChoice(values, query);
  if (values.count("cursor") != 0) query.cursor = values["cursor"].as<std::string>();
  if (values.count("fields") != 0) query.fields = Fields(values["fields"].as<std::string>());
  query.unliked = Examples(values, "unlike-", asked.vector_files);
  query.liked = Examples(values, "", asked.vector_files);
  const bool more = values.count("query") != 0 || values.count("batch") != 0;
  if (values.count("beta") != 0) {
    Require(more || !query.unliked.empty() || !IsFlagGiven("beta"),
            "--beta: expected something to be unlike beside it");
    query.beta = values["beta"].as<double>();
  }
  if (values.count("query") == 0) return asked;
  const std::string& path = values["query"].as<std::string>();
  query = ParseQuery(ReadTextFile(path == "-" ? "/dev/stdin" : path, kMaxQueryBytes), query);
  return asked;
}

std::vector<std::string> NotionNames(const QueryEngine& engine) {
  std::vector<std::string> names;
  for (const Notion& notion : engine.generation().manifest().notions) names.push_back(notion.name);
  return names;
}

}  // namespace csn::cli
