// What the files of csn_eval share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "embedder/model_file.h"
#include "embedder/triplet_source.h"
#include "indexer/photograph_stream.h"
#include "indexer/triplet_lists.h"
#include "query/evaluation/ranking.h"
#include "storage/catalogue.h"
#include "tools/cli.h"
#include "tools/report/eval_report.h"

namespace csn::cli {

struct EvalOptions {
  std::vector<std::string> models;  // files: the model, then those it is compared with
  std::string report;               // folder; empty: none
  std::string triplets;             // folder of test lists; empty: drawn from the labels
  std::vector<std::string> probes;  // columns; none: those that suit
  // Triplets a notion; of lists at most so many of each. Empty: 10,000, of lists all.
  std::optional<size_t> count;
  size_t k = 10;
  size_t max_items = 20'000;
  uint64_t seed = 1;
  int threads = 1;
  Device device = {};
};

// A model and which of its notions are measured.
struct EvalModel {
  std::string path;
  Model model;
  std::vector<size_t> measured;  // of EvalPlan::notions, ascending
  std::vector<NotionId> ids;     // the same ones in the model
};

struct EvalColumn {
  std::string name;
  size_t at = 0;  // of Catalogue::columns
};

// What is measured. Decided before the first photograph is opened.
struct EvalPlan {
  std::vector<EvalModel> models;
  std::vector<Notion> notions;  // [C]: those of the first model that the catalogue has labels of
  std::vector<EvalColumn> columns;  // [C], where their labels stand
  std::vector<EvalColumn> probes;
  std::optional<TestLists> lists;  // with options.triplets: those of the notions above
};

// Loads the models and finds their columns; warns of what is left out: notions that the catalogue
// or the first model lacks, columns that no probe can learn, test lists of other notions. Throws
// Error(kInvalidArgument) where nothing is left or a column that was asked for is not there, else
// as LoadModel and ReadTestLists.
EvalPlan MakeEvalPlan(const EvalOptions& options, const Catalogue& catalogue,
                      ProgressPrinter& progress);

// Items that no model has seen, in the order of their skus.
struct TestSet {
  StreamCounts counts;
  uint64_t unseen = 0;                     // above items.size() where a part was drawn
  std::vector<Item> items;                 // [n]; sku and image alone
  std::vector<std::vector<Value>> labels;  // [C][n]
  std::vector<std::vector<Value>> probes;  // [P][n]
  std::vector<Matrix> embeddings;          // [models], each [n, d]
  std::string device;                      // that embedded, for a person
};

// Reads the photographs once for each way in which the models want them prepared. Of more than
// max_items unseen ones those with the smallest hash of seed and sku stay. Throws Error(kFailed)
// where fewer than 2 are unseen.
TestSet CollectTestSet(const EvalOptions& options, const EvalPlan& plan, const Catalogue& catalogue,
                       RejectFile& rejects, const ProgressSink& progress);

// All figures, and for the page (with options.report) maps, examples and thumbnails.
EvalReport MeasureAll(const EvalOptions& options, const EvalPlan& plan, const TestSet& set,
                      const Catalogue& catalogue, ProgressPrinter& progress);

// Adds what the page shows of the first model's subspaces: `rankings` are its.
void AddPictures(const EvalOptions& options, const EvalPlan& plan, const TestSet& set,
                 const std::vector<Relevance>& relevance,
                 const std::vector<NotionRanking>& rankings, const Catalogue& catalogue,
                 EvalReport& report);

// For people.
std::string EvalTable(const EvalReport& report);

// Throws Error(kInvalidArgument) where `folder` is something else than a place for a report: there
// is none, or an empty one, or one that holds an older report.
void RequireReportFolder(const std::string& folder);
// Writes FOLDER/index.html and FOLDER/report.json, makes the folder. Returns the page's path.
std::string WriteReport(const std::string& folder, const EvalReport& report);

}  // namespace csn::cli
