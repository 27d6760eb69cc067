// Noise that depends on where it is asked for and a seed alone. Internal to tools/draw.
#pragma once

#include <cmath>
#include <cstdint>

namespace csn {

// In [0, 1): unrelated from one cell of the plane to the next.
inline float CellNoise(int x, int y, uint32_t seed) {
  uint32_t h = static_cast<uint32_t>(x) * 0x8da6b343u ^ static_cast<uint32_t>(y) * 0xd8163841u ^
               seed * 0xcb1ab31fu;
  h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  h = (h ^ (h >> 12)) * 0x297a2d39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1.0p-24f;
}

// The same, blended smoothly between the corners of a cell.
inline float SmoothNoise(float x, float y, uint32_t seed) {
  const float left = std::floor(x), low = std::floor(y);
  const float u = x - left, v = y - low;
  const float s = u * u * (3 - 2 * u), t = v * v * (3 - 2 * v);
  const int i = static_cast<int>(left), j = static_cast<int>(low);
  const float a = CellNoise(i, j, seed), b = CellNoise(i + 1, j, seed);
  const float c = CellNoise(i, j + 1, seed), d = CellNoise(i + 1, j + 1, seed);
  return (a + (b - a) * s) + ((c + (d - c) * s) - (a + (b - a) * s)) * t;
}

}  // namespace csn
