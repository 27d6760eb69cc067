// Values with their intervals, one below the other on a common axis.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "query/evaluation/bootstrap.h"
#include "tools/report/svg_drawing.h"

namespace csn {

struct DotRow {
  std::string label;
  Interval share;  // a value that is not a number leaves the row empty
  std::string colour;
  Marker marker = Marker::kCircle;
};

struct DotGroup {
  std::string title;  // none: no heading
  std::vector<DotRow> rows;
};

struct DotPlot {
  std::string name;   // for those who cannot see it
  std::string axis;   // what the values are
  double chance = 0;  // marked by a line where the axis goes that far
  std::vector<DotGroup> groups;
};

// The axis is from 0 to a round share that holds all intervals. SVG, 820 pixels wide.
std::string FormatDotPlot(const DotPlot& plot);

}  // namespace csn
