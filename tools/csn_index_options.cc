#include <filesystem>

#include "indexer/index_builder.h"
#include "tools/csn_index.h"

namespace csn::cli {

std::string PercentOf(double share) { return fmt::format("{:.1f} %", 100 * share); }

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

void AddIndexBuildOptions(po::options_description& options) {
  options.add_options()(
      "index-key", po::value<std::string>()->default_value(kAutoKey)->value_name("KEY"),
      "FAISS factory string: Flat, HNSW<M>, or auto: Flat up to 50,000 rows, then HNSW32")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"),
      "draws the items that recall is measured with, and triplets");
}

uint64_t SeedOption(const po::variables_map& values) {
  return static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
}

}  // namespace csn::cli
