// Measures models on the items of a catalogue that they have not seen.
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/thread_pool.h"
#include "tools/eval/eval.h"
#include "tools/report/eval_json.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

const Page kPage = {
    .usage = "csn_eval --model MODEL --catalogue FILE [options]",
    .summary = "measure models on items that they have not seen",
    .about =
        "Embeds the items whose photographs the model was neither trained nor validated on, and\n"
        "measures how well each notion's subspace serves it: triplet error, alone and on the\n"
        "triplets of the other notions; mean average precision, precision and recall; of numbers\n"
        "nDCG and the mean difference of the nearest; and what a linear classifier of the whole\n"
        "embedding finds of other columns. `masked` ranks by the notion's own distance, "
        "`unmasked`\n"
        "by the whole embedding, `chance` is what a random order gives. Intervals are 95 %. What\n"
        "each figure is stands in docs/evaluation.md.",
    .examples =
        "  csn_eval --model shoes.csn --catalogue shoes/catalogue.csv\n"
        "      tables on a terminal, one JSON object in a pipe\n"
        "  csn_eval --model shoes.csn --catalogue shoes/catalogue.csv --report shoes.report\n"
        "      and shoes.report/index.html to look at, shoes.report/report.json to read\n"
        "  csn_eval --model shoes.csn --compare plain.csn --catalogue shoes/catalogue.csv\n"
        "      two models on the same items and triplets, with their difference\n"};

void AddOptions(po::options_description& options) {
  po::options_description input("Input"), choice("What to measure"), show("Output"),
      speed("Speed only");
  const EvalOptions defaults;
  AddCatalogueOptions(input, "nowhere");
  input.add_options()("model", po::value<std::string>()->required()->value_name("MODEL"),
                      "model file of csn_train")(
      "compare", po::value<Arguments>()->composing()->value_name("MODEL"),
      "another model, measured on what none of them has seen; repeatable")(
      "triplets", po::value<std::string>()->value_name("DIR"),
      "take the triplets from DIR/tripletlists/NOTION_tripletlist_test.txt, laid out as the "
      "paper's authors released them (default: drawn from the labels)");
  choice.add_options()("count", po::value<int64_t>()->value_name("N"),
                       "triplets a notion (default: 10000; with --triplets all of the list)")(
      "k", po::value<int64_t>()->default_value(10)->value_name("N"),
      "neighbours looked at, beside 1, 10 and 100")(
      "probe", po::value<Arguments>()->composing()->value_name("COLUMN"),
      "what a linear classifier is to find in the embeddings; repeatable (default: every column "
      "of texts that no notion reads and that has at least two values of 10 items)")(
      "max-items",
      po::value<int64_t>()
          ->default_value(static_cast<int64_t>(defaults.max_items))
          ->value_name("N"),
      "of more test items, so many are drawn")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"),
      "of triplets, intervals, folds, and of what is drawn");
  show.add_options()("report", po::value<std::string>()->value_name("DIR"),
                     "write DIR/index.html and DIR/report.json; an earlier report is replaced");
  AddDeviceOption(speed);
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(show).add(speed);
}

EvalOptions ReadOptions(const po::variables_map& values) {
  constexpr int64_t kMostItems = 1'000'000, kMostTriplets = 10'000'000;
  EvalOptions options;
  options.models = {values["model"].as<std::string>()};
  if (values.count("compare") != 0) {
    for (const std::string& path : values["compare"].as<Arguments>()) {
      options.models.push_back(path);
    }
  }
  if (values.count("report") != 0) options.report = values["report"].as<std::string>();
  if (values.count("triplets") != 0) options.triplets = values["triplets"].as<std::string>();
  if (values.count("probe") != 0) options.probes = values["probe"].as<Arguments>();
  if (values.count("count") != 0) {
    options.count = static_cast<size_t>(IntegerOption(values, "count", 1, kMostTriplets));
  }
  options.k = static_cast<size_t>(IntegerOption(values, "k", 1, 100'000));
  options.max_items = static_cast<size_t>(IntegerOption(values, "max-items", 2, kMostItems));
  options.seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  options.threads = ThreadsOption(values) == 0 ? DefaultThreads() : ThreadsOption(values);
  options.device = DeviceOption(values);
  return options;
}

std::string ItemsLine(const EvalPlan& plan, const TestSet& set) {
  const std::string who =
      plan.models.size() == 1
          ? fmt::format("model {} has not", plan.models.front().model.id.substr(0, 12))
          : fmt::format("none of the {} models has", plan.models.size());
  return set.unseen == set.items.size()
             ? fmt::format("measured on the {} items that {} seen", Grouped(set.unseen), who)
             : fmt::format("measured on {} items, drawn of the {} that {} seen (--max-items)",
                           Grouped(set.items.size()), Grouped(set.unseen), who);
}

std::string Seconds(Clock::time_point from, Clock::time_point to) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(to - from).count());
}

EvalReport Evaluate(const EvalOptions& options, const Catalogue& catalogue, RejectFile& rejects,
                    ProgressPrinter& progress, StreamCounts& counts) {
  const EvalPlan plan = MakeEvalPlan(options, catalogue, progress);
  const Clock::time_point start = Clock::now();
  const TestSet set = CollectTestSet(options, plan, catalogue, rejects, progress.sink());
  progress.Line(ItemsLine(plan, set));
  const Clock::time_point embedded = Clock::now();
  EvalReport report = MeasureAll(options, plan, set, catalogue, progress);
  progress.Line(fmt::format("embedding took {} on {}, measuring {}", Seconds(start, embedded),
                            set.device, Seconds(embedded, Clock::now())));
  counts = set.counts;
  return report;
}

int Run(const Arguments& arguments) {
  po::options_description options;
  po::variables_map values;
  AddOptions(options);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  RestartWithShortSpins();
  const EvalOptions eval = ReadOptions(values);
  const bool table = WantsTable(values);
  if (!eval.report.empty()) RequireReportFolder(eval.report);
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  RejectFile rejects(RejectPath(values, ""));
  EvalReport report;
  StreamCounts counts;
  {
    ProgressPrinter progress(values);
    report = Evaluate(eval, catalogue, rejects, progress, counts);
  }
  report.made_by = VersionLine("csn_eval");
  report.command = CommandLine("csn_eval", arguments);
  if (!eval.report.empty()) {
    ProgressPrinter(values).Line("wrote " + WriteReport(eval.report, report));
  }
  if (table) {
    Print(EvalTable(report));
  } else {
    PrintJson(EvalJson(report));
  }
  return FinishRejects(values, counts, rejects.path());
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
