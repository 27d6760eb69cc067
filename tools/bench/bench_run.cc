#include "tools/bench/bench_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/distance.h"
#include "base/error.h"
#include "base/text.h"
#include "indexer/vector_index.h"
#include "storage/matrix_file.h"
#include "tools/bench/bench_data.h"
#include "tools/bench/peers.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

constexpr int64_t kMostRows = 100'000'000;
constexpr int64_t kMostSliceDims = 1024;
constexpr int64_t kMostSlices = 64;
constexpr size_t kSyntheticNotions = 4;
constexpr char kNoPeer[] = "none";

// What is asked for in one go.
std::vector<std::string> Workloads(const po::variables_map& values, const QueryEngine& engine) {
  if (values.count("notion") != 0) return values["notion"].as<Arguments>();
  std::vector<std::string> names;
  for (const Notion& notion : engine.generation().manifest().notions) names.push_back(notion.name);
  if (names.size() > 1) names.push_back(fmt::format("{}", fmt::join(names, ",")));
  return names;
}

// A folder for what is built, removed at the end unless it is to be kept.
class WorkFolder {
 public:
  explicit WorkFolder(const std::optional<std::string>& keep) : keep_(keep.has_value()) {
    if (keep) {
      path_ = *keep;
      return;
    }
    std::string name = std::filesystem::temp_directory_path() / "csn_bench.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      Fail(ErrorCode::kFailed, "{}: cannot be made", name);
    }
    path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  const bool keep_;
  std::string path_;
};

// One index, and what building it took where that was done here.
struct Built {
  QueryEngine engine;
  std::optional<VectorIndexReport> report = {};

  // A notion's share of the time is not known: all of them are alike.
  void Describe(const std::string& notion, Measurement& at) const {
    if (!report) return;
    for (const SubspaceReport& subspace : report->subspaces) {
      if (subspace.notion != notion) continue;
      at.build_seconds = report->subspace_seconds / static_cast<double>(report->subspaces.size());
      at.item_bytes =
          static_cast<double>(subspace.bytes) /
          static_cast<double>(std::max<uint64_t>(1, engine.generation().manifest().rows));
    }
  }
};

Measurement MakeMeasurement(const Bench& bench, const std::string& notion,
                            const WorkloadResult& result) {
  return {.notion = notion,
          .engine = "csn",
          .plan = PlanName(result.plan),
          .threads = bench.measure.threads,
          .together = bench.measure.together,
          .asked = result.asked,
          .queries_per_second = result.queries_per_second,
          .p50 = result.p50,
          .p99 = result.p99};
}

// Whether the index of the notion that is called so, a sole one, has lists.
bool HasLists(const Manifest& manifest, const std::string& name) {
  for (NotionId notion = 0; notion < manifest.notions.size(); ++notion) {
    if (!SameName(manifest.notions[notion].name, name)) continue;
    return ParseIndexKey(manifest.subspaces[notion].key).has_lists();
  }
  return false;
}

// Asks an index approximately, as widely as it was told, or not at all where it is exact anyway.
void MeasureApproximately(Bench& bench, const Built& built, const std::string& notion,
                          const std::vector<std::string>& skus, const WorkloadResult& exact) {
  Query query = bench.query;
  query.notions = ParseNotionWeights(notion);
  const bool lists = HasLists(built.engine.generation().manifest(), notion);
  for (const int width : lists ? bench.nprobes : bench.efs) {
    (lists ? query.nprobe : query.ef) = width;
    // Flat indexes and several notions are answered exactly in any case.
    query.liked = {skus.front()};
    if (built.engine.Search(query).exact) continue;
    const WorkloadResult result = RunWorkload(built.engine, query, skus, bench.measure);
    Measurement at = MakeMeasurement(bench, notion, result);
    (lists ? at.nprobe : at.ef) = width;
    at.recall = WorkloadRecall(exact, result, query.k, bench.seed);
    built.Describe(notion, at);
    bench.Add(std::move(at));
  }
}

WorkloadResult MeasureExactly(Bench& bench, const Built& built, const std::string& notion,
                              const std::vector<std::string>& skus) {
  Query query = bench.query;
  query.notions = ParseNotionWeights(notion);
  query.exact = true;
  WorkloadResult exact = RunWorkload(built.engine, query, skus, bench.measure);
  Measurement at = MakeMeasurement(bench, notion, exact);
  at.exact = true;
  built.Describe(notion, at);
  bench.Add(std::move(at));
  return exact;
}

std::vector<std::string> DrawnSkus(const Bench& bench, const QueryEngine& engine) {
  std::vector<std::string> skus = DrawSkus(engine, bench.queries, bench.seed);
  Require(!skus.empty(), "no items to ask by");
  return skus;
}

