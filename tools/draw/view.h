// Where the camera stands: from the shoe's frame to pixels. Internal to tools/draw.
#pragma once

#include <array>

#include "base/random.h"
#include "tools/draw/path.h"

namespace csn {

// The defaults are a catalogue's plain side view.
struct View {
  bool faces_left = false;
  double length = 0.9;     // wanted share of the side; a tall shoe is drawn smaller so that it fits
  double shift_x = 0;      // of the free space beside the shoe, -1..1; of what is cut off where the
  double shift_y = 0;      // shoe is larger than the picture
  double zoom = 1;         // above 1 the shoe is cut off by the frame
  double roll = 0;         // radians, the heel lifted where positive
  double turn = 1;         // foreshortening of the length, 1 = seen from the side
  double shear = 0;        // height gained along the length
  double perspective = 0;  // above 0 the toe is further away than the heel
  double elevation = 0.45;  // 0..1: how far one looks into the shoe from above
};

// Mostly near the plain view; sometimes rolled, turned, small, or cut off at an edge. At most one
// of small and cut off.
View SampleView(Rng& rng);

// A projective map of the plane.
class Projection {
 public:
  Projection() = default;
  // Puts a shoe that covers [0, width] x [0, height] of its frame into a picture of size x size
  // pixels.
  Projection(const View& view, int size, double width, double height);

  Point operator()(Point at) const;
  // Pixels that one unit takes around a point.
  double Scale(Point at) const;
  // The same map after moving and scaling the frame: a second shoe further back.
  Projection Behind(Point offset, double scale) const;

 private:
  std::array<double, 9> m_{1, 0, 0, 0, 1, 0, 0, 0, 1};  // row-major, homogeneous
};

}  // namespace csn
