// Limited-memory BFGS. Source: Nocedal, Wright, Numerical Optimization, 2nd edition, algorithms 7.4
// and 7.5, with a backtracking line search (Armijo's condition).
#pragma once

#include <Eigen/Core>
#include <functional>

#include "base/stop.h"

namespace csn::internal {

// The value at x; fills the gradient there.
using Objective = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

// Minimises a convex, smooth objective from x on, until the greatest partial derivative is at most
// `tolerance`, no step makes it smaller, or after max_iterations. Throws Error(kInterrupted) where
// `stop` is set.
Eigen::VectorXd Minimise(const Objective& objective, Eigen::VectorXd x, int max_iterations,
                         double tolerance, const StopFlag* stop);

}  // namespace csn::internal
