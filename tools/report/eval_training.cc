// How training went, epoch by epoch.
#include <algorithm>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_lines.h"

namespace csn {
namespace {

Interval Exactly(double value) { return {.value = value, .low = value, .high = value}; }

// The place in the history of the epoch whose weights serve notion `c`; none is past its end.
size_t BestPlace(const TrainingRecord& training, size_t c) {
  const std::vector<int64_t>& best = training.best_epochs;
  if (best.empty()) return training.history.size();
  return static_cast<size_t>(best[std::min(c, best.size() - 1)]) - 1;
}

// Notions added after training are not in the history.
size_t TrainedNotions(const Model& model) {
  size_t notions = model.notions.size();
  for (const EpochRecord& record : model.training.history) {
    notions = std::min(notions, record.triplet_error.size());
  }
  return notions;
}

LinePlot PlotOf(const TrainingRecord& training) {
  LinePlot plot{.name = "",
                .x_axis = "epoch",
                .y_axis = "",
                .chance = {},
                .upright = {},
                .upright_name = "",
                .series = {}};
  if (training.best_epochs.size() == 1 && BestPlace(training, 0) < training.history.size()) {
    const int64_t epoch = training.history[BestPlace(training, 0)].epoch;
    plot.upright = static_cast<double>(epoch);
    plot.upright_name = fmt::format("best: epoch {}", epoch);
  }
  return plot;
}

std::string ErrorCurves(const EvalReport& report, const Model& model) {
  LinePlot plot = PlotOf(model.training);
  plot.name = "validation triplet error of each notion by epoch";
  plot.y_axis = "triplet error on validation items";
  for (size_t c = 0; c < TrainedNotions(model); ++c) {
    const size_t colour = ColourNumber(report, model.notions[c].name);
    LineSeries series{.name = model.notions[c].name,
                      .colour = std::string(NotionColour(colour)),
                      .dashed = colour >= kNotionColours,
                      .points = {}};
    const size_t best = BestPlace(model.training, c);
    for (size_t i = 0; i < model.training.history.size(); ++i) {
      const EpochRecord& record = model.training.history[i];
      series.points.push_back({.x = static_cast<double>(record.epoch),
                               .y = Exactly(record.triplet_error[c]),
                               .marked = i == best});
    }
    plot.series.push_back(std::move(series));
  }
  return FormatLinePlot(plot);
}

std::string LossCurve(const Model& model) {
  LinePlot plot = PlotOf(model.training);
  plot.name = "training loss by epoch";
  plot.y_axis = model.networks > 1 ? "loss, mean of the networks" : "loss";
  plot.percent = false;
  LineSeries series{.name = "loss", .colour = "var(--ink)", .points = {}};
  for (const EpochRecord& record : model.training.history) {
    series.points.push_back({.x = static_cast<double>(record.epoch), .y = Exactly(record.loss)});
  }
  plot.series.push_back(std::move(series));
  return FormatLinePlot(plot);
}

std::string InWords(const Model& model) {
  if (model.training.history.empty()) {
    return "<p>The model file holds no history of its training.</p>\n";
  }
  const EpochRecord& only = model.training.history.front();
  std::string html;
  AddTo(html, "<p>The history is a single epoch, {}: loss {:.4g}", only.epoch, only.loss);
  for (size_t c = 0; c < TrainedNotions(model); ++c) {
    AddTo(html, ", triplet error of {} {}", EscapeHtml(model.notions[c].name),
          PercentText(only.triplet_error[c]));
  }
  html += ".</p>\n";
  return html;
}

}  // namespace

std::string TrainingHtml(const EvalReport& report, const Model& model) {
  if (model.training.history.size() < 2) return InWords(model);
  std::string html =
      "<div class=\"pair\">" + ErrorCurves(report, model) + LossCurve(model) + "</div>\n";
  if (model.networks > 1) {
    html +=
        "<p class=\"legend\">A network a notion, side by side: a spot marks each one&#39;s best "
        "epoch, whose weights the model keeps. A curve goes on level where its network had "
        "ended.</p>\n";
  }
  return html;
}

}  // namespace csn
