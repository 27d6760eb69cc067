// Several models side by side.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_dots.h"
#include "tools/report/svg_lines.h"

namespace csn {
namespace {

constexpr double kChance = 0.5;  // of triplet errors
constexpr Interval kNone = {.value = std::numeric_limits<double>::quiet_NaN()};

// Notions that were measured for any model, in the order they come.
std::vector<std::string> MeasuredNotions(const EvalReport& report) {
  std::vector<std::string> names;
  for (const EvaluatedModel& model : report.models) {
    for (const NotionScores& scores : model.notions) {
      const std::string& name = scores.notion.name;
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

// Not a number where the model does not know the notion.
Interval ErrorOf(const EvaluatedModel& model, const std::string& notion) {
  for (const NotionScores& scores : model.notions) {
    if (scores.notion.name == notion) return scores.triplet_error;
  }
  return kNone;
}

// One figure of every model: the pooled error, or a notion's.
struct Figure {
  std::string title;
  std::string colour;
  std::string head;                // as HTML
  std::vector<Interval> of_model;  // [models]

  double Least() const {
    double least = std::numeric_limits<double>::infinity();
    for (const Interval& interval : of_model) {
      if (interval.value < least) least = interval.value;
    }
    return least;
  }
};

std::vector<Figure> Figures(const EvalReport& report) {
  std::vector<Figure> figures = {
      {.title = "all notions", .colour = "var(--ink)", .head = "pooled", .of_model = {}}};
  for (const EvaluatedModel& model : report.models) {
    figures.front().of_model.push_back(model.pooled_error);
  }
  for (const std::string& notion : MeasuredNotions(report)) {
    Figure figure{.title = notion,
                  .colour = std::string(NotionColour(ColourNumber(report, notion))),
                  .head = NotionHtml(report, notion),
                  .of_model = {}};
    for (const EvaluatedModel& model : report.models) {
      figure.of_model.push_back(ErrorOf(model, notion));
    }
    figures.push_back(std::move(figure));
  }
  return figures;
}

std::string CompareTable(const EvalReport& report, const std::vector<Figure>& figures,
                         const std::vector<std::string>& names) {
  std::string html =
      "<div class=\"scroll\"><table>\n<thead><tr><th>model</th><th>dimensions</th><th>images "
      "seen</th>";
  for (const Figure& figure : figures) AddTo(html, "<th>{}</th>", figure.head);
  html += "</tr></thead>\n<tbody>\n";
  for (size_t m = 0; m < report.models.size(); ++m) {
    const Model& header = report.models[m].header;
    AddTo(html, "<tr><th>{}<small>{}</small></th><td>{}</td><td>{}</td>", EscapeHtml(names[m]),
          EscapeHtml(SystemName(header)), header.dim(),
          header.training.images > 0 ? CountText(header.training.images) : "–");
    for (const Figure& figure : figures) {
      const Interval& error = figure.of_model[m];
      AddTo(html, "<td{}>{}</td>", error.value == figure.Least() ? " class=\"least\"" : "",
            IntervalHtml(error));
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  return html;
}

std::string CompareDots(const std::vector<Figure>& figures, const std::vector<std::string>& names) {
  DotPlot plot{.name = "triplet errors of the models, pooled and for each notion, with intervals",
               .axis = "triplet error (chance: 50 %)",
               .chance = kChance,
               .groups = {}};
  for (const Figure& figure : figures) {
    DotGroup group{.title = figure.title, .rows = {}};
    for (size_t m = 0; m < names.size(); ++m) {
      group.rows.push_back({.label = names[m],
                            .share = figure.of_model[m],
                            .colour = figure.colour,
                            .marker = MarkerOf(m)});
    }
    plot.groups.push_back(std::move(group));
  }
  return FormatDotPlot(plot);
}

}  // namespace

std::string CompareHtml(const EvalReport& report) {
  if (report.models.size() < 2) return "";
  const std::vector<Figure> figures = Figures(report);
  const std::vector<std::string> names = ModelNames(report);
  return CompareTable(report, figures, names) +
         "<p class=\"legend\">Triplet errors with 95 % intervals; the least of each column is "
         "<b>bold</b>.</p>\n" +
         CompareDots(figures, names);
}

std::vector<TripletPoint> TripletPoints(const EvalReport& report) {
  std::vector<TripletPoint> points;
  for (const EvaluatedModel& model : report.models) {
    const auto triplets = static_cast<uint64_t>(model.header.training.fixed_triplets);
    if (triplets == 0) continue;
    points.push_back(
        {.system = SystemName(model.header), .triplets = triplets, .error = model.pooled_error});
  }
  return points;
}

std::string TripletsHtml(std::vector<TripletPoint> points) {
  std::erase_if(points, [](const TripletPoint& point) {
    return point.triplets == 0 || !std::isfinite(point.error.value);
  });
  std::ranges::stable_sort(points, {}, &TripletPoint::triplets);
  if (points.empty() || points.front().triplets == points.back().triplets) return "";
  LinePlot plot{.name = "pooled triplet error against the number of training triplets",
                .x_axis = "training triplets a notion (logarithmic)",
                .y_axis = "pooled triplet error",
                .logarithmic_x = true,
                .chance = {},
                .upright = {},
                .upright_name = "",
                .series = {}};
  for (const TripletPoint& point : points) {
    auto series = std::ranges::find(plot.series, point.system, &LineSeries::name);
    if (series == plot.series.end()) {
      const size_t number = plot.series.size();
      plot.series.push_back({.name = point.system,
                             .colour = std::string(NotionColour(number)),
                             .marker = MarkerOf(number),
                             .points = {}});
      series = std::prev(plot.series.end());
    }
    series->points.push_back(
        {.x = static_cast<double>(point.triplets), .y = point.error, .marked = true});
  }
  std::string html = FormatLinePlot(plot);
  if (plot.series.size() == 1) {
    AddTo(html, "<p class=\"legend\">All models: {}.</p>\n", EscapeHtml(plot.series[0].name));
  }
  return html;
}

}  // namespace csn
