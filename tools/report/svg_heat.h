// Tables of shares as fields of one colour, stronger where a share is greater.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report/svg_drawing.h"

namespace csn {

// A field of level l has the class "q<l>", words on it "on<l>"; the colours are of HeatStyle().
inline constexpr int kHeatLevels = 21;
// [0, 1] -> 0..kHeatLevels-1; beyond it, and not a number, the nearest end or 0.
int HeatLevel(double share);

// Rules for light and dark: words stand out from every level by a contrast of at least 4.5.
std::string HeatStyle();

struct HeatTable {
  std::string name;  // for those who cannot see it
  std::string rows_are, columns_are;
  std::vector<std::string> rows, columns;
  struct Field {
    double depth = 0;  // in [0, 1]
    std::string text;
    bool framed = false;
  };
  std::vector<std::vector<Field>> fields;  // [rows][columns]
  size_t gap_before = 0;                   // a row that stands a little apart; 0: none
};

// SVG, as wide as its columns need.
std::string FormatHeatTable(const HeatTable& table);

// From a field of `low` to one of `high`, with both named; its left upper corner at x, y.
void DrawHeatLegend(SvgDrawing& drawing, double x, double y, std::string_view low,
                    std::string_view high);

}  // namespace csn
