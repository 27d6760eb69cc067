#include "tools/report/svg_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace csn {
namespace {

constexpr double kWidth = 620, kLeastWidth = 480;
constexpr double kLeft = 58, kRight = 16, kTop = 18, kBody = 230, kBottom = 46, kLegendLine = 20;
constexpr double kSpot = 16, kBetween = 18;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Hold(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Place {
  double x = 0, line = 0;
};

// Where each name of the legend stands, left to right, then on the next line.
std::vector<Place> LegendPlaces(const LinePlot& plot) {
  std::vector<Place> places;
  if (plot.series.size() < 2) return places;
  Place next{.x = kLeft, .line = 0};
  for (const LineSeries& series : plot.series) {
    const double width = kSpot + std::min(TextWidth(series.name), kWidth / 3);
    if (next.x > kLeft && next.x + width > kWidth) next = {.x = kLeft, .line = next.line + 1};
    places.push_back(next);
    next.x += width + kBetween;
  }
  return places;
}

void DrawLegend(SvgDrawing& drawing, const LinePlot& plot, const std::vector<Place>& places) {
  for (size_t i = 0; i < places.size(); ++i) {
    const double y = 10 + kLegendLine * places[i].line;
    drawing.Mark(places[i].x + 5, y, plot.series[i].marker, plot.series[i].colour,
                 plot.series[i].dashed);
    drawing.Label(places[i].x + kSpot, y + 4, plot.series[i].name, kWidth / 3, Anchor::kStart,
                  "ink");
  }
}

void DrawAxes(SvgDrawing& drawing, const LinePlot& plot, const Scale& x, const Scale& y) {
  const std::vector<double> levels = y.Ticks(6);
  for (const double level : levels) {
    drawing.Line(x.from(), y.At(level), x.to(), y.At(level), "grid");
    drawing.Text(kLeft - 8, y.At(level) + 4,
                 plot.percent ? PercentTick(level, levels[1] - levels[0]) : ShortNumber(level),
                 Anchor::kEnd);
  }
  for (const double tick : x.Ticks(8)) {
    if (!plot.logarithmic_x && tick != std::floor(tick)) continue;
    drawing.Line(x.At(tick), y.from(), x.At(tick), y.from() + 4, "axis");
    drawing.Text(x.At(tick), y.from() + 17, ShortNumber(tick), Anchor::kMiddle);
  }
  drawing.Line(x.from(), y.from(), x.to(), y.from(), "axis");
  drawing.Text((x.from() + x.to()) / 2, y.from() + 38, plot.x_axis, Anchor::kMiddle);
  drawing.Text(0, y.to() - 9, plot.y_axis);
  if (plot.chance) drawing.Line(x.from(), y.At(*plot.chance), x.to(), y.At(*plot.chance), "chance");
  if (!plot.upright) return;
  const double at = x.At(*plot.upright);
  const bool left = at > (x.from() + x.to()) / 2;
  drawing.Line(at, y.to(), at, y.from(), "best");
  drawing.Text(at + (left ? -6 : 6), y.to() + 10, plot.upright_name,
               left ? Anchor::kEnd : Anchor::kStart, "small");
}

void DrawSeries(SvgDrawing& drawing, const LineSeries& series, const Scale& x, const Scale& y) {
  std::string path;
  for (const LinePoint& point : series.points) {
    if (!std::isfinite(point.y.value)) continue;
    path += fmt::format("{}{:.2f} {:.2f}", path.empty() ? "M" : "L", x.At(point.x),
                        y.At(point.y.value));
  }
  drawing.Add("<path class=\"curve{}\" style=\"stroke:{}\" d=\"{}\"/>\n",
              series.dashed ? " dashed" : "", series.colour, path);
  for (const LinePoint& point : series.points) {
    if (!point.marked) continue;
    drawing.UprightWhisker(point.y, x.At(point.x), y, series.marker, series.colour);
  }
}

// A little wider than the points, so that none lies on a border.
Scale HorizontalScale(const LinePlot& plot, const Range& xs) {
  if (plot.logarithmic_x) {
    return Scale::Logarithmic(xs.low / 1.25, xs.high * 1.25, kLeft, kWidth - kRight);
  }
  const double margin = (xs.high - xs.low) * 0.015;
  return Scale::Linear(xs.low - margin, xs.high + margin, kLeft, kWidth - kRight);
}

}  // namespace

std::string FormatLinePlot(const LinePlot& plot) {
  Range xs, ys;
  for (const LineSeries& series : plot.series) {
    for (const LinePoint& point : series.points) {
      if (!std::isfinite(point.y.value)) continue;
      xs.Hold(point.x);
      for (const double value : {point.y.value, point.y.high}) ys.Hold(value);
    }
  }
  if (!(ys.low <= ys.high)) return "";
  if (plot.chance) ys.Hold(*plot.chance);
  const std::vector<Place> places = LegendPlaces(plot);
  const double legend = places.empty() ? 0 : kLegendLine * (places.back().line + 1) + 8;
  SvgDrawing drawing(kWidth, legend + kTop + kBody + kBottom, kLeastWidth, plot.name);
  const Scale x = HorizontalScale(plot, xs);
  const double height = ys.high > plot.least_y ? ys.high - plot.least_y : 1;
  const Scale y = Scale::Linear(plot.least_y, plot.least_y + 1.05 * height, legend + kTop + kBody,
                                legend + kTop);
  DrawLegend(drawing, plot, places);
  DrawAxes(drawing, plot, x, y);
  for (const LineSeries& series : plot.series) DrawSeries(drawing, series, x, y);
  return drawing.Finish();
}

}  // namespace csn
