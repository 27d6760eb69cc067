// csn_index add-notion.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "indexer/notion_adder.h"
#include "tools/cli.h"
#include "tools/csn_index.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

const Page kPage = {
    .usage = "csn_index add-notion --notion NAME[=column] --catalogue FILE [--index DIR] [options]",
    .summary = "a new notion for an index, fitted on its stored embeddings",
    .about =
        "Teaches an index one more notion from a column of labels, in seconds: fits a mask over "
        "the\n"
        "embeddings that are stored, embeds nothing, opens no photograph. The mask is measured on\n"
        "items kept for that (triplet error, beside chance and the whole embedding) and published\n"
        "with the next generation, whose other files are the old one's.",
    .examples =
        "  csn_index add-notion --index shoes.idx --notion toe=toe_shape --catalogue shop.csv\n"
        "      from then on queries know toe\n"
        "  csn_index add-notion --index shoes.idx --notion price=price:numeric,near=5,far=30 \\\n"
        "      --catalogue shop.csv\n"
        "      alike where prices differ by 5 at most\n"
        "  csn_index add-notion --index shoes.idx --notion brand --catalogue brands.csv \\\n"
        "      --format json\n"
        "      labels from another file with skus of the index; the report as JSON\n"};

void AddOptions(po::options_description& options) {
  po::options_description input("Input and output"), choice("These change results"),
      speed("Speed only"), show("Output");
  AddIndexOption(input);
  input.add_options()("notion", po::value<std::string>()->required()->value_name("NAME[=column]"),
                      "the new notion and its column, as csn_train takes them: "
                      "NAME=column:numeric,near=X,far=Y for numbers");
  AddCatalogueOptions(input, "DIR.rejects.tsv");
  AddIndexBuildOptions(choice);
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(speed).add(show);
}

Json AddedJson(const AddNotionReport& report, const std::string& index) {
  Json json = {{"index", index},
               {"generation", report.generation},
               {"model_id", report.model_id},
               {"parent_id", report.parent_id},
               {"notion", report.notion.name},
               {"column", report.notion.column},
               {"items", report.items},
               {"labelled", report.labelled},
               {"unknown_skus", report.unknown_rows},
               {"rejected", report.counts.rejected},
               {"triplet_error", report.fit.error},
               {"triplet_error_whole", report.fit.whole_error},
               {"triplet_error_validation", report.fit.validation_error},
               {"live_dims", report.live_dims},
               {"key", report.key}};
  AddRecall(report.key, report.recall, json);
  json["bytes"] = report.bytes;
  json["seconds"] = report.seconds;
  return json;
}

std::string AddedTable(const AddNotionReport& report) {
  return FormatTable(
      {{"notion", "live dims", "index", "size", "triplet error", "whole embedding", "chance"},
       {report.notion.name, std::to_string(report.live_dims), report.key, HumanBytes(report.bytes),
        PercentOf(report.fit.error), PercentOf(report.fit.whole_error), PercentOf(0.5)}});
}

int RunAddNotion(const Arguments& arguments) {
  po::options_description options;
  po::variables_map values;
  AddOptions(options);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const std::string index = IndexOption(values);
  const AddNotionOptions add = {.index = index,
                                .notion = ParseNotionSpec(values["notion"].as<std::string>()),
                                .rejects = RejectPath(values, DefaultRejects(index)),
                                .created_by = VersionLine("csn_index"),
                                .index_key = values["index-key"].as<std::string>(),
                                .target_recall = TargetRecallOption(values),
                                .seed = SeedOption(values),
                                .threads = ThreadsOption(values)};
  const bool table = WantsTable(values);
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  AddNotionReport report;
  {
    ProgressPrinter progress(values);
    report = AddNotion(add, catalogue, progress.sink(), &Stop());
  }
  ProgressPrinter progress(values);
  progress.Line(
      fmt::format("{}: generation {} with notion {}, from {} labels for {} items, in {:.1f} s",
                  index, report.generation, report.notion.name, Grouped(report.labelled),
                  Grouped(report.items), report.seconds));
  if (report.fit.error >= report.fit.whole_error) {
    progress.Warn(fmt::format(
        "notion {}: triplet error {}, the whole embedding has {}: these "
        "embeddings hardly know it; training with it may",
        report.notion.name, PercentOf(report.fit.error), PercentOf(report.fit.whole_error)));
  }
  if (table) {
    Print(AddedTable(report));
  } else {
    PrintJson(AddedJson(report, index));
  }
  return FinishRejects(values, report.counts, add.rejects);
}

}  // namespace

Command AddNotionCommand() { return {.page = kPage, .run = RunAddNotion}; }

}  // namespace csn::cli
