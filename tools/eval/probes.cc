#include "tools/eval/probes.h"

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "base/random.h"
#include "query/evaluation/linear_probe.h"

namespace csn::cli {

void TellOfProbe(const EvalOptions& options, const std::string& column, size_t classes,
                 const std::string& among, ProgressPrinter& progress) {
  const std::string line = fmt::format(
      "probe of {}: left out, {} of its values have at least {} {}, at least 2 are needed", column,
      classes, kProbeLeastItems, among);
  if (options.probes.empty()) {
    progress.Line(line);
  } else {
    progress.Warn(line);
  }
}

std::vector<ProbeSet> MakeProbeSets(const EvalOptions& options, const EvalPlan& plan,
                                    const TestSet& set, ProgressPrinter& progress) {
  std::vector<ProbeSet> sets;
  for (size_t i = 0; i < plan.probes.size(); ++i) {
    ProbeSet probe{.column = plan.probes[i].name, .rows = {}, .classes = {}};
    std::map<std::string, std::vector<uint32_t>> rows_of;
    for (uint32_t row = 0; row < set.items.size(); ++row) {
      const std::string text = ValueText(set.probes[i][row]);
      if (!text.empty()) rows_of[text].push_back(row);
    }
    std::vector<std::pair<uint32_t, uint32_t>> members;  // row, class
    for (const auto& [value, rows] : rows_of) {
      if (rows.size() < kProbeLeastItems) continue;
      for (const uint32_t row : rows) {
        members.emplace_back(row, static_cast<uint32_t>(probe.class_count));
      }
      ++probe.class_count;
    }
    if (probe.class_count < 2) {
      TellOfProbe(options, probe.column, probe.class_count, "test items", progress);
      continue;
    }
    if (members.size() > kProbeMostItems) {
      progress.Line(fmt::format("probe {}: {} of {} items, drawn", probe.column,
                                Grouped(kProbeMostItems), Grouped(members.size())));
      Rng rng(options.seed + Hash64(probe.column));
      rng.Shuffle(members);
      members.resize(kProbeMostItems);
    }
    std::ranges::sort(members);
    for (const auto& [row, value] : members) {
      probe.rows.push_back(row);
      probe.classes.push_back(value);
    }
    sets.push_back(std::move(probe));
  }
  return sets;
}

ProbeScore MeasureProbe(const EvalOptions& options, const ProbeSet& probe, MatrixView embeddings) {
  Matrix chosen(probe.rows.size(), embeddings.cols);
  for (size_t i = 0; i < probe.rows.size(); ++i) {
    std::ranges::copy(embeddings.Row(probe.rows[i]), chosen.Row(i).begin());
  }
  const uint64_t seed = options.seed + Hash64(probe.column);
  const ProbeResult result = ProbeLinearly(chosen.View(), probe.classes, probe.class_count, seed,
                                           options.threads, &Stop());
  return {.column = probe.column,
          .items = probe.rows.size(),
          .classes = probe.class_count,
          .accuracy = BootstrapMean(result.correct, seed),
          .majority = result.majority};
}

}  // namespace csn::cli
