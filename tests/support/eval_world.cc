#include "tests/support/eval_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "tests/support/test_support.h"

namespace csn::test {
namespace {

RankingScores MakeRanking(double at, bool numeric) {
  RankingScores scores{.mean_average_precision = at,
                       .precision = {at + 0.01, at + 0.02, at + 0.03},
                       .recall = {at / 10, at / 5, at / 2},
                       .ndcg = {},
                       .mean_absolute_difference = {}};
  if (numeric) {
    scores.ndcg = {0.811, 0.822, 0.833};
    scores.mean_absolute_difference = {1.271, 1.282, 1.293};
  }
  return scores;
}

NotionScores MakeScores(const Notion& notion, size_t c) {
  const double error = 0.031 + 0.02 * static_cast<double>(c);
  const bool numeric = notion.kind == NotionKind::kNumeric;
  return {.notion = notion,
          .queries = 70 + c,
          .triplets = 12'345 + c,
          .live_dims = static_cast<int>(c) + 2,
          .triplet_error = {error, error - 0.01, error + 0.01},
          .whole_error = {error + 0.1, error + 0.09, error + 0.12},
          .masked = MakeRanking(0.7, numeric),
          .whole = MakeRanking(0.5, numeric),
          .chance = MakeRanking(0.1, numeric),
          .precision_at_10 = {0.72, 0.69, 0.75}};
}

// Weights that differ: notion c weighs every dimension k with k % C == c most.
MaskTable MakeMasks(const EvalWorld& world) {
  Matrix weights(world.notions, world.dim);
  for (size_t c = 0; c < world.notions; ++c) {
    for (size_t k = 0; k < world.dim; ++k) {
      const bool own =
          world.networks > 1 ? k / (world.dim / world.notions) == c : k % world.notions == c;
      weights.Row(c)[k] = own ? 1.0F : world.networks > 1 ? 0.0F : 0.25F;
    }
  }
  return MaskTable(std::move(weights));
}

TrainingRecord MakeTraining(const EvalWorld& world) {
  TrainingRecord training;
  training.images = 1'234'567;
  training.recipe = "default";
  for (size_t i = 1; i <= world.epochs; ++i) {
    EpochRecord epoch;
    epoch.epoch = static_cast<int64_t>(i);
    epoch.loss = 1.0 / static_cast<double>(i);
    for (size_t c = 0; c < world.notions; ++c) {
      epoch.triplet_error.push_back(0.4 / static_cast<double>(i) + 0.01 * static_cast<double>(c));
      epoch.live_dims.push_back(4);
    }
    training.history.push_back(epoch);
  }
  if (world.epochs == 0) return training;
  const auto last = static_cast<int64_t>(world.epochs);
  training.best_epochs.assign(static_cast<size_t>(world.networks), last);
  if (world.networks > 1) training.best_epochs.front() = std::max<int64_t>(last - 2, 1);
  return training;
}

// Items whose thumbnails all differ, in two maps and two rows of examples; the last has none.
void AddPictures(EvalReport& report, size_t items) {
  for (size_t i = 0; i < items; ++i) {
    ShownItem item{.sku = "sku" + std::to_string(i), .labels = {}, .thumbnail = {}};
    for (size_t c = 0; c < report.models[0].notions.size(); ++c) {
      item.labels.push_back("label" + std::to_string(i % 3));
    }
    if (i + 1 < items) item.thumbnail = TestImage(40, 30, static_cast<int>(7 * i % 256));
    report.items.push_back(item);
  }
  for (const size_t notion : {size_t{0}, size_t{1}}) {
    SubspaceMap map{.notion = notion, .explained = 0.731, .points = {}};
    for (size_t i = 0; i < items; ++i) {
      map.points.push_back({.x = static_cast<float>(i) / static_cast<float>(items - 1),
                            .y = static_cast<float>(i % 2),
                            .item = i});
    }
    report.maps.push_back(map);
  }
  QueryExamples examples{.notion = 1, .best = {}, .worst = {}};
  examples.best.push_back({.item = 0,
                           .average_precision = 0.987,
                           .hits = {{.item = 1, .distance = 0.12, .relevant = true},
                                    {.item = 2, .distance = 0.34, .relevant = false}}});
  examples.worst.push_back({.item = 3,
                            .average_precision = 0.043,
                            .hits = {{.item = items - 1, .distance = 1.5, .relevant = false}}});
  report.examples.push_back(examples);
}

}  // namespace

EvaluatedModel MakeEvaluatedModel(const EvalWorld& world, const std::string& path) {
  EvaluatedModel model;
  model.path = path;
  model.header.id = "0123456789abcdef0123";
  model.header.networks = world.networks;
  for (size_t c = 0; c < world.notions; ++c) {
    Notion notion{.name = "notion" + std::to_string(c), .column = "column" + std::to_string(c)};
    if (c % 3 == 2) {
      notion.kind = NotionKind::kNumeric;
      notion.near = 0.5;
      notion.far = 2;
    }
    model.header.notions.push_back(notion);
    model.notions.push_back(MakeScores(notion, c));
    model.leakage.emplace_back(world.notions, 0.45);
    model.leakage.back()[c] = model.notions.back().triplet_error.value;
  }
  model.header.masks = MakeMasks(world);
  model.header.training = MakeTraining(world);
  model.pooled_error = {0.0567, 0.0512, 0.0623};
  return model;
}

EvalReport MakeEvalReport(const EvalWorld& world) {
  EvalReport report;
  report.title = "shoes";
  report.command = "csn_eval --model 'a b.csn'";
  report.made_by = "csn_eval 9.9";
  report.catalogue = "shoes/catalogue.csv";
  report.triplets = "drawn from labels";
  report.seed = 77;
  report.test_items = 4321;
  report.ks = {1, 10, 100};
  report.models.push_back(MakeEvaluatedModel(world, "models/first.csn"));
  return report;
}

EvalReport MakeFullEvalReport() {
  EvalReport report = MakeEvalReport();
  AddPictures(report, 6);
  report.models.push_back(MakeEvaluatedModel({.networks = 3}, "models/second.csn"));
  report.models[1].pooled_error = {0.2222, 0.21, 0.23};
  report.models[0].probes = {{.column = "brand",
                              .items = 321,
                              .classes = 17,
                              .accuracy = {0.612, 0.587, 0.634},
                              .majority = 0.187}};
  return report;
}

std::vector<std::string> AllMatches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string WithPlainBlanks(std::string html) {
  for (const std::string& blank : {std::string("\u00a0"), std::string("&nbsp;")}) {
    for (size_t at = html.find(blank); at != std::string::npos; at = html.find(blank, at)) {
      html.replace(at, blank.size(), " ");
    }
  }
  return html;
}

}  // namespace csn::test
