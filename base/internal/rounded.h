// Doubles as floats, rounded to the side that a proof needs.
#pragma once

#include <cmath>
#include <limits>

namespace csn::internal {

// The greatest float that is not above.
inline float FloatBelow(double value) {
  const auto rounded = static_cast<float>(value);
  return rounded <= value ? rounded
                          : std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

// The least float that is not below.
inline float FloatAbove(double value) { return -FloatBelow(-value); }

}  // namespace csn::internal
