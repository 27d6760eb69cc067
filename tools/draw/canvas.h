// A small drawing surface: filled, shaded and stroked polygons, antialiased. The only place that
// knows Cairo is its .cc. Internal to tools/draw.
#pragma once

#include <memory>
#include <vector>

#include "base/image.h"
#include "tools/draw/colour.h"

namespace csn {

struct Point {
  double x = 0;
  double y = 0;
};
// A polyline; a polygon where it is filled or clipped to (then the last point joins the first).
using Path = std::vector<Point>;

// A smooth curve (Catmull-Rom) through every point of `points`.
Path Smooth(const Path& points, int steps = 8);
// `path` with every point moved.
Path Shifted(Path path, double dx, double dy);
Path Ellipse(Point centre, double rx, double ry);

// A position along a polyline and the direction there.
struct PathPosition {
  Point point;
  Point tangent;  // unit length
};
// The position at `share` in [0, 1] of the polyline's length. At least two points.
PathPosition Along(const Path& path, double share);
// The part of `path` between two shares of its length.
Path Part(const Path& path, double from, double to);

// A square picture. Coordinates are the frame's: x right, y up, one unit = the frame's unit; widths
// too.
class Canvas {
 public:
  // The frame's origin stands at (`left`, `top`) pixels; `mirrored` turns x leftwards.
  struct Frame {
    double left = 0;
    double top = 0;
    double unit = 1;  // pixels
    bool mirrored = false;
  };
  Canvas(int size, Rgb background, const Frame& frame);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void Fill(const Path& polygon, Rgb colour, double alpha = 1);
  // From `high` at the polygon's highest point to `low` at its lowest.
  void FillShaded(const Path& polygon, Rgb high, Rgb low);
  // A spot that fades to nothing at its rim.
  void FillSoft(Point centre, double rx, double ry, Rgb colour, double alpha);
  void Stroke(const Path& line, double width, Rgb colour, double alpha = 1);
  void StrokeClosed(const Path& polygon, double width, Rgb colour, double alpha = 1);
  void StrokeDashed(const Path& line, double width, Rgb colour, double on, double off);
  // Until Unclip nothing is drawn outside `polygon`. Not nested.
  void Clip(const Path& polygon);
  void Unclip();

  Image ToImage() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace csn
