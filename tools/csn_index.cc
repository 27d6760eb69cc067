// Builds, checks and lists index directories.
#include "tools/csn_index.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "indexer/index_builder.h"
#include "query/model_check.h"
#include "storage/generation.h"
#include "tools/cli.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr int64_t kLargestBatch = 4096;

const Page kIndexPage = {
    .usage = "csn_index COMMAND [options]",
    .summary = "make, check and show index directories",
    .about = "Turns catalogues into index directories that csn_query asks.",
    .examples =
        "  csn_index build --catalogue shoes/catalogue.csv --model shoes.csn --index shoes.idx\n"
        "      a new index of a catalogue's photographs\n"
        "  csn_index add-notion --index shoes.idx --notion toe=toe_shape --catalogue shop.csv\n"
        "      teaches it one more notion, in seconds\n"
        "  csn_index list --index shoes.idx\n"
        "      says what is in it\n"};

const Page kBuildPage = {
    .usage = "csn_index build --catalogue FILE --model MODEL --index DIR [options]",
    .summary = "catalogue + model -> a new generation of an index directory",
    .about =
        "Embeds every photograph of a catalogue with a trained model, builds one index for each\n"
        "of the model's notions, and publishes them as the directory's next generation. What\n"
        "was published before stays readable until then, and stands where the build fails.",
    .examples =
        "  csn_index build --catalogue shoes/catalogue.csv --model shoes.csn --index shoes.idx\n"
        "      builds, or builds anew\n"
        "  csn_index build --catalogue shop.jsonl --model shoes.csn --column size:text\n"
        "      into $CSN_INDEX, taking the column size as text\n"
        "  csn_index build --catalogue photos/ --model shoes.csn --index p.idx --target-recall "
        "0.99\n"
        "      a folder of images, ten neighbours of which at least 99 % are the nearest ones\n"};

const Page kVerifyPage = {
    .usage = "csn_index verify [--index DIR] [options]",
    .summary = "read and check every byte of the live generation",
    .about =
        "Reads every byte of the live generation: checksums, embeddings, the store's contents,\n"
        "each index's shape, and whether its model is the one that made it.",
    .examples =
        "  csn_index verify --index shoes.idx\n"
        "      a line a file; exit status 5 where one is damaged, 6 where the model is\n"
        "      another\n"
        "  csn_index verify\n"
        "      of the index that $CSN_INDEX or the config file names\n"
        "  csn_index verify --index shoes.idx --format json\n"
        "      a JSON object a file\n"};

void AddBuildOptions(po::options_description& options) {
  po::options_description input("Input and output"), choice("These change results"),
      speed("Speed only"), show("Output");
  AddCatalogueOptions(input, "DIR.rejects.tsv");
  input.add_options()("model", po::value<std::string>()->required()->value_name("MODEL"),
                      "model file of csn_train");
  AddIndexOption(input);
  AddIndexBuildOptions(choice);
  AddMemoryOption(choice);
  AddDeviceOption(speed, "the network and what trains lists");
  AddThreadsOption(speed);
  speed.add_options()("batch", po::value<int64_t>()->default_value(128)->value_name("N"),
                      "photographs embedded at once");
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(speed).add(show);
}

Json ReportJson(const BuildReport& report, const BuildOptions& options) {
  Json notions = Json::array();
  for (const SubspaceReport& subspace : report.subspaces) {
    Json notion = {
        {"name", subspace.notion}, {"live_dims", subspace.live_dims}, {"key", subspace.key}};
    AddRecall(subspace.key, subspace.recall, notion);
    notion["bytes"] = subspace.bytes;
    notions.push_back(std::move(notion));
  }
  return {{"index", options.index},
          {"generation", report.generation},
          {"catalogue_rows", report.counts.rows},
          {"rows", report.counts.accepted},
          {"rejected", report.counts.rejected},
          {"seconds", report.seconds},
          {"notions", notions}};
}

std::string ReportTable(const BuildReport& report) {
  std::vector<Arguments> rows = {{"notion", "live dims", "index", "recall@10", "size"}};
  for (const SubspaceReport& subspace : report.subspaces) {
    rows.push_back({subspace.notion, std::to_string(subspace.live_dims), subspace.key,
                    RecallText(subspace.key, subspace.recall), HumanBytes(subspace.bytes)});
  }
  return FormatTable(rows);
}

int Build(const Arguments& arguments) {
  po::options_description options;
  po::variables_map values;
  AddBuildOptions(options);
  if (!ParseOptions(arguments, kBuildPage, options, values)) return 0;
  RestartWithShortSpins();
  BuildOptions build = {
      .catalogue_path = values["catalogue"].as<std::string>(),
      .model_path = values["model"].as<std::string>(),
      .index = IndexOption(values),
      .rejects = RejectPath(values, DefaultRejects(IndexOption(values))),
      .created_by = VersionLine("csn_index"),
      .plan = PlanOptionsOf(values),
      .target_recall = TargetRecallOption(values),
      .seed = SeedOption(values),
      .threads = ThreadsOption(values),
      .batch = static_cast<size_t>(IntegerOption(values, "batch", 1, kLargestBatch)),
      .device = DeviceOption(values)};
  const bool table = WantsTable(values);
  const Catalogue catalogue = OpenCatalogue(build.catalogue_path, values);
  BuildReport report;
  {
    ProgressPrinter progress(values);
    build.note = [&](const std::string& line) { progress.Line(line); };
    report = BuildIndexDirectory(build, catalogue, progress.sink(), &Stop());
  }
  ProgressPrinter(values).Line(fmt::format(
      "{}: generation {} of {} items, {} notions, in {:.1f} s", build.index, report.generation,
      Grouped(report.counts.accepted), report.subspaces.size(), report.seconds));
  if (table) {
    Print(ReportTable(report));
  } else {
    PrintJson(ReportJson(report, build));
  }
  return FinishRejects(values, report.counts, build.rejects);
}

// A line for each file that has been found sound; an error names the one that is not.
class FileLog {
 public:
  explicit FileLog(bool table) : table_(table) {}

  void Begin(const std::string& file) {
    Finish();
    current_ = file;
  }
  void Finish() {
    if (!current_.empty() && table_) Print("ok  " + current_ + "\n");
    if (!current_.empty() && !table_) PrintJson({{"file", current_}, {"status", "ok"}});
    current_.clear();
  }

 private:
  const bool table_;
  std::string current_;
};

int Verify(const Arguments& arguments) {
  po::options_description options, input("Options");
  po::variables_map values;
  AddIndexOption(input);
  AddFormatOption(input);
  options.add(input);
  if (!ParseOptions(arguments, kVerifyPage, options, values)) return 0;
  FileLog log(WantsTable(values));
  const Generation generation = Generation::Open(IndexOption(values));
  CheckModel(generation);
  generation.Verify([&](const std::string& file) { log.Begin(file); });
  log.Finish();
  Note(fmt::format("{}: sound", generation.folder()));
  return 0;
}

int Run(const Arguments& arguments) {
  return RunCommand(arguments, kIndexPage,
                    {{.page = kBuildPage, .run = Build},
                     AddNotionCommand(),
                     PlanCommand(),
                     {.page = kVerifyPage, .run = Verify},
                     ListCommand()});
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
