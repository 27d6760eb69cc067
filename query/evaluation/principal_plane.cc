#include "query/evaluation/principal_plane.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

namespace csn {

PrincipalPlane FitPrincipalPlane(MatrixView points) {
  PrincipalPlane plane;
  plane.points.resize(points.rows);
  plane.explained = 1;
  if (points.rows == 0 || points.cols == 0) return plane;
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto dim = static_cast<Eigen::Index>(points.cols);
  Eigen::MatrixXd centred =
      Eigen::Map<const Rows>(points.data, static_cast<Eigen::Index>(points.rows), dim)
          .cast<double>();
  centred.rowwise() -= centred.colwise().mean().eval();
  const Eigen::MatrixXd covariance =
      centred.transpose() * centred / static_cast<double>(points.rows);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  const Eigen::VectorXd& variances = solver.eigenvalues();  // ascending
  const double total = covariance.trace();
  if (!(total > 0)) return plane;
  double kept = 0;
  for (Eigen::Index axis = 0; axis < std::min<Eigen::Index>(2, dim); ++axis) {
    const Eigen::Index at = dim - 1 - axis;
    Eigen::VectorXd direction = solver.eigenvectors().col(at);
    Eigen::Index greatest = 0;
    direction.cwiseAbs().maxCoeff(&greatest);
    if (direction(greatest) < 0) direction = -direction;
    const Eigen::VectorXd along = centred * direction;
    for (size_t i = 0; i < points.rows; ++i) {
      plane.points[i][static_cast<size_t>(axis)] = along(static_cast<Eigen::Index>(i));
    }
    kept += std::max(variances(at), 0.0);
  }
  plane.explained = std::min(kept / total, 1.0);
  return plane;
}

}  // namespace csn
