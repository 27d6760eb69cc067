#include "tools/table.h"

#include <algorithm>

#include "tools/eval/eval.h"

namespace csn::cli {
namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

constexpr char kNone[] = "-";

std::string Percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

// "12.3 % (11.0 to 13.9)"
std::string Percent(const Interval& interval) {
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * interval.value, 100 * interval.low,
                     100 * interval.high);
}

// "-1.2 (-2.0 to -0.4)", in hundredths
std::string Points(const std::optional<Interval>& difference) {
  if (!difference) return kNone;
  return fmt::format("{:+.1f} ({:+.1f} to {:+.1f})", 100 * difference->value, 100 * difference->low,
                     100 * difference->high);
}

std::string Section(const std::string& title, const Rows& rows) {
  return "\n" + title + "\n" + FormatTable(rows);
}

size_t At(const EvalReport& report, size_t k) {
  return static_cast<size_t>(std::ranges::find(report.ks, k) - report.ks.begin());
}

std::string ErrorTable(const EvaluatedModel& model) {
  Rows rows = {{"notion", "triplets", "error (95 %)", "whole embedding (95 %)", "live dims"}};
  for (const NotionScores& scores : model.notions) {
    const bool any = scores.triplets > 0;
    rows.push_back({scores.notion.name, Grouped(scores.triplets),
                    any ? Percent(scores.triplet_error) : kNone,
                    any ? Percent(scores.whole_error) : kNone, std::to_string(scores.live_dims)});
  }
  if (model.notions.size() > 1 && model.triplets > 0) {
    rows.push_back({"all", Grouped(model.triplets), Percent(model.pooled_error), "", ""});
  }
  return FormatTable(rows);
}

std::string LeakageTable(const EvaluatedModel& model) {
  Rows rows = {{"subspace of"}};
  for (const NotionScores& scores : model.notions) rows.front().push_back(scores.notion.name);
  for (size_t i = 0; i < model.notions.size(); ++i) {
    Row& row = rows.emplace_back(Row{model.notions[i].notion.name});
    for (size_t j = 0; j < model.notions.size(); ++j) {
      row.push_back(model.notions[j].triplets > 0 ? Percent(model.leakage[i][j]) : kNone);
    }
  }
  return FormatTable(rows);
}

// Share of chance's error that is left; 1 where chance makes none.
double ErrorRatio(double masked, double chance) {
  return chance < 1 ? (1 - masked) / (1 - chance) : 1;
}

std::string PrecisionTable(const EvalReport& report, const EvaluatedModel& model) {
  Rows rows = {{"notion", "queries", "chance", "unmasked", "masked", "(1-masked)/(1-chance)",
                "masked-unmasked"}};
  const size_t at = At(report, report.k);
  for (const NotionScores& scores : model.notions) {
    const double chance = scores.chance.precision[at], whole = scores.whole.precision[at];
    const double masked = scores.masked.precision[at];
    rows.push_back({scores.notion.name, Grouped(scores.queries), fmt::format("{:.3f}", chance),
                    fmt::format("{:.3f}", whole), fmt::format("{:.3f}", masked),
                    fmt::format("{:.3f}", ErrorRatio(masked, chance)),
                    fmt::format("{:+.3f}", masked - whole)});
  }
  return FormatTable(rows);
}

std::string MapTable(const EvalReport& report, const EvaluatedModel& model) {
  Rows rows = {{"notion", "MAP chance", "unmasked", "masked"}};
  for (const size_t k : report.ks) rows.front().push_back(fmt::format("recall@{}", k));
  for (const NotionScores& scores : model.notions) {
    Row& row = rows.emplace_back(Row{scores.notion.name,
                                     fmt::format("{:.3f}", scores.chance.mean_average_precision),
                                     fmt::format("{:.3f}", scores.whole.mean_average_precision),
                                     fmt::format("{:.3f}", scores.masked.mean_average_precision)});
    for (const double recall : scores.masked.recall) row.push_back(fmt::format("{:.3f}", recall));
  }
  return FormatTable(rows);
}

// Empty where no notion is numeric.
Rows NumberRows(const EvalReport& report, const EvaluatedModel& model) {
  Rows rows;
  const size_t at = At(report, report.k);
  for (const NotionScores& scores : model.notions) {
    if (scores.masked.ndcg.empty()) continue;
    Row& row = rows.emplace_back(Row{scores.notion.name});
    for (const RankingScores* one : {&scores.chance, &scores.whole, &scores.masked}) {
      row.push_back(fmt::format("{:.3f}", one->ndcg[at]));
    }
    for (const RankingScores* one : {&scores.chance, &scores.whole, &scores.masked}) {
      row.push_back(fmt::format("{:.4g}", one->mean_absolute_difference[at]));
    }
  }
  if (!rows.empty()) {
    rows.insert(rows.begin(), {"notion", "nDCG chance", "unmasked", "masked", "difference chance",
                               "unmasked", "masked"});
  }
  return rows;
}

