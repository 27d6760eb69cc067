#include <algorithm>
#include <map>

#include "indexer/training_set.h"
#include "tools/eval/eval.h"
#include "tools/eval/probes.h"

namespace csn::cli {
namespace {

// Notions of the first model with a column in the catalogue.
void PlanNotions(const Catalogue& catalogue, ProgressPrinter& progress, EvalPlan& plan) {
  EvalModel& first = plan.models.front();
  for (NotionId id = 0; id < first.model.notions.size(); ++id) {
    const Notion& notion = first.model.notions[id];
    const std::optional<size_t> column = catalogue.FindColumn(notion.column);
    if (!column) {
      progress.Warn(fmt::format("notion {}: left out, {} has no column {}", notion.name,
                                catalogue.path(), notion.column));
      continue;
    }
    CheckNotionColumn(notion.name, notion.kind, catalogue.columns()[*column]);
    first.measured.push_back(plan.notions.size());
    first.ids.push_back(id);
    plan.notions.push_back(notion);
    plan.columns.push_back({.name = catalogue.columns()[*column].name, .at = *column});
  }
  Require(!plan.notions.empty(), "catalogue {}: has none of the columns of the model's notions",
          catalogue.path());
}

// What else there is to say where two models mean not quite the same.
void WarnOfThresholds(const Notion& first, const Notion& other, const std::string& path,
                      ProgressPrinter& progress) {
  if (first.near == other.near && first.far == other.far) return;
  progress.Warn(fmt::format(
      "notion {}: {} learnt near={:g}, far={:g}, measured with the first model's {:g} and {:g}",
      first.name, path, other.near, other.far, first.near, first.far));
}

// Those of a model to compare with that the first has too, of the same column and kind.
void MatchNotions(const EvalPlan& plan, ProgressPrinter& progress, EvalModel& model) {
  const std::vector<Notion>& its = model.model.notions;
  const auto same = [](const Notion& a, const Notion& b) {
    return SameName(a.name, b.name) && SameName(a.column, b.column) && a.kind == b.kind;
  };
  for (size_t c = 0; c < plan.notions.size(); ++c) {
    const Notion& notion = plan.notions[c];
    const auto found = std::ranges::find_if(its, [&](const Notion& n) { return same(n, notion); });
    if (found == its.end()) {
      progress.Warn(fmt::format("notion {}: {} does not know it", notion.name, model.path));
      continue;
    }
    WarnOfThresholds(notion, *found, model.path, progress);
    model.measured.push_back(c);
    model.ids.push_back(static_cast<NotionId>(found - its.begin()));
  }
  for (const Notion& notion : its) {
    if (std::ranges::none_of(plan.notions, [&](const Notion& n) { return same(n, notion); })) {
      progress.Warn(
          fmt::format("notion {}: left out, only {} is measured in it", notion.name, model.path));
    }
  }
  Require(!model.measured.empty(), "--compare {}: knows none of the notions of {}", model.path,
          plan.models.front().path);
}

// Columns asked for, or those of texts that no notion reads and that have a bearable number of
// values.
std::vector<EvalColumn> ProbeColumns(const EvalOptions& options, const Catalogue& catalogue,
                                     const EvalPlan& plan, ProgressPrinter& progress) {
  std::vector<EvalColumn> columns;
  for (const std::string& name : options.probes) {
    const size_t at = catalogue.ColumnIndex(name, "--probe");
    const ColumnSummary& summary = catalogue.summaries()[at];
    Require(summary.column.type != ColumnType::kList,
            "--probe {}: holds lists, a probe needs one value an item", name);
    if (std::ranges::any_of(columns, [&](const EvalColumn& c) { return c.at == at; })) continue;
    if (summary.distinct > kProbeMostClasses) {
      progress.Warn(fmt::format("--probe {}: left out, more than {} different values", name,
                                kProbeMostClasses));
      continue;
    }
    columns.push_back({.name = summary.column.name, .at = at});
  }
  if (!options.probes.empty()) return columns;
  for (size_t at = 0; at < catalogue.columns().size(); ++at) {
    const ColumnSummary& summary = catalogue.summaries()[at];
    const bool measured =
        std::ranges::any_of(plan.columns, [&](const EvalColumn& c) { return c.at == at; });
    if (!measured && summary.column.type == ColumnType::kText && summary.distinct >= 2 &&
        summary.distinct <= kProbeMostClasses) {
      columns.push_back({.name = summary.column.name, .at = at});
    }
  }
  return columns;
}

// Leaves out what cannot be learnt whatever the split: the labels are counted before any photograph
// is opened.
void PlanProbes(const EvalOptions& options, const Catalogue& catalogue, ProgressPrinter& progress,
                EvalPlan& plan) {
  const std::vector<EvalColumn> columns = ProbeColumns(options, catalogue, plan, progress);
  if (columns.empty()) return;
  std::vector<std::map<std::string, uint64_t>> counts(columns.size());
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t) {
    if (const Item* item = std::get_if<Item>(&row)) {
      for (size_t i = 0; i < columns.size(); ++i) {
        const std::string text = ValueText(item->values[columns[i].at]);
        if (!text.empty()) ++counts[i][text];
      }
    }
    return !Stop().requested();
  });
  ThrowIfStopped(&Stop());
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto enough = std::ranges::count_if(
        counts[i], [](const auto& entry) { return entry.second >= kProbeLeastItems; });
    if (enough >= 2) {
      plan.probes.push_back(columns[i]);
    } else {
      TellOfProbe(options, columns[i].name, static_cast<size_t>(enough), "items of the catalogue",
                  progress);
    }
  }
}

void PlanLists(const EvalOptions& options, ProgressPrinter& progress, EvalPlan& plan) {
  plan.lists = ReadTestLists(options.triplets);
  std::erase_if(plan.lists->lists, [&](const TestList& list) {
    const bool known = std::ranges::any_of(
        plan.notions, [&](const Notion& notion) { return SameName(notion.name, list.name); });
    if (!known) {
      progress.Warn(fmt::format("triplets of {}: left out, no such notion is measured", list.name));
    }
    return !known;
  });
  Require(!plan.lists->lists.empty(), "--triplets {}: holds no test list of the model's notions",
          options.triplets);
}

}  // namespace

EvalPlan MakeEvalPlan(const EvalOptions& options, const Catalogue& catalogue,
                      ProgressPrinter& progress) {
  EvalPlan plan;
  for (const std::string& path : options.models) {
    plan.models.push_back({.path = path, .model = LoadModel(path), .measured = {}, .ids = {}});
  }
  PlanNotions(catalogue, progress, plan);
  for (size_t i = 1; i < plan.models.size(); ++i) MatchNotions(plan, progress, plan.models[i]);
  if (!options.triplets.empty()) PlanLists(options, progress, plan);
  PlanProbes(options, catalogue, progress, plan);
  return plan;
}

}  // namespace csn::cli
