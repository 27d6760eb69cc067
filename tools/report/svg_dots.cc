#include "tools/report/svg_dots.h"

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

constexpr double kWidth = 820, kLeastWidth = 680;
constexpr double kRow = 20, kHeading = 26, kGap = 8, kAxis = 46, kTop = 8;
constexpr double kMostLabel = 260, kFigure = 64;

double Height(const DotPlot& plot) {
  double height = kTop + kAxis;
  for (const DotGroup& group : plot.groups) {
    height +=
        (group.title.empty() ? 0 : kHeading) + kGap + kRow * static_cast<double>(group.rows.size());
  }
  return height;
}

double LabelWidth(const DotPlot& plot) {
  double width = 40;
  for (const DotGroup& group : plot.groups) {
    width = std::max(width, TextWidth(group.title) * 1.1);
    for (const DotRow& row : group.rows) width = std::max(width, TextWidth(row.label) + 12);
  }
  return std::min(width, kMostLabel);
}

double Most(const DotPlot& plot) {
  double most = 0;
  for (const DotGroup& group : plot.groups) {
    for (const DotRow& row : group.rows) {
      for (const double end : {row.share.value, row.share.high}) {
        if (std::isfinite(end)) most = std::max(most, end);
      }
    }
  }
  return most;
}

void DrawAxis(SvgDrawing& drawing, const DotPlot& plot, const Scale& x) {
  const double bottom = drawing.height() - kAxis;
  const std::vector<double> ticks = x.Ticks(8);
  for (const double tick : ticks) {
    drawing.Line(x.At(tick), kTop, x.At(tick), bottom, "grid");
    drawing.Text(x.At(tick), bottom + 16, PercentTick(tick, ticks[1] - ticks[0]), Anchor::kMiddle);
  }
  drawing.Line(x.from(), bottom, x.to(), bottom, "axis");
  if (plot.chance <= x.high()) {
    drawing.Line(x.At(plot.chance), kTop, x.At(plot.chance), bottom, "chance");
  }
  drawing.Text((x.from() + x.to()) / 2, bottom + 36, plot.axis, Anchor::kMiddle);
}

}  // namespace

std::string FormatDotPlot(const DotPlot& plot) {
  const double labels = LabelWidth(plot) + 14;
  SvgDrawing drawing(kWidth, Height(plot), kLeastWidth, plot.name);
  const Scale x = Scale::Linear(0, RoundUp(Most(plot)), labels, kWidth - kFigure);
  DrawAxis(drawing, plot, x);
  double y = kTop;
  for (const DotGroup& group : plot.groups) {
    if (!group.title.empty()) {
      drawing.Label(0, y + 17, group.title, labels, Anchor::kStart, "strong");
      y += kHeading;
    }
    for (const DotRow& row : group.rows) {
      const double middle = y + kRow / 2;
      drawing.Label(labels - 10, middle + 4, row.label, labels - 10, Anchor::kEnd);
      drawing.Whisker(row.share, x, middle, row.marker, row.colour);
      drawing.Text(kWidth, middle + 4, PercentText(row.share.value), Anchor::kEnd, "ink");
      y += kRow;
    }
    y += kGap;
  }
  return drawing.Finish();
}

}  // namespace csn
