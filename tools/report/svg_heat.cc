#include "tools/report/svg_heat.h"

#include <algorithm>
#include <cmath>

#include "tools/report/html.h"

namespace csn {
namespace {

using Colour = std::array<double, 3>;  // red, green, blue in [0, 255]

struct Ramp {
  Colour low, high;
};
constexpr Ramp kLight = {{238, 242, 248}, {22, 72, 138}};
constexpr Ramp kDark = {{42, 47, 57}, {112, 178, 255}};

constexpr double kField = 34, kLeastColumn = 78, kMostColumn = 120, kMostWidth = 1360, kHead = 44,
                 kGap = 10;
constexpr double kLegendStep = 5;

Colour At(const Ramp& ramp, int level) {
  Colour colour;
  for (size_t i = 0; i < colour.size(); ++i) {
    colour[i] = std::round(ramp.low[i] + (ramp.high[i] - ramp.low[i]) * level /
                                             static_cast<double>(kHeatLevels - 1));
  }
  return colour;
}

// Relative luminance. Source: WCAG 2.1.
double Luminance(const Colour& colour) {
  constexpr Colour kWeights = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (size_t i = 0; i < colour.size(); ++i) {
    const double c = colour[i] / 255;
    sum += kWeights[i] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return sum;
}

// Black or white, which stands out more.
std::string_view WordsOn(const Colour& colour) {
  const double light = Luminance(colour) + 0.05;
  return light / 0.05 > 1.05 / light ? "#000000" : "#ffffff";
}

std::string Rules(const Ramp& ramp) {
  std::string rules;
  for (int level = 0; level < kHeatLevels; ++level) {
    const Colour colour = At(ramp, level);
    AddTo(rules, ".q{0} {{ fill: #{1:02x}{2:02x}{3:02x}; }} .plot text.on{0} {{ fill: {4}; }}\n",
          level, static_cast<int>(colour[0]), static_cast<int>(colour[1]),
          static_cast<int>(colour[2]), WordsOn(colour));
  }
  return rules;
}

double LabelWidth(const HeatTable& table) {
  double width = TextWidth(table.rows_are);
  for (const std::string& row : table.rows) width = std::max(width, TextWidth(row));
  return std::min(width, 170.0) + 12;
}

// As wide as names need, less where the table would be wider than a page.
double ColumnWidth(const HeatTable& table, double left) {
  double width = kLeastColumn;
  for (const std::string& column : table.columns) width = std::max(width, TextWidth(column) + 10);
  const double room = (kMostWidth - left) / static_cast<double>(table.columns.size());
  return std::min({width, kMostColumn, std::max(room, kLeastColumn)});
}

void DrawField(SvgDrawing& drawing, const HeatTable::Field& field, double x, double y,
               double width) {
  const int level = HeatLevel(field.depth);
  drawing.Add(
      "<rect class=\"q{}{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:g}\" height=\"{:g}\" rx=\"3\"/>\n",
      level, field.framed ? " framed" : "", x + 1, y + 1, width - 2, kField - 2);
  drawing.Text(x + width / 2, y + kField / 2 + 4, field.text, Anchor::kMiddle,
               fmt::format("on{}", level));
}

}  // namespace

int HeatLevel(double share) {
  if (!(share > 0)) return 0;
  return static_cast<int>(std::lround(std::min(share, 1.0) * (kHeatLevels - 1)));
}

std::string HeatStyle() {
  return Rules(kLight) + "@media (prefers-color-scheme: dark) {\n" + Rules(kDark) +
         "}\nrect.framed { stroke: var(--ink); stroke-width: 1.5; }\n";
}

std::string FormatHeatTable(const HeatTable& table) {
  const double left = LabelWidth(table), column = ColumnWidth(table, left);
  const double width = left + column * static_cast<double>(table.columns.size()) + 2;
  const double height = kHead + kField * static_cast<double>(table.rows.size()) +
                        (table.gap_before > 0 ? kGap : 0) + 2;
  SvgDrawing drawing(width, height, width, table.name);
  drawing.Text(left + 2, 12, table.columns_are);
  drawing.Text(0, kHead - 8, table.rows_are);
  for (size_t j = 0; j < table.columns.size(); ++j) {
    drawing.Label(left + column * (static_cast<double>(j) + 0.5), kHead - 8, table.columns[j],
                  column - 6, Anchor::kMiddle, "ink");
  }
  double y = kHead;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (i > 0 && i == table.gap_before) y += kGap;
    drawing.Label(left - 8, y + kField / 2 + 4, table.rows[i], left - 8, Anchor::kEnd, "ink");
    for (size_t j = 0; j < table.fields[i].size(); ++j) {
      DrawField(drawing, table.fields[i][j], left + column * static_cast<double>(j), y, column);
    }
    y += kField;
  }
  return drawing.Finish();
}

void DrawHeatLegend(SvgDrawing& drawing, double x, double y, std::string_view low,
                    std::string_view high) {
  drawing.Text(x, y + 10, low);
  x += TextWidth(low) + 8;
  for (int level = 0; level < kHeatLevels; ++level) {
    drawing.Add("<rect class=\"q{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:g}\" height=\"12\"/>\n",
                level, x, y, kLegendStep + 0.3);
    x += kLegendStep;
  }
  drawing.Text(x + 8, y + 10, high);
}

}  // namespace csn
