#include "tools/report/svg_scale.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace csn {
namespace {

// What rounding may take off a value that stands at an end.
constexpr double kSlack = 1e-9;

std::vector<double> LinearTicks(double low, double high, int most) {
  double step = RoundUp((high - low) / most);
  const auto count = [&] {
    return std::floor(high / step + kSlack) - std::ceil(low / step - kSlack) + 1;
  };
  while (count() > most) step = RoundUp(step * 1.5);
  std::vector<double> ticks;
  const double last = high / step + kSlack;
  for (double i = std::ceil(low / step - kSlack); i <= last; ++i) {
    ticks.push_back(i * step + 0.0);  // never -0
  }
  return ticks;
}

// Those of `factors` times powers of ten that lie in [low, high].
std::vector<double> PowersOfTen(double low, double high, std::initializer_list<double> factors) {
  std::vector<double> ticks;
  for (double power = std::floor(std::log10(low)); power <= std::log10(high); ++power) {
    for (const double factor : factors) {
      const double tick = factor * std::pow(10, power);
      if (tick >= low * (1 - kSlack) && tick <= high * (1 + kSlack)) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::vector<double> LogarithmicTicks(double low, double high, int most) {
  std::vector<double> ticks = PowersOfTen(low, high, {1, 2, 5});
  return ticks.size() <= static_cast<size_t>(most) ? ticks : PowersOfTen(low, high, {1});
}

}  // namespace

Scale Scale::Linear(double low, double high, double from, double to) {
  return {low, high, from, to, false};
}

Scale Scale::Logarithmic(double low, double high, double from, double to) {
  return {low, high, from, to, true};
}

double Scale::At(double value) const {
  if (!(low_ < high_)) return (from_ + to_) / 2;
  const double inside = std::clamp(value, low_, high_);
  const double share = logarithmic_ ? std::log(inside / low_) / std::log(high_ / low_)
                                    : (inside - low_) / (high_ - low_);
  return from_ + share * (to_ - from_);
}

std::vector<double> Scale::Ticks(int most) const {
  if (!(low_ < high_)) return {low_};
  return logarithmic_ ? LogarithmicTicks(low_, high_, most) : LinearTicks(low_, high_, most);
}

double RoundUp(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (value <= factor * power * (1 + kSlack)) return factor * power;
  }
  return 10 * power;
}

}  // namespace csn
