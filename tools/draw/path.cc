#include "tools/draw/path.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace csn {
namespace {

double Length(const Path& path) {
  double length = 0;
  for (size_t i = 1; i < path.size(); ++i) length += Distance(path[i - 1], path[i]);
  return length;
}

constexpr int kParts = 24;  // pieces that Part and Inset cut a line into

}  // namespace

Point Move(Point from, Point direction, double distance) {
  return {from.x + direction.x * distance, from.y + direction.y * distance};
}

Point Between(Point a, Point b, double share) {
  return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

double Distance(Point a, Point b) { return std::hypot(b.x - a.x, b.y - a.y); }

Point LeftOf(Point direction) { return {-direction.y, direction.x}; }

Path Smooth(const Path& points, int steps) {
  Path curve;
  const size_t n = points.size();
  for (size_t i = 0; i + 1 < n; ++i) {
    const Point& a = points[i == 0 ? 0 : i - 1];
    const Point& b = points[i];
    const Point& c = points[i + 1];
    const Point& d = points[i + 2 < n ? i + 2 : n - 1];
    for (int step = 0; step < steps; ++step) {
      const double t = static_cast<double>(step) / steps;
      const double t2 = t * t, t3 = t2 * t;
      const auto blend = [&](double pa, double pb, double pc, double pd) {
        return 0.5 * (2 * pb + (pc - pa) * t + (2 * pa - 5 * pb + 4 * pc - pd) * t2 +
                      (3 * pb - pa - 3 * pc + pd) * t3);
      };
      curve.push_back({blend(a.x, b.x, c.x, d.x), blend(a.y, b.y, c.y, d.y)});
    }
  }
  if (n > 0) curve.push_back(points.back());
  return curve;
}

Path Shifted(Path path, double dx, double dy) {
  for (Point& point : path) point = {point.x + dx, point.y + dy};
  return path;
}

Path Reversed(Path path) {
  std::reverse(path.begin(), path.end());
  return path;
}

Path Joined(Path first, const Path& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Path Ellipse(Point centre, double rx, double ry) {
  Path path;
  constexpr int kCorners = 28;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCorners;
    path.push_back({centre.x + rx * std::cos(angle), centre.y + ry * std::sin(angle)});
  }
  return path;
}

Path Band(Point from, Point to, double width, double bend) {
  const double length = std::max(Distance(from, to), 1e-9);
  const Point across = LeftOf({(to.x - from.x) / length, (to.y - from.y) / length});
  constexpr int kSteps = 8;
  Path line;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    line.push_back(Move(Between(from, to, share), across, bend * 4 * share * (1 - share)));
  }
  return Ribbon(line, width, width);
}

Path Ribbon(const Path& line, double width, double end_width) {
  Path band, other;
  for (int i = 0; i <= kParts; ++i) {
    const double share = static_cast<double>(i) / kParts;
    const PathPosition at = Along(line, share);
    const double half = 0.5 * (width + (end_width - width) * share);
    band.push_back(Move(at.point, LeftOf(at.tangent), half));
    other.push_back(Move(at.point, LeftOf(at.tangent), -half));
  }
  return Joined(band, Reversed(other));
}

PathPosition Along(const Path& path, double share) {
  double left = Length(path) * share;
  for (size_t i = 1; i < path.size(); ++i) {
    const Point a = path[i - 1], b = path[i];
    const double step = Distance(a, b);
    const bool last = i + 1 == path.size();
    if (step > 0 && (left <= step || last)) {
      const double t = left / step;
      return {{a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t},
              {(b.x - a.x) / step, (b.y - a.y) / step}};
    }
    left -= step;
  }
  return {path.back(), {1, 0}};
}

Path Part(const Path& path, double from, double to) { return Inset(path, 0, from, to); }

Path Inset(const Path& path, double depth, double from, double to) {
  Path line;
  for (int i = 0; i <= kParts; ++i) {
    const PathPosition at = Along(path, from + (to - from) * i / kParts);
    line.push_back(Move(at.point, LeftOf(at.tangent), depth));
  }
  return line;
}

}  // namespace csn
