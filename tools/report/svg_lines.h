// Curves over a common x, with named axes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/evaluation/bootstrap.h"
#include "tools/report/svg_drawing.h"

namespace csn {

struct LinePoint {
  double x = 0;
  Interval y;  // not a number: left out; low = high: without a whisker
  bool marked = false;
};

struct LineSeries {
  std::string name;
  std::string colour;
  Marker marker = Marker::kCircle;
  bool dashed = false;            // tells two series of one colour apart; hollow in the legend
  std::vector<LinePoint> points;  // by ascending x
};

struct LinePlot {
  std::string name;  // for those who cannot see it
  std::string x_axis, y_axis;
  bool logarithmic_x = false;     // every x above 0
  bool percent = true;            // y is shares; else plain numbers
  double least_y = 0;             // where y begins
  std::optional<double> chance;   // a level line
  std::optional<double> upright;  // an x with a line and `upright_name`
  std::string upright_name;
  std::vector<LineSeries> series;
};

// A legend of names stands above where there are several series. SVG, 620
// pixels wide; empty where no point has a y that is a number.
std::string FormatLinePlot(const LinePlot& plot);

}  // namespace csn
