// How fast an index answers, and how well.
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "tools/bench/bench_run.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

constexpr int64_t kMostQueries = 1'000'000;
constexpr double kMostSeconds = 3600;
constexpr int64_t kMostTogether = 10'000;
constexpr int kEfs[] = {16, 32, 64, 128, 256, 512};
constexpr int kNprobes[] = {1, 2, 4, 8, 16, 32, 64, 128};

const Page kPage = {
    .usage = "csn_bench [--index DIR | --synthetic KIND | --vectors FILE] [options]",
    .summary = "how fast an index answers, and how well",
    .about =
        "Asks an index by items drawn from it, each left out of its own answer, and says how many\n"
        "queries a second it answers, how long one takes, and the recall beside it: of the exact\n"
        "hits, the share that an approximate index finds, by distance, with its 95 % interval. "
        "Such\n"
        "an index is asked with several numbers of candidates (ef) or lists (nprobe), to see what "
        "more\n"
        "of them buys. "
        "Attributes are not fetched. With --synthetic or --vectors it builds the indexes first, "
        "and\n"
        "asks other libraries the same, where they were built (CSN_BENCH; each a program of its\n"
        "own, one thread). Wants an idle machine.",
    .examples =
        "  csn_bench --index shoes.idx --notion closure --notion closure=2,category -k 100\n"
        "      these two, a hundred hits each\n"
        "  csn_bench --index shoes.idx --where 'price < 50' --threads 2 --format json\n"
        "      under a filter, two queries at once, a JSON object a measurement\n"
        "  csn_bench --synthetic clusters --rows 1000000 --dims 16 --notion notion-1 --plot f.svg\n"
        "      a million made-up items, beside FAISS and hnswlib, and a picture of it\n",
    .rivals = {{"index", "synthetic", "vectors"}}};

po::options_description Options() {
  po::options_description options, what("What to ask"), made("Data without an index"),
      how("How to measure"), show("Output");
  AddIndexOption(what);
  what.add_options()(
      "notion", po::value<Arguments>()->composing()->value_name("NAME[=W][,NAME[=W]...]"),
      "ask in these notions; repeatable, each by itself (default: every notion alone, then all)")(
      "k,k", po::value<int64_t>()->default_value(10)->value_name("N"), "hits wanted")(
      "where", po::value<std::string>()->value_name("FILTER"),
      "among the items that this lets through (docs/query.md)")(
      "queries", po::value<int64_t>()->default_value(1000)->value_name("N"),
      "items to ask by, drawn from the index")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"),
      "draws them, and made-up data");
  AddDataOptions(made);
  how.add_options()(
      "ef", po::value<Arguments>()->composing()->value_name("N"),
      "candidates that an approximate index keeps; repeatable (default: 16, 32, 64 and "
      "so on to 512)")(
      "nprobe", po::value<Arguments>()->composing()->value_name("N"),
      "lists that an IVF index looks at; repeatable (default: 1, 2, 4 and so on to "
      "128)")("seconds", po::value<double>()->default_value(1)->value_name("S"),
              "ask so long for each measurement, and by each item at least once")(
      "threads", po::value<int64_t>()->default_value(1)->value_name("N"),
      "queries at once; 0: one a processor (peers: always one)")(
      "together", po::value<int64_t>()->default_value(1)->value_name("N"),
      "queries in one call, as many are asked by csn_query --batch (peers: where they can); a time "
      "is then that of a call");
  AddFormatOption(show);
  show.add_options()("plot", po::value<std::string>()->value_name("FILE"),
                     "write recall against queries a second of the first workload, as SVG");
  AddProgressOption(show);
  return options.add(what).add(made).add(how).add(show);
}

// The values of a repeatable option.
std::vector<int> Widths(const po::variables_map& values, const char* name,
                        std::span<const int> defaults, int most) {
  if (values.count(name) == 0) return {defaults.begin(), defaults.end()};
  std::vector<int> widths;
  for (const std::string& text : values[name].as<Arguments>()) {
    const std::optional<double> width = ParseNumber(text);
    Require(width && *width >= 1 && *width <= most && *width == static_cast<int>(*width),
            "--{}: expected a whole number from 1 to {}, got '{}'", name, most, text);
    widths.push_back(static_cast<int>(*width));
  }
  return widths;
}

void CheckPlotFile(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code unknown;  // is told by writing it
  Require(folder.empty() || std::filesystem::is_directory(folder, unknown),
          "--plot {}: there is no folder {}", path, folder.string());
}

int Run(const Arguments& arguments) {
  po::options_description options = Options();
  po::variables_map values;
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const int threads = ThreadsOption(values) > 0 ? ThreadsOption(values) : DefaultThreads();
  ProgressPrinter progress(values);
  Bench bench{.values = values,
              .setting = {.k = static_cast<size_t>(IntegerOption(values, "k", 1, kMaxHits))},
              .query = {},
              .efs = Widths(values, "ef", kEfs, kMaxEf),
              .nprobes = Widths(values, "nprobe", kNprobes, kMaxNprobe),
              .measure = {.seconds = NumberOption(values, "seconds", 0, kMostSeconds),
                          .threads = threads,
                          .together = static_cast<size_t>(
                              IntegerOption(values, "together", 1, kMostTogether)),
                          .stop = &Stop()},
              .queries = static_cast<size_t>(IntegerOption(values, "queries", 1, kMostQueries)),
              .seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX)),
              .progress = progress};
  bench.query.k = bench.setting.k;
  if (values.count("where") != 0) {
    bench.query.where = bench.setting.where = values["where"].as<std::string>();
  }
  const bool synthetic = values.count("synthetic") != 0, vectors = values.count("vectors") != 0;
  Require(!synthetic || !vectors, "expected --synthetic or --vectors, got both");
  // Now, not after all the measuring.
  if (values.count("plot") != 0) CheckPlotFile(values["plot"].as<std::string>());
  if (synthetic || vectors) {
    MeasureData(bench);
  } else {
    MeasureIndex(bench);
  }
  if (WantsTable(values)) Print(MeasurementTable(bench.setting, bench.all));
  if (values.count("plot") != 0) {
    WriteFileAtomically(values["plot"].as<std::string>(),
                        FrontierPlot(bench.setting, bench.all.front().notion, bench.all));
  }
  return 0;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
