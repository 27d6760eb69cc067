// Polylines: smooth curves, places along them, bands beside them. Internal to tools/draw.
#pragma once

#include <vector>

namespace csn {

struct Point {
  double x = 0;
  double y = 0;
};
// A polyline; a polygon where it is filled or clipped to (then the last point joins the first).
using Path = std::vector<Point>;

Point Move(Point from, Point direction, double distance);
Point Between(Point a, Point b, double share);
double Distance(Point a, Point b);
// A quarter turn to the left.
Point LeftOf(Point direction);

// A smooth curve (Catmull-Rom) through every point of `points`.
Path Smooth(const Path& points, int steps = 8);
// `path` with every point moved.
Path Shifted(Path path, double dx, double dy);
Path Reversed(Path path);
// One behind the other.
Path Joined(Path first, const Path& second);
Path Ellipse(Point centre, double rx, double ry);
// A band from `from` to `to`, `width` wide, bent sideways by `bend` at its middle.
Path Band(Point from, Point to, double width, double bend = 0);
// A band along a line, `width` wide at its start and `end_width` at its end.
Path Ribbon(const Path& line, double width, double end_width);

// A position along a polyline and the direction there.
struct PathPosition {
  Point point;
  Point tangent;  // unit length
};
// The position at `share` in [0, 1] of the polyline's length. At least two points.
PathPosition Along(const Path& path, double share);
// The part of `path` between two shares of its length.
Path Part(const Path& path, double from, double to);
// That part moved to the left of its direction by `depth`.
Path Inset(const Path& path, double depth, double from = 0, double to = 1);

}  // namespace csn
