#include "tools/draw/view.h"

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

using Matrix3 = std::array<double, 9>;

Matrix3 operator*(const Matrix3& a, const Matrix3& b) {
  Matrix3 product{};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      for (int k = 0; k < 3; ++k) product[row * 3 + column] += a[row * 3 + k] * b[k * 3 + column];
    }
  }
  return product;
}

Matrix3 Scaling(double x, double y) { return {x, 0, 0, 0, y, 0, 0, 0, 1}; }
Matrix3 Translation(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

Point Apply(const Matrix3& m, Point at) {
  const double w = m[6] * at.x + m[7] * at.y + m[8];
  return {(m[0] * at.x + m[1] * at.y + m[2]) / w, (m[3] * at.x + m[4] * at.y + m[5]) / w};
}

// Around the shoe's middle, in units: turned, then seen in perspective, then rolled.
Matrix3 Pose(const View& view) {
  const double sine = std::sin(view.roll), cosine = std::cos(view.roll);
  const Matrix3 turned = {view.turn, 0, 0, view.shear, 1, 0, 0, 0, 1};
  const Matrix3 seen = {1, 0, 0, 0, 1, 0, view.perspective, 0, 1};
  // Negative: a lifted heel turns the toe (at greater x) down.
  const Matrix3 rolled = {cosine, sine, 0, -sine, cosine, 0, 0, 0, 1};
  return rolled * seen * turned;
}

// Where a picture's free space goes: half of it before the shoe at shift 0.
double Margin(double spare, double shift) { return 0.5 * spare * (1 + shift); }

}  // namespace

View SampleView(Rng& rng) {
  View view;
  view.faces_left = rng.Below(2) == 0;
  view.length = rng.Uniform(0.88, 0.98);
  view.shift_x = rng.Uniform(-0.8, 0.8);
  view.shift_y = rng.Uniform(-0.6, 0.6);
  view.elevation = rng.Uniform(0.1, 1);
  const double tilt = rng.Uniform(-1, 1);
  view.roll = 0.03 * tilt;
  if (rng.Below(5) == 0) view.roll = 0.21 * tilt;
  if (rng.Below(4) == 0) {
    view.turn = rng.Uniform(0.78, 0.96);
    view.perspective = rng.Uniform(-0.34, 0.34);
    view.shear = rng.Uniform(-0.09, 0.09);
  }
  const uint64_t framing = rng.Below(20);
  const double amount = rng.Uniform();
  if (framing < 3) {
    view.zoom = 1.06 + 0.2 * amount;
    view.shift_x = rng.Uniform(-1, 1);
  } else if (framing < 5) {
    view.length = 0.7 + 0.14 * amount;
  }
  return view;
}

Projection::Projection(const View& view, int size, double width, double height) {
  const Matrix3 pose = Pose(view) * Translation(-0.5 * width, -0.5 * height);
  double left = 1e9, right = -1e9, low = 1e9, high = -1e9;
  for (const Point corner : {Point{0, 0}, {width, 0}, {0, height}, {width, height}}) {
    const Point at = Apply(pose, corner);
    left = std::min(left, at.x);
    right = std::max(right, at.x);
    low = std::min(low, at.y);
    high = std::max(high, at.y);
  }
  const double fit = std::min({view.length, 0.97 / (right - left), 0.95 / (high - low)});
  const double unit = size * fit * view.zoom;
  const double x = Margin(size - unit * (right - left), view.shift_x) - unit * left;
  const double y = Margin(size - unit * (high - low), view.shift_y) - unit * low;
  m_ = Translation(x, size - y) * Scaling(unit, -unit) * pose;
  if (view.faces_left) m_ = Translation(size, 0) * Scaling(-1, 1) * m_;
}

Point Projection::operator()(Point at) const { return Apply(m_, at); }

double Projection::Scale(Point at) const {
  constexpr double kStep = 0.01;
  const Point here = Apply(m_, at);
  const Point along = Apply(m_, {at.x + kStep, at.y}), up = Apply(m_, {at.x, at.y + kStep});
  const double area = (along.x - here.x) * (up.y - here.y) - (along.y - here.y) * (up.x - here.x);
  return std::sqrt(std::abs(area)) / kStep;
}

Projection Projection::Behind(Point offset, double scale) const {
  Projection behind;
  behind.m_ = m_ * Translation(offset.x, offset.y) * Scaling(scale, scale);
  return behind;
}

}  // namespace csn
