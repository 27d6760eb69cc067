// Confidence intervals of measured means, by bootstrap. Source: Efron, Tibshirani, An Introduction
// to the Bootstrap, 1993, chapter 13 (percentiles).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace csn {

// A figure and its 95 % interval.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

inline constexpr size_t kResamples = 1000;

// Where the figure cannot lie beyond.
struct Bounds {
  double low = 0;
  double high = 1;
};

// The mean of independent values, resampled one by one. Where all are equal, resampling knows no
// doubt: the interval then reaches 3 / n to both sides (the rule of three). Deterministic by seed.
// Without values all is 0.
Interval BootstrapMean(std::span<const double> values, uint64_t seed, const Bounds& bounds = {});

// The interval of a mean whose error is linear in independent parts: `value` plus sum over i of
// (w_i - 1) * parts[i], w being how often each of the parts was drawn; deviations are multiplied by
// `shrink`. Wants parts that sum to 0.
Interval BootstrapLinear(double value, std::span<const double> parts, double shrink, uint64_t seed,
                         const Bounds& bounds);

// value +- 3 / n, within bounds: of n observations that were all alike.
Interval RuleOfThree(double value, size_t n, const Bounds& bounds);

}  // namespace csn
