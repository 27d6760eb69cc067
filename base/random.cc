#include "base/random.h"

#include <cmath>
#include <numbers>

namespace csn {

double Rng::Normal() {
  const double radius = 1 - Uniform();  // in (0, 1]: its logarithm is finite
  const double turn = Uniform();
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * turn);
}

}  // namespace csn