std::string OneModel(const EvalReport& report) {
  const EvaluatedModel& model = report.models.front();
  std::string text = "triplet error\n" + ErrorTable(model);
  if (model.notions.size() > 1) {
    text += "\ntriplet error of each subspace on the triplets of every notion\n";
    text += LeakageTable(model);
  }
  text += fmt::format("\nprecision@{}\n", report.k) + PrecisionTable(report, model);
  text += "\nmean average precision, and recall in the subspace\n" + MapTable(report, model);
  const Rows numbers = NumberRows(report, model);
  if (!numbers.empty()) {
    text += Section(fmt::format("numbers: nDCG@{0}, mean difference of the nearest {0}", report.k),
                    numbers);
  }
  if (!model.probes.empty()) {
    Rows rows = {{"column", "items", "classes", "majority", "accuracy (95 %)"}};
    for (const ProbeScore& probe : model.probes) {
      rows.push_back({probe.column, Grouped(probe.items), Grouped(probe.classes),
                      Percent(probe.majority), Percent(probe.accuracy)});
    }
    text += Section("a linear classifier of the whole embedding", rows);
  }
  return text;
}

// Models side by side: a row a notion of the first model, a column a model.
template <typename Cell>
std::string SideBySide(const EvalReport& report, const std::string& title, const Cell& cell) {
  Rows rows = {{"notion"}};
  for (size_t m = 0; m < report.models.size(); ++m) rows.front().push_back(report.models[m].path);
  for (const NotionScores& scores : report.models.front().notions) {
    Row& row = rows.emplace_back(Row{scores.notion.name});
    for (const EvaluatedModel& model : report.models) {
      const auto found = std::ranges::find_if(model.notions, [&](const NotionScores& other) {
        return other.notion.name == scores.notion.name;
      });
      row.push_back(found == model.notions.end() ? kNone : cell(*found));
    }
  }
  return Section(title, rows);
}

std::string ComparedErrors(const EvalReport& report) {
  Rows rows = {{"model", "triplets", "error (95 %)", "less the first's (95 %)"}};
  for (const EvaluatedModel& model : report.models) {
    rows.push_back({model.path, Grouped(model.triplets),
                    model.triplets > 0 ? Percent(model.pooled_error) : kNone,
                    &model == &report.models.front() ? "" : Points(model.pooled_difference)});
  }
  std::string text = "triplet error of all notions\n" + FormatTable(rows);
  text += SideBySide(report, "triplet error (95 %)", [](const NotionScores& scores) {
    return scores.triplets > 0 ? Percent(scores.triplet_error) : std::string(kNone);
  });
  return text + SideBySide(report, "the same less the first model's, in points (95 %)",
                           [](const NotionScores& s) { return Points(s.error_difference); });
}

std::string ComparedModels(const EvalReport& report) {
  std::string text = ComparedErrors(report);
  text += SideBySide(report, "triplet error, whole embedding", [](const NotionScores& scores) {
    return scores.triplets > 0 ? Percent(scores.whole_error.value) : std::string(kNone);
  });
  const size_t at = At(report, report.k);
  text += SideBySide(report, fmt::format("precision@{}", report.k), [&](const NotionScores& s) {
    return fmt::format("{:.3f}", s.masked.precision[at]);
  });
  text += SideBySide(report, "mean average precision", [](const NotionScores& scores) {
    return fmt::format("{:.3f}", scores.masked.mean_average_precision);
  });
  text += SideBySide(report, "live dimensions",
                     [](const NotionScores& scores) { return std::to_string(scores.live_dims); });
  const std::vector<ProbeScore>& probes = report.models.front().probes;
  if (probes.empty()) return text;
  Rows rows = {{"column", "majority"}};
  for (const EvaluatedModel& model : report.models) rows.front().push_back(model.path);
  for (size_t i = 0; i < probes.size(); ++i) {
    Row& row = rows.emplace_back(Row{probes[i].column, Percent(probes[i].majority)});
    for (const EvaluatedModel& model : report.models) {
      row.push_back(Percent(model.probes[i].accuracy));
    }
  }
  return text + Section("a linear classifier of the whole embedding: accuracy (95 %)", rows);
}

}  // namespace

std::string EvalTable(const EvalReport& report) {
  return report.models.size() == 1 ? OneModel(report) : ComparedModels(report);
}

}  // namespace csn::cli