BenchData MakeData(const Bench& bench) {
  const po::variables_map& values = bench.values;
  const bool synthetic = values.count("synthetic") != 0;
  size_t notions = synthetic ? kSyntheticNotions : 1;
  if (values.count("notions") != 0) {
    notions = static_cast<size_t>(IntegerOption(values, "notions", 1, kMostSlices));
  }
  if (!synthetic) {
    return SliceVectors(ReadMatrixFile(values["vectors"].as<std::string>()), notions, bench.seed);
  }
  return MakeSynthetic(
      {.kind = ParseSyntheticKind(values["synthetic"].as<std::string>()),
       .rows = static_cast<size_t>(IntegerOption(values, "rows", 1, kMostRows)),
       .notions = notions,
       .dims = static_cast<size_t>(IntegerOption(values, "dims", 1, kMostSliceDims)),
       .correlation = NumberOption(values, "correlation", 0, 1),
       .duplicates = NumberOption(values, "duplicates", 0, 1),
       .seed = bench.seed},
      &Stop());
}

Built BuildOne(Bench& bench, const BenchData& data, const std::string& index,
               const std::string& key) {
  VectorIndexOptions options{.index = index, .created_by = VersionLine("csn_bench"), .plan = {}};
  options.plan.index_key = key;
  options.seed = bench.seed;
  options.device = DeviceOption(bench.values);
  options.note = [&](const std::string& line) { bench.progress.Line(line); };
  VectorIndexReport report = BuildVectorIndex(options,
                                              {.embeddings = data.embeddings.View(),
                                               .masks = data.masks,
                                               .notions = data.notions,
                                               .columns = data.columns,
                                               .item = data.item},
                                              bench.progress.sink(), &Stop());
  return {.engine = QueryEngine::Open(index), .report = std::move(report)};
}

// One kind of index of one peer.
struct PeerKind {
  std::string peer, key;
};

// What is asked for of what was built: NAME, or NAME/KIND.
std::vector<PeerKind> Peers(const po::variables_map& values) {
  std::vector<PeerKind> built;
  Arguments names;
  for (const std::string& peer : BuiltPeers()) {
    if (peer != "hnswlib") built.push_back({peer, "flat"});  // which it has not
    built.push_back({peer, "hnsw"});
  }
  for (const PeerKind& kind : built) names.push_back(kind.peer + "/" + kind.key);
  if (values.count("peer") == 0) return built;
  const Arguments wanted = values["peer"].as<Arguments>();
  if (wanted == Arguments{kNoPeer}) return {};
  std::vector<PeerKind> chosen;
  for (const std::string& name : wanted) {
    const size_t before = chosen.size();
    std::ranges::copy_if(built, std::back_inserter(chosen), [&](const PeerKind& kind) {
      return name == kind.peer || name == kind.peer + "/" + kind.key;
    });
    Require(
        chosen.size() > before, "--peer {}: was not built; there is {}", name,
        names.empty() ? "none (CSN_BENCH builds them)" : fmt::format("{}", fmt::join(names, ", ")));
  }
  return chosen;
}

// What peers know of one notion of the data: its masked rows, and how far hits are by definition.
struct PeerWorld {
  const BenchData& data;
  NotionId notion;
  double scale;
  std::string rows_file;
  std::vector<uint32_t> queries;

  // The same that the engine says of its own hits.
  std::vector<double> Scores(uint32_t query, const std::vector<uint32_t>& found, size_t k) const {
    std::vector<double> scores;
    for (const uint32_t row : found) {
      if (row == query || row >= data.embeddings.rows()) continue;
      scores.push_back(
          NotionDistance(data.masks, notion, data.embeddings.Row(query), data.embeddings.Row(row)) /
          scale);
    }
    std::sort(scores.begin(), scores.end());
    if (scores.size() > k) scores.resize(k);
    return scores;
  }
};

void MeasurePeers(Bench& bench, const PeerWorld& world, const WorkloadResult& exact,
                  const std::string& scratch) {
  const size_t k = bench.query.k;
  for (const auto& [peer, key] : Peers(bench.values)) {
    bench.progress.Line(fmt::format("asking {}, {}", peer, key));
    const std::vector<PeerResult> results =
        RunPeer({.peer = peer,
                 .key = key,
                 .links = static_cast<size_t>(IntegerOption(bench.values, "links", 2, 128)),
                 .rows_file = world.rows_file,
                 .rows = world.data.embeddings.rows(),
                 .dim = world.data.masks.live_dims(world.notion).size(),
                 .queries = world.queries,
                 .together = bench.measure.together,
                 .k = k + 1,
                 .seconds = bench.measure.seconds,
                 .scratch = scratch,
                 .stop = &Stop()});
    for (const PeerResult& result : results) {
      WorkloadResult found;
      for (size_t i = 0; i < world.queries.size(); ++i) {
        found.scores.push_back(world.Scores(world.queries[i], result.found[i], k));
      }
      bench.Add({.notion = world.data.notions[world.notion].name,
                 .engine = peer,
                 .plan = result.plan,
                 .ef = result.ef,
                 .together = bench.measure.together,
                 .recall = WorkloadRecall(exact, found, k, bench.seed),
                 .asked = result.asked,
                 .queries_per_second = result.queries_per_second,
                 .p50 = result.p50,
                 .p99 = result.p99,
                 .build_seconds = result.build_seconds,
                 .item_bytes = static_cast<double>(result.bytes) /
                               static_cast<double>(world.data.embeddings.rows())});
    }
  }
}

