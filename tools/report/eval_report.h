// What csn_eval measured: plain values, from which the page and report.json are made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/image.h"
#include "embedder/model_file.h"
#include "query/evaluation/bootstrap.h"
#include "query/evaluation/ranking.h"

namespace csn {

struct NotionScores {
  Notion notion;
  uint64_t queries = 0;  // test items with a label
  uint64_t judged = 0;   // of them, with something relevant: MAP and recall are means over these
  uint64_t triplets =
      0;  // measured on; 0 where the test items hold none: then the errors are 0 too
  int live_dims = 0;
  Interval triplet_error;  // in the notion's subspace
  Interval whole_error;    // by the plain distance over the whole embedding
  RankingScores masked, whole, chance;
  Interval precision_at_10;  // masked
  // This model's triplet error less the first model's, on the same triplets; not of the first.
  std::optional<Interval> error_difference{};
};

// A linear classifier of frozen, unmasked embeddings; five folds.
struct ProbeScore {
  std::string column;
  uint64_t items = 0;
  uint64_t classes = 0;
  Interval accuracy;
  double majority = 0;  // accuracy of always saying the commonest value
};

struct EvaluatedModel {
  std::string path;       // as given
  Model header;           // LoadModelHeader, and the id
  uint64_t triplets = 0;  // of all notions
  Interval pooled_error;
  // As NotionScores::error_difference, pooled over the notions that both models have.
  std::optional<Interval> pooled_difference{};
  std::vector<NotionScores> notions;
  // [C][C]: triplet error in the subspace of notion i on the triplets of notion j; NaN where j has
  // no triplets.
  std::vector<std::vector<double>> leakage;
  std::vector<ProbeScore> probes;
};

// Test items that are shown somewhere on the page.
struct ShownItem {
  std::string sku;
  std::vector<std::string> labels;  // a text for each notion, empty where missing
  Image thumbnail;                  // empty where the photograph could not be read
};

struct MapPoint {
  float x = 0, y = 0;  // in [0, 1]
  size_t item = 0;     // of EvalReport::items
};

// A subspace on a plane: its two directions of greatest variance.
struct SubspaceMap {
  size_t notion = 0;
  double explained = 0;  // share of the subspace's variance
  std::vector<MapPoint> points;
};

struct ShownHit {
  size_t item = 0;
  double distance = 0;  // as csn_query shows it
  bool relevant = false;
};

struct ShownQuery {
  size_t item = 0;
  double average_precision = 0;
  std::vector<ShownHit> hits;  // nearest first
};

struct QueryExamples {
  size_t notion = 0;
  std::vector<ShownQuery> best, worst;
};

struct EvalReport {
  std::string title;    // of the page
  std::string command;  // that made it
  std::string made_by;  // program and version
  std::string catalogue;
  std::string triplets;  // where the triplets came from, in words
  uint64_t seed = 0;
  uint64_t test_items = 0;  // measured on
  uint64_t unseen = 0;      // there were; above test_items where a part was drawn (--max-items)
  uint64_t rejected = 0;
  uint64_t catalogue_rows = 0;
  std::vector<size_t> ks;
  size_t k = 10;                       // --k, one of ks
  std::vector<EvaluatedModel> models;  // the model, then those it is compared with
  std::vector<ShownItem> items;
  std::vector<SubspaceMap> maps;        // of the first model
  std::vector<QueryExamples> examples;  // of the first model
};

}  // namespace csn
