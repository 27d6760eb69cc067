#include "query/internal/float_bound.h"

#include <cmath>
#include <limits>

#include "base/distance.h"
#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

// Three orders in which an index may add squares up, in float; the greatest of their results.
float FloatDistance(std::span<const float> a, std::span<const float> b) {
  float forward = 0, backward = 0;
  float lanes[8] = {};
  for (size_t i = 0; i < a.size(); ++i) {
    const float x = a[i] - b[i], y = a[a.size() - 1 - i] - b[a.size() - 1 - i];
    forward += x * x;
    backward += y * y;
    lanes[i % 8] = std::fma(x, x, lanes[i % 8]);
  }
  const float wide = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
                     ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  return std::max({forward, backward, wide});
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

// Rows near and far from the query, far from the origin or not, with weights of all sizes.
TEST(DistanceFloor, IsNeverAboveTheDistanceByDefinition) {
  constexpr uint64_t kSeed = 5;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int useful = 0;
  for (int round = 0; round < 20'000; ++round) {
    const size_t dim = 1 + rng.Below(64);
    const double offset = std::pow(10, rng.Uniform(-3, 4)),
                 spread = std::pow(10, rng.Uniform(-8, 1));
    const double magnitude = std::pow(10, rng.Uniform(-24, 3));
    Matrix weights(1, dim), rows(2, dim);
    for (size_t k = 0; k < dim; ++k) {
      weights.Row(0)[k] = static_cast<float>(magnitude * (0.01 + rng.Uniform()));
      rows.Row(0)[k] = static_cast<float>(offset * rng.Normal());
      rows.Row(1)[k] = static_cast<float>(rows.Row(0)[k] * (1 + spread * rng.Normal()));
    }
    const MaskTable masks(std::move(weights));
    const Matrix masked = Project(masks, 0, rows.View());
    const float found = FloatDistance(masked.Row(0), masked.Row(1));
    const double truth = NotionDistance(masks, 0, rows.View().Row(0), rows.View().Row(1));
    const double floor = DistanceFloor(found, dim, Norm(masked.Row(0)), Norm(masked.Row(1)));
    ASSERT_LE(floor, truth) << "round " << round;
    ASSERT_GE(floor, 0) << "round " << round;
    if (floor > 0.999 * truth) ++useful;
  }
  // It must also prove something, or every flat search would fall back to the scan.
  EXPECT_GT(useful, 5'000);
}

TEST(DistanceFloor, ProvesNothingFromOverflowsOrZero) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(DistanceFloor(0, 4, 1, 1), 0);
  EXPECT_EQ(DistanceFloor(1, 4, kInfinity, 1), 0);
  EXPECT_EQ(DistanceFloor(kInfinity, 4, kInfinity, 1), 0);
  EXPECT_EQ(DistanceFloor(std::nan(""), 4, 1, 1), 0);
  EXPECT_EQ(DistanceFloor(1e-14, 4, 1, 1), 0);  // below the rounding of the masked products
  EXPECT_NEAR(DistanceFloor(1, 4, 1, 1), 1, 2e-6);
}

}  // namespace
}  // namespace csn
