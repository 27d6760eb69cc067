// Colours as three shares of light, and the few ways the drawings mix them.
#pragma once

#include <algorithm>

namespace csn {

// Red, green, blue in [0, 1], as stored in a picture (gamma-encoded).
struct Rgb {
  double r = 0;
  double g = 0;
  double b = 0;
};

// `from` at share 0, `to` at share 1.
inline Rgb Mix(Rgb from, Rgb to, double share) {
  return {from.r + (to.r - from.r) * share, from.g + (to.g - from.g) * share,
          from.b + (to.b - from.b) * share};
}
inline Rgb Lighter(Rgb colour, double share) { return Mix(colour, {1, 1, 1}, share); }
inline Rgb Darker(Rgb colour, double share) { return Mix(colour, {0, 0, 0}, share); }
// How bright a colour looks, in [0, 1].
inline double Luminance(Rgb colour) {
  return 0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b;
}
inline Rgb Clamped(Rgb colour) {
  return {std::clamp(colour.r, 0.0, 1.0), std::clamp(colour.g, 0.0, 1.0),
          std::clamp(colour.b, 0.0, 1.0)};
}

}  // namespace csn
