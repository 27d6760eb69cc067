// csn_index plan: what a build would make, and the memory it would take.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "embedder/model_file.h"
#include "tools/csn_index.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr int64_t kMostRows = INT32_MAX;  // of FAISS's graphs

const Page kPlanPage = {
    .usage = "csn_index plan --model MODEL (--rows N | --catalogue FILE) [options]",
    .summary = "say what a build would make, and the memory it takes",
    .about =
        "Says which index each of a model's notions would get for so many items, and what\n"
        "answering would hold in memory: embeddings, codes, trees and graphs. Flat indexes, for\n"
        "which codes stand in, and items' attributes stay on disk. Nothing is built, and no\n"
        "photograph is opened. Where a build would take more than --max-memory, that is said "
        "(exit\n"
        "status 7).",
    .examples =
        "  csn_index plan --model shoes.csn --catalogue shoes/catalogue.csv\n"
        "      for the rows of a catalogue\n"
        "  csn_index plan --model shoes.csn --rows 10000000 --max-memory 16G\n"
        "      whether ten million items fit, and with which indexes\n"
        "  csn_index plan --model shoes.csn --rows 1000000 --index-key HNSW16 --format json\n"
        "      with graphs of 16 links, as JSON\n",
    .rivals = {{"rows", "catalogue"}}};

Json PlanJson(const IndexPlan& plan) {
  Json notions = Json::array();
  for (const IndexPlan::Subspace& subspace : plan.subspaces) {
    Json notion = {{"name", subspace.notion},
                   {"live_dims", subspace.live_dims},
                   {"key", subspace.key},
                   {"bytes", subspace.bytes},
                   {"file_bytes", subspace.file_bytes}};
    if (subspace.same_as) notion["same_as"] = plan.subspaces[*subspace.same_as].notion;
    notions.push_back(std::move(notion));
  }
  return {{"rows", plan.rows},
          {"dim", plan.dim},
          {"bytes", plan.bytes()},
          {"embeddings_bytes", plan.embeddings_bytes},
          {"notions", notions}};
}

std::string PlanTable(const IndexPlan& plan) {
  std::vector<Arguments> rows = {{"notion", "live dims", "index", "memory"}};
  for (const IndexPlan::Subspace& subspace : plan.subspaces) {
    rows.push_back({subspace.notion, std::to_string(subspace.live_dims), subspace.key,
                    subspace.same_as ? "as " + plan.subspaces[*subspace.same_as].notion
                                     : HumanBytes(subspace.bytes)});
  }
  rows.push_back({"embeddings", std::to_string(plan.dim), "", HumanBytes(plan.embeddings_bytes)});
  return FormatTable(rows) +
         fmt::format("{} for {} items\n", HumanBytes(plan.bytes()), Grouped(plan.rows));
}

uint64_t Rows(const po::variables_map& values) {
  const bool rows = values.count("rows") != 0, catalogue = values.count("catalogue") != 0;
  Require(rows != catalogue, "expected --rows N or --catalogue FILE, got {}",
          rows ? "both" : "neither");
  if (rows) return static_cast<uint64_t>(IntegerOption(values, "rows", 0, kMostRows));
  return OpenCatalogue(values["catalogue"].as<std::string>(), values).row_count();
}

int RunPlan(const Arguments& arguments) {
  po::options_description options, input("Input"), choice("As for csn_index build"), show("Output");
  po::variables_map values;
  input.add_options()("model", po::value<std::string>()->required()->value_name("MODEL"),
                      "model file of csn_train")("rows", po::value<int64_t>()->value_name("N"),
                                                 "items of the index")(
      "catalogue", po::value<std::string>()->value_name("FILE"),
      "as many as this catalogue has rows");
  AddColumnOptions(input);
  AddKeyOption(choice);
  AddMemoryOption(choice);
  AddFormatOption(show);
  options.add(input).add(choice).add(show);
  if (!ParseOptions(arguments, kPlanPage, options, values)) return 0;
  const bool table = WantsTable(values);
  const uint64_t rows = Rows(values);
  const Model model = LoadModelHeader(values["model"].as<std::string>());
  const IndexPlan plan = PlanIndex(model.notions, model.masks, rows, PlanOptionsOf(values));
  if (table) {
    Print(PlanTable(plan));
  } else {
    PrintJson(PlanJson(plan));
  }
  return 0;
}

}  // namespace

Command PlanCommand() { return {.page = kPlanPage, .run = RunPlan}; }

}  // namespace csn::cli