std::optional<NotionId> NotionCalled(const BenchData& data, const std::string& name) {
  for (NotionId notion = 0; notion < data.notions.size(); ++notion) {
    if (SameName(data.notions[notion].name, name)) return notion;
  }
  return std::nullopt;
}

}  // namespace

void Bench::Add(Measurement at) {
  if (!WantsTable(values)) PrintJson(MeasurementJson(setting, at));
  all.push_back(std::move(at));
}

void MeasureIndex(Bench& bench) {
  const Built built{.engine = QueryEngine::Open(IndexOption(bench.values))};
  bench.setting.rows = built.engine.generation().manifest().rows;
  const std::vector<std::string> skus = DrawnSkus(bench, built.engine);
  for (const std::string& notion : Workloads(bench.values, built.engine)) {
    bench.progress.Line(fmt::format("asking in {}", notion));
    const WorkloadResult exact = MeasureExactly(bench, built, notion, skus);
    MeasureApproximately(bench, built, notion, skus, exact);
  }
}

void MeasureData(Bench& bench) {
  const bool peers = !Peers(bench.values).empty();  // before any work
  std::optional<std::string> keep;
  if (bench.values.count("keep") != 0) keep = bench.values["keep"].as<std::string>();
  Arguments keys = {"Flat", "HNSW16"};
  if (bench.values.count("index-key") != 0) keys = bench.values["index-key"].as<Arguments>();
  for (const std::string& key : keys) {
    if (key != kAutoKey) ParseIndexKey(key);
  }
  bench.progress.Line("making the data");
  const BenchData data = MakeData(bench);
  Require(data.embeddings.rows() > 0, "no rows to ask by");
  bench.setting.rows = data.embeddings.rows();
  const WorkFolder folder(keep);
  std::vector<Built> built;
  for (const std::string& key : keys) built.push_back(BuildOne(bench, data, folder / key, key));
  const QueryEngine& first = built.front().engine;
  const std::vector<std::string> skus = DrawnSkus(bench, first);
  for (const std::string& notion : Workloads(bench.values, first)) {
    bench.progress.Line(fmt::format("asking in {}", notion));
    const WorkloadResult exact = MeasureExactly(bench, built.front(), notion, skus);
    for (const Built& each : built) MeasureApproximately(bench, each, notion, skus, exact);
    const std::optional<NotionId> sole = NotionCalled(data, notion);
    if (!sole || !bench.query.where.empty()) continue;
    PeerWorld world{.data = data,
                    .notion = *sole,
                    .scale = first.generation().manifest().subspaces[*sole].scale,
                    .rows_file = folder / "rows.f32",
                    .queries = {}};
    for (const std::string& sku : skus) {
      world.queries.push_back(*first.generation().metadata().RowOf(sku));
    }
    if (!peers) continue;
    WriteRowsFile(world.rows_file, Project(data.masks, *sole, data.embeddings.View()).View());
    MeasurePeers(bench, world, exact, folder / "hits");
    std::filesystem::remove(world.rows_file);
  }
}

void AddDataOptions(po::options_description& options) {
  options.add_options()(
      "synthetic", po::value<std::string>()->value_name("KIND"),
      "made-up embeddings: clusters, or latent (few factors behind all dimensions)")(
      "vectors", po::value<std::string>()->value_name("FILE"),
      "embeddings of a .npy or .fvecs file")(
      "rows", po::value<int64_t>()->default_value(100'000)->value_name("N"), "made-up items")(
      "notions", po::value<int64_t>()->value_name("N"),
      "each with dimensions of its own (default: 4 made-up ones; 1 of a file, or slices of it)")(
      "dims", po::value<int64_t>()->default_value(16)->value_name("N"),
      "live dimensions of each made-up notion")(
      "correlation", po::value<double>()->default_value(0)->value_name("R"),
      "how far made-up notions go with the first, 0 to 1")(
      "duplicates", po::value<double>()->default_value(0.01)->value_name("P"),
      "part of made-up items that are another one's equal")(
      "index-key", po::value<Arguments>()->composing()->value_name("KEY"),
      "indexes to build, as csn_index build; repeatable (default: Flat and HNSW16)")(
      "peer", po::value<Arguments>()->composing()->value_name("NAME"),
      "other libraries, of those that were built; repeatable; none: only this engine (default: "
      "all)")("links", po::value<int64_t>()->default_value(16)->value_name("N"),
              "of a row in peers' graphs (M)")(
      "keep", po::value<std::string>()->value_name("DIR"),
      "leave the indexes there, as DIR/KEY (default: removed)");
  AddDeviceOption(options, "what trains lists");
}

}  // namespace csn::cli
