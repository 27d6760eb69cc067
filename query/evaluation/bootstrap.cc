#include "query/evaluation/bootstrap.h"

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace csn {
namespace {

// The value below which `share` of the values lie, interpolated.
double Quantile(const std::vector<double>& ascending, double share) {
  const double at = share * static_cast<double>(ascending.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  const double part = at - static_cast<double>(below);
  return ascending[below] + part * (ascending[above] - ascending[below]);
}

}  // namespace

Interval RuleOfThree(double value, size_t n, const Bounds& bounds) {
  const double reach = 3 / static_cast<double>(n);
  return {.value = value,
          .low = std::max(value - reach, bounds.low),
          .high = std::min(value + reach, bounds.high)};
}

Interval BootstrapLinear(double value, std::span<const double> parts, double shrink, uint64_t seed,
                         const Bounds& bounds) {
  Rng rng(seed);
  std::vector<double> deviations(kResamples);
  for (double& deviation : deviations) {
    for (size_t draw = 0; draw < parts.size(); ++draw) deviation += parts[rng.Below(parts.size())];
  }
  std::sort(deviations.begin(), deviations.end());
  const auto at = [&](double share) {
    return std::clamp(value + shrink * Quantile(deviations, share), bounds.low, bounds.high);
  };
  return {.value = value, .low = at(0.025), .high = at(0.975)};
}

Interval BootstrapMean(std::span<const double> values, uint64_t seed, const Bounds& bounds) {
  if (values.empty()) return {};
  const double count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  if (std::ranges::all_of(values, [&](double value) { return value == values.front(); })) {
    return RuleOfThree(values.front(), values.size(), bounds);
  }
  std::vector<double> parts(values.size());
  for (size_t i = 0; i < parts.size(); ++i) parts[i] = (values[i] - mean) / count;
  return BootstrapLinear(mean, parts, 1, seed, bounds);
}

}  // namespace csn
