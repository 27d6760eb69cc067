// Many dimensions on a plane, for people to look at.
#pragma once

#include <array>
#include <vector>

#include "base/matrix.h"

namespace csn {

// Points in their two directions of greatest variance (principal component analysis).
struct PrincipalPlane {
  // [n], about the mean. The sign of a direction is such that its greatest component is positive.
  // Directions that are not there give 0.
  std::vector<std::array<double, 2>> points;
  double explained = 0;  // share of the variance that the plane keeps; 1 where there is none
};

// Of points [n, d], d may be 0.
PrincipalPlane FitPrincipalPlane(MatrixView points);

}  // namespace csn
