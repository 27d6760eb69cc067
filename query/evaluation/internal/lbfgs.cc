#include "query/evaluation/internal/lbfgs.h"

#include <algorithm>
#include <deque>
#include <vector>

namespace csn::internal {
namespace {

using Vector = Eigen::VectorXd;

constexpr size_t kPairs = 10;  // steps remembered

// How the gradient changed along a step.
struct Pair {
  Vector step, change;
  double inverse;  // 1 / (step . change)
};

// Minus the inverse Hessian, as the pairs have it, times the gradient.
Vector Direction(const std::deque<Pair>& pairs, const Vector& gradient) {
  Vector q = gradient;
  std::vector<double> alphas;
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
    alphas.push_back(pair->inverse * pair->step.dot(q));
    q -= alphas.back() * pair->change;
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    q *= 1 / (last.inverse * last.change.squaredNorm());
  }
  for (const Pair& pair : pairs) {
    const double beta = pair.inverse * pair.change.dot(q);
    q += (alphas.back() - beta) * pair.step;
    alphas.pop_back();
  }
  return -q;
}

}  // namespace

Vector Minimise(const Objective& objective, Vector x, int max_iterations, double tolerance,
                const StopFlag* stop) {
  constexpr double kEnough = 1e-4;
  constexpr double kShortest = 1e-12;
  std::deque<Pair> pairs;
  Vector gradient(x.size()), next_gradient(x.size());
  double value = objective(x, gradient);
  for (int i = 0; i < max_iterations && gradient.lpNorm<Eigen::Infinity>() > tolerance; ++i) {
    ThrowIfStopped(stop);
    const Vector direction = Direction(pairs, gradient);
    const double slope = direction.dot(gradient);
    double length = pairs.empty() ? std::min(1.0, 1 / gradient.norm()) : 1;
    Vector next = x + length * direction;
    double next_value = objective(next, next_gradient);
    while (!(next_value <= value + kEnough * length * slope) && length > kShortest) {
      length /= 2;
      next = x + length * direction;
      next_value = objective(next, next_gradient);
    }
    if (!(next_value < value)) break;  // as near as doubles come
    Pair pair{.step = next - x, .change = next_gradient - gradient, .inverse = 0};
    const double curvature = pair.step.dot(pair.change);
    if (curvature > 0) {
      pair.inverse = 1 / curvature;
      pairs.push_back(std::move(pair));
      if (pairs.size() > kPairs) pairs.pop_front();
    }
    x = std::move(next);
    gradient.swap(next_gradient);
    value = next_value;
  }
  return x;
}

}  // namespace csn::internal
