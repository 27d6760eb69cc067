#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "indexer/index_plan.h"
#include "storage/subspace_index.h"
#include "tools/csn_index.h"

namespace csn::cli {

std::string PercentOf(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string RecallText(const std::string& key, const MeasuredRecall& recall) {
  if (IsExactKey(key)) return "exact";
  // Of before format version 5.
  if (recall.low == recall.high) return PercentOf(recall.value);
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * recall.value, 100 * recall.low,
                     100 * recall.high);
}

void AddRecall(const std::string& key, const MeasuredRecall& recall, nlohmann::ordered_json& json) {
  json["recall"] = recall.value;
  json["recall_interval"] = nullptr;
  if (IsExactKey(key) || recall.low < recall.high) {
    json["recall_interval"] = {recall.low, recall.high};
  }
  json["recall_target"] = nullptr;
  if (recall.target > 0) json["recall_target"] = recall.target;
}

std::string DefaultRejects(const std::string& index) {
  std::filesystem::path path = std::filesystem::path(index).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  // "." and ".." have a name only from further up.
  if (path.filename() == "." || path.filename() == "..") {
    path = std::filesystem::absolute(path).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
  }
  return path.string() + ".rejects.tsv";
}

void AddKeyOption(po::options_description& options) {
  options.add_options()(
      "index-key", po::value<std::string>()->default_value(kAutoKey)->value_name("KEY"),
      "FAISS factory string: Flat, HNSW<M>, IVF<n>,Flat, IVF<n>,PQ<m>, or auto: Flat "
      "where a scan takes no more than about 0.2 ms, else HNSW32 where that "
      "reaches the recall and fits");
}

void AddIndexBuildOptions(po::options_description& options) {
  AddKeyOption(options);
  options.add_options()(
      "target-recall", po::value<double>()->value_name("R"),
      "recall@10 that the lower end of every notion's 95 % interval must reach; an approximate "
      "index is searched more widely until it does, auto takes an exact one where it does not, and "
      "else nothing is published (exit status 7)")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"),
      "draws the items that recall is measured with, and triplets");
}

void AddMemoryOption(po::options_description& options) {
  options.add_options()("max-memory", po::value<std::string>()->value_name("SIZE"),
                        "what answering may hold in memory, such as 4G: where embeddings and "
                        "graphs take more, auto takes exact indexes, and where these do, too, "
                        "nothing is begun (exit status 7)");
}

PlanOptions PlanOptionsOf(const po::variables_map& values) {
  PlanOptions options{.index_key = values["index-key"].as<std::string>()};
  if (values.count("max-memory") == 0) return options;
  const std::string& text = values["max-memory"].as<std::string>();
  options.max_memory = ParseBytes(text);
  Require(options.max_memory.has_value(), "--max-memory: expected a size such as 4G, got '{}'",
          text);
  return options;
}

std::optional<double> TargetRecallOption(const po::variables_map& values) {
  if (values.count("target-recall") == 0) return std::nullopt;
  const double target = NumberOption(values, "target-recall", 0, 1);
  Require(target > 0, "--target-recall: expected more than 0 and at most 1, got {}", target);
  return target;
}

uint64_t SeedOption(const po::variables_map& values) {
  return static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
}

}  // namespace csn::cli
