#include "query/evaluation/principal_plane.h"

#include <cmath>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

// n points whose coordinates along a turned basis of three dimensions have variances 9, 4 and 0.25.
Matrix Turned(size_t n, uint64_t seed) {
  Rng rng(seed);
  Matrix points(n, 3);
  const double s = std::sqrt(0.5);
  for (size_t i = 0; i < n; ++i) {
    const double a = 3 * rng.Normal(), b = 2 * rng.Normal(), c = 0.5 * rng.Normal();
    const std::span<float> row = points.Row(i);
    row[0] = static_cast<float>(s * a - s * b + 100);
    row[1] = static_cast<float>(s * a + s * b);
    row[2] = static_cast<float>(c - 7);
  }
  return points;
}

double Variance(const PrincipalPlane& plane, size_t axis) {
  double sum = 0, squares = 0;
  for (const auto& point : plane.points) {
    sum += point[axis];
    squares += point[axis] * point[axis];
  }
  const double n = static_cast<double>(plane.points.size());
  return squares / n - sum / n * (sum / n);
}

TEST(PrincipalPlane, FindsTheDirectionsOfGreatestVariance) {
  constexpr uint64_t kSeed = 2;
  SCOPED_TRACE(kSeed);
  const PrincipalPlane plane = FitPrincipalPlane(Turned(5000, kSeed).View());
  EXPECT_NEAR(Variance(plane, 0), 9, 0.6);
  EXPECT_NEAR(Variance(plane, 1), 4, 0.3);
  EXPECT_NEAR(plane.explained, 13 / 13.25, 0.005);
}

// Two dimensions lie in their own plane: only turned or mirrored, so distances stay.
TEST(PrincipalPlane, KeepsDistancesOfWhatIsFlat) {
  Rng rng(3);
  Matrix points(40, 2);
  for (size_t i = 0; i < 80; ++i) points.data()[i] = static_cast<float>(rng.Uniform(-1, 5));
  const PrincipalPlane plane = FitPrincipalPlane(points.View());
  EXPECT_NEAR(plane.explained, 1, 1e-12);
  for (size_t i = 1; i < 40; ++i) {
    const double before =
        std::hypot(points.Row(i)[0] - points.Row(0)[0], points.Row(i)[1] - points.Row(0)[1]);
    EXPECT_NEAR(std::hypot(plane.points[i][0] - plane.points[0][0],
                           plane.points[i][1] - plane.points[0][1]),
                before, 1e-5);
  }
}

TEST(PrincipalPlane, KnowsOneDimensionNoneAndNoSpread) {
  Matrix line(3, 1);
  line.data()[0] = 1;
  line.data()[1] = 2;
  line.data()[2] = 6;
  const PrincipalPlane one = FitPrincipalPlane(line.View());
  EXPECT_DOUBLE_EQ(one.points[0][0], -2);
  EXPECT_DOUBLE_EQ(one.points[2][0], 3);
  EXPECT_EQ(one.points[2][1], 0);
  EXPECT_DOUBLE_EQ(one.explained, 1);
  for (const Matrix& points : {Matrix(4, 0), Matrix(4, 3)}) {
    const PrincipalPlane plane = FitPrincipalPlane(points.View());
    ASSERT_EQ(plane.points.size(), 4u);
    EXPECT_EQ(plane.points[3][0], 0);
    EXPECT_EQ(plane.explained, 1);
  }
}

}  // namespace
}  // namespace csn
