// Light on drawn shapes: a flat layer is given a form from its outline and shaded, pixel by pixel.
// Internal to tools/draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/draw/material.h"

namespace csn {

// Red, green, blue in [0, 1] and beyond, [size, size, 3], before it becomes a photograph.
struct Picture {
  explicit Picture(int side) : size(side), rgb(static_cast<size_t>(side) * side * 3) {}
  int size;
  std::vector<float> rgb;
};

// Where the lamp hangs: x right, y up, towards the camera what is left of unit length.
struct Light {
  double x = -0.25;
  double y = 0.6;
  double strength = 0.9;  // contrast of lit and unlit sides
};

// The form of a layer: lengths in units of the shoe's length.
struct Finish {
  Surface surface{};
  double height = 0.006;     // how far it stands out
  double edge = 0.008;       // over what width its edge rises to that
  double bulge = 0;          // height of a rounded body over all of it
  double bulge_width = 0.1;  // over what width that rises
  bool own_form = false;     // does not follow the form of what lies beneath
  double shadow = 0.4;       // of what it throws on the shoe beneath, 0..1
  double reach = 0.02;       // of that shadow
};

// Pixels x0..x1-1, y0..y1-1.
struct PixelBox {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool empty() const { return x0 >= x1 || y0 >= y1; }
};

// Keeps the form of all that has been laid. Not thread-safe.
class Relief {
 public:
  Relief(Picture& picture, const Light& light);

  // Lays a drawing over the picture. `pixels`: premultiplied ARGB as native 32-bit numbers,
  // [size, size], of which only `box` was drawn on; `unit`: pixels a unit.
  void Lay(const uint32_t* pixels, PixelBox box, const Finish& finish, double unit);

 private:
  void FormOf(PixelBox box, const Finish& finish, double unit);
  void ThrowShadow(PixelBox box, const Finish& finish, double unit);
  void Shade(const uint32_t* pixels, PixelBox box, const Finish& finish, double unit);

  Picture& picture_;
  Light light_;
  float light_z_;
  std::vector<float> form_;     // [size, size], height in units
  std::vector<float> covered_;  // [size, size], how much of a pixel is shoe
  // Of the box at hand.
  std::vector<float> alpha_, height_, blurred_, scratch_;
};

// Averages a [height, width] plane over squares of 2 * radius + 1, twice; beyond the edge stands
// the edge's value.
void Blur(std::vector<float>& plane, int width, int height, int radius,
          std::vector<float>& scratch);

}  // namespace csn
