// How fast an index answers, and how well.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/thread_pool.h"
#include "query/evaluation/workload.h"
#include "tools/cli.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr int64_t kMostQueries = 1'000'000;
constexpr double kMostSeconds = 3600;
constexpr int kEfs[] = {16, 32, 64, 128, 256, 512};

const Page kPage = {
    .usage = "csn_bench [--index DIR] [--notion NAME[=W][,NAME[=W]...]]... [options]",
    .summary = "how fast an index answers, and how well",
    .about =
        "Asks an index by items drawn from it, each left out of its own answer, and says how many\n"
        "queries a second it answers, how long one takes, and the recall beside it: of the exact\n"
        "hits, the share that an approximate index finds, with its 95 % interval. Such an index "
        "is\n"
        "asked with several numbers of candidates (ef), to see what more of them buys. Attributes\n"
        "are not fetched. Wants an idle machine.",
    .examples =
        "  csn_bench --index shoes.idx\n"
        "      every notion alone, then all of them together\n"
        "  csn_bench --index shoes.idx --notion closure --notion closure=2,category -k 100\n"
        "      these two, a hundred hits each\n"
        "  csn_bench --index shoes.idx --where 'price < 50' --threads 2 --format json\n"
        "      under a filter, two queries at once, a JSON object a measurement\n"};

po::options_description Options() {
  po::options_description what("What to ask"), how("How to measure"), show("Output");
  AddIndexOption(what);
  what.add_options()(
      "notion", po::value<Arguments>()->composing()->value_name("NAME[=W][,NAME[=W]...]"),
      "ask in these notions; repeatable, each by itself (default: every notion alone, then all)")(
      "k,k", po::value<int64_t>()->default_value(10)->value_name("N"), "hits wanted")(
      "where", po::value<std::string>()->value_name("FILTER"),
      "among the items that this lets through (docs/query.md)")(
      "queries", po::value<int64_t>()->default_value(1000)->value_name("N"),
      "items to ask by, drawn from the index")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"), "draws them");
  how.add_options()(
      "ef", po::value<Arguments>()->composing()->value_name("N"),
      "candidates that an approximate index keeps; repeatable (default: 16, 32, 64 and "
      "so on to 512)")("seconds", po::value<double>()->default_value(1)->value_name("S"),
                       "ask so long for each measurement, and by each item at least once")(
      "threads", po::value<int64_t>()->default_value(1)->value_name("N"),
      "queries at once; 0: one a processor");
  AddFormatOption(show);
  AddProgressOption(show);
  return what.add(how).add(show);
}

// What is asked for in one go.
std::vector<std::string> Workloads(const po::variables_map& values, const QueryEngine& engine) {
  if (values.count("notion") != 0) return values["notion"].as<Arguments>();
  std::vector<std::string> names;
  for (const Notion& notion : engine.generation().manifest().notions) names.push_back(notion.name);
  if (names.size() > 1) names.push_back(fmt::format("{}", fmt::join(names, ",")));
  return names;
}

std::vector<int> Efs(const po::variables_map& values) {
  if (values.count("ef") == 0) return {std::begin(kEfs), std::end(kEfs)};
  std::vector<int> efs;
  for (const std::string& text : values["ef"].as<Arguments>()) {
    const std::optional<double> ef = ParseNumber(text);
    Require(ef && *ef >= 1 && *ef <= kMaxEf && *ef == static_cast<int>(*ef),
            "--ef: expected a whole number from 1 to {}, got '{}'", kMaxEf, text);
    efs.push_back(static_cast<int>(*ef));
  }
  return efs;
}

struct Measurement {
  std::string notion;
  int ef = 0;  // 0: exact
  WorkloadResult result;
  Interval recall = {.value = 1, .low = 1, .high = 1};
};

// Shows one measurement after the other.
class Reporter {
 public:
  Reporter(const po::variables_map& values, const QueryEngine& engine, const Query& query,
           int threads)
      : table_(WantsTable(values)), engine_(engine), query_(query), threads_(threads) {}

  void Add(const Measurement& at) {
    const WorkloadResult& result = at.result;
    if (!table_) {
      Json json = {
          {"rows", engine_.generation().manifest().rows}, {"notion", at.notion}, {"k", query_.k}};
      if (!query_.where.empty()) json["where"] = query_.where;
      json.update({{"threads", threads_}, {"plan", PlanName(result.plan)}, {"exact", at.ef == 0}});
      if (at.ef > 0) json["ef"] = at.ef;
      json.update({{"recall", at.recall.value},
                   {"recall_interval", {at.recall.low, at.recall.high}},
                   {"asked", result.asked},
                   {"queries_per_second", result.queries_per_second},
                   {"p50_ms", 1e3 * result.p50},
                   {"p99_ms", 1e3 * result.p99}});
      PrintJson(json);
      return;
    }
    rows_.push_back({at.notion, PlanName(result.plan), at.ef > 0 ? std::to_string(at.ef) : "",
                     at.ef == 0 ? "exact"
                                : fmt::format("{:.2f} % ({:.2f} to {:.2f})", 100 * at.recall.value,
                                              100 * at.recall.low, 100 * at.recall.high),
                     fmt::format("{:.0f}", result.queries_per_second),
                     fmt::format("{:.3f} ms", 1e3 * result.p50),
                     fmt::format("{:.3f} ms", 1e3 * result.p99)});
  }
  void Finish() {
    if (!table_) return;
    std::vector<Arguments> all = {
        {"notion", "plan", "ef", fmt::format("recall@{}", query_.k), "queries/s", "p50", "p99"}};
    all.insert(all.end(), rows_.begin(), rows_.end());
    Print(FormatTable(all));
  }

 private:
  const bool table_;
  const QueryEngine& engine_;
  const Query& query_;
  const int threads_;
  std::vector<Arguments> rows_;
};

int Run(const Arguments& arguments) {
  po::options_description options = Options();
  po::variables_map values;
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  Query query{.k = static_cast<size_t>(IntegerOption(values, "k", 1, kMaxHits))};
  if (values.count("where") != 0) query.where = values["where"].as<std::string>();
  const auto seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  const std::vector<int> efs = Efs(values);
  const int threads = ThreadsOption(values) > 0 ? ThreadsOption(values) : DefaultThreads();
  const WorkloadOptions measure{.seconds = NumberOption(values, "seconds", 0, kMostSeconds),
                                .threads = threads,
                                .stop = &Stop()};
  const QueryEngine engine = QueryEngine::Open(IndexOption(values));
  const std::vector<std::string> skus = DrawSkus(
      engine, static_cast<size_t>(IntegerOption(values, "queries", 1, kMostQueries)), seed);
  Require(!skus.empty(), "index {}: no items to ask by", IndexOption(values));
  ProgressPrinter progress(values);
  Reporter reporter(values, engine, query, threads);
  for (const std::string& notion : Workloads(values, engine)) {
    progress.Line(fmt::format("asking in {}", notion));
    query.notions = ParseNotionWeights(notion);
    query.exact = true;
    query.ef = 0;
    const WorkloadResult exact = RunWorkload(engine, query, skus, measure);
    reporter.Add({.notion = notion, .result = exact});
    query.exact = false;
    for (const int ef : efs) {
      query.ef = ef;
      // Flat indexes and several notions are answered exactly in any case.
      query.liked = {skus.front()};
      if (engine.Search(query).exact) continue;
      Measurement at{
          .notion = notion, .ef = ef, .result = RunWorkload(engine, query, skus, measure)};
      at.recall = WorkloadRecall(exact, at.result, query.k, seed);
      reporter.Add(at);
    }
  }
  reporter.Finish();
  return 0;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
