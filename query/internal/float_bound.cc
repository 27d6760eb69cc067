#include "query/internal/float_bound.h"

#include <cmath>

namespace csn {

// Write u = 2^-24 for the unit roundoff of float, L for the live dimensions, zq and zx for the
// stored float products m*q and m*x, f for FAISS's sum of squares of zq - zx.
//
// 1. f against S = ||zq - zx||^2. A term has one rounding in the difference (counted twice by the
//    square), one in the square, and goes through at most L - 1 additions, whatever their order or
//    width; all terms are positive. A square below the normal range errs by at most 2^-150 instead.
//    So f <= (S + L 2^-150) (1 + u)^(L + 2), and since (1 + u)^(L + 2) (1 - (L + 4) u) < 1 - u,
//    S >= (f - L 2^-149) (1 - (L + 4) u), with a relative u to spare.
// 2. S against D = ||m*q - m*x||^2. Each product was rounded once: |zq_k - m_k q_k| <= u |zq_k|, or
//    2^-150 below the normal range, and the same for x. By the triangle inequality
//    sqrt(D) >= sqrt(S) - u (||zq|| + ||zx||) - 2 sqrt(L) 2^-150. Twice u is taken, because
//    `radius` is itself a computed number.
// 3. NotionDistance and this function are computed in double: relative errors of about (L + 10)
// 2^-53,
//    which the spare u of step 1 covers. It survives the subtraction of step 2, because it is a
//    share of sqrt(S), which is no less than the difference.
double DistanceFloor(double float_distance, size_t live, double query_norm, double radius) {
  constexpr double kUnit = 0x1.0p-24;
  constexpr double kTiny = 0x1.0p-149;
  const double dims = static_cast<double>(live);
  const double sum = (float_distance - dims * kTiny) * (1 - (dims + 4) * kUnit);
  // Negated comparisons, so that a NaN from an overflow proves nothing.
  if (!(sum > 0)) return 0;
  const double root =
      std::sqrt(sum) - 2 * kUnit * (query_norm + radius) - 2 * std::sqrt(dims) * kTiny;
  if (!(root > 0)) return 0;
  return root * root;
}

}  // namespace csn
