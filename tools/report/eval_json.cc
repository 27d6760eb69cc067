#include "tools/report/eval_json.h"

#include <algorithm>

namespace csn {
namespace {

using Json = nlohmann::ordered_json;

Json Bounds(const Interval& interval) { return {interval.low, interval.high}; }

// One entry a notion: what `figure` gives of its scores.
template <typename Figure>
Json ByNotion(const EvaluatedModel& model, const Figure& figure) {
  Json json = Json::object();
  for (const NotionScores& scores : model.notions) json[scores.notion.name] = figure(scores);
  return json;
}

// Of triplets: null without any.
template <typename Figure>
Json Errors(const EvaluatedModel& model, const Figure& figure) {
  return ByNotion(model, [&](const NotionScores& scores) {
    return scores.triplets > 0 ? Json(figure(scores)) : Json();
  });
}

Json RankingJson(const RankingScores& scores) {
  Json json = {{"mean_average_precision", scores.mean_average_precision},
               {"precision", scores.precision},
               {"recall", scores.recall}};
  if (!scores.ndcg.empty()) {
    json["ndcg"] = scores.ndcg;
    json["mean_absolute_difference"] = scores.mean_absolute_difference;
  }
  return json;
}

// Precision alone at the one k that was asked for.
Json PrecisionAtK(const EvalReport& report, const NotionScores& scores) {
  const auto at = static_cast<size_t>(std::ranges::find(report.ks, report.k) - report.ks.begin());
  const double chance = scores.chance.precision[at], whole = scores.whole.precision[at];
  const double masked = scores.masked.precision[at];
  return {{"queries", scores.queries},
          {"chance", chance},
          {"unmasked", whole},
          {"masked", masked},
          {"error_ratio", chance < 1 ? (1 - masked) / (1 - chance) : 1},
          {"gain", masked - whole}};
}

Json LeakageJson(const EvaluatedModel& model) {
  Json json = Json::object();
  for (size_t i = 0; i < model.notions.size(); ++i) {
    Json& row = json[model.notions[i].notion.name] = Json::object();
    for (size_t j = 0; j < model.notions.size(); ++j) {
      row[model.notions[j].notion.name] =
          model.notions[j].triplets > 0 ? Json(model.leakage[i][j]) : Json();
    }
  }
  return json;
}

Json ProbesJson(const EvaluatedModel& model) {
  Json json = Json::array();
  for (const ProbeScore& probe : model.probes) {
    json.push_back({{"column", probe.column},
                    {"items", probe.items},
                    {"classes", probe.classes},
                    {"accuracy", probe.accuracy.value},
                    {"accuracy_interval", Bounds(probe.accuracy)},
                    {"majority", probe.majority}});
  }
  return json;
}

// How it came to be.
Json ModelJson(const EvaluatedModel& model) {
  const Model& header = model.header;
  return {{"model", model.path},
          {"model_id", header.id},
          {"parent_id", header.parent},
          {"trunk", TrunkName(header.trunk)},
          {"networks", header.networks},
          {"masks", MaskKindName(header.training.masks)},
          {"recipe", header.training.recipe},
          {"input_size", header.preprocessing.size},
          {"fit", FitName(header.preprocessing.fit)},
          {"dim", header.dim()},
          {"steps", header.training.steps},
          {"train_seed", header.training.seed}};
}

Json FiguresJson(const EvalReport& report, const EvaluatedModel& model) {
  Json json = ModelJson(model);
  const auto pooled = [&](const Json& value) { return model.triplets > 0 ? value : Json(); };
  json["triplet_error"] = {
      {"pooled", pooled(model.pooled_error.value)},
      {"notions", Errors(model, [](const auto& s) { return s.triplet_error.value; })}};
  json["triplet_error_interval"] = {
      {"pooled", pooled(Bounds(model.pooled_error))},
      {"notions", Errors(model, [](const auto& s) { return Bounds(s.triplet_error); })}};
  json["triplet_error_whole"] = {
      {"notions", Errors(model, [](const auto& s) { return s.whole_error.value; })}};
  json["triplet_error_whole_interval"] = {
      {"notions", Errors(model, [](const auto& s) { return Bounds(s.whole_error); })}};
  json["triplet_count"] = ByNotion(model, [](const auto& s) { return Json(s.triplets); });
  json["leakage"] = LeakageJson(model);
  json["live_dims"] = ByNotion(model, [](const auto& s) { return Json(s.live_dims); });
  json["precision_at_k"] =
      ByNotion(model, [&](const auto& scores) { return PrecisionAtK(report, scores); });
  json["ranking"] = ByNotion(model, [](const auto& scores) {
    return Json{{"kind", scores.notion.kind == NotionKind::kNumeric ? "numeric" : "categorical"},
                {"queries", scores.queries},
                {"judged", scores.judged},
                {"precision_at_10_interval", Bounds(scores.precision_at_10)},
                {"masked", RankingJson(scores.masked)},
                {"whole", RankingJson(scores.whole)},
                {"chance", RankingJson(scores.chance)}};
  });
  json["probes"] = ProbesJson(model);
  return json;
}

Json DifferenceJson(const EvaluatedModel& model) {
  const auto interval = [](const std::optional<Interval>& difference) {
    return difference ? Bounds(*difference) : Json();
  };
  const auto value = [](const std::optional<Interval>& difference) {
    return difference ? Json(difference->value) : Json();
  };
  return {{"pooled", value(model.pooled_difference)},
          {"pooled_interval", interval(model.pooled_difference)},
          {"notions", ByNotion(model, [&](const auto& s) { return value(s.error_difference); })},
          {"notion_intervals",
           ByNotion(model, [&](const auto& s) { return interval(s.error_difference); })}};
}

}  // namespace

Json EvalJson(const EvalReport& report) {
  Json json = FiguresJson(report, report.models.front());
  json["k"] = report.k;
  json["ks"] = report.ks;
  json["seed"] = report.seed;
  json["triplets"] = report.triplets;
  json["catalogue"] = report.catalogue;
  json["catalogue_rows"] = report.catalogue_rows;
  json["rejected"] = report.rejected;
  json["unseen"] = report.unseen;
  json["test_items"] = report.test_items;
  Json compared = Json::array();
  for (size_t m = 1; m < report.models.size(); ++m) {
    Json& other = compared.emplace_back(FiguresJson(report, report.models[m]));
    other["triplet_error_difference"] = DifferenceJson(report.models[m]);
  }
  json["compare"] = std::move(compared);
  json["command"] = report.command;
  json["created_by"] = report.made_by;
  return json;
}

}  // namespace csn
