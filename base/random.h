// Random numbers from an explicit seed, the same on every platform.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace csn {

// Not thread-safe: one for each thread. The standard's distributions differ between libraries, so
// ours are here.
class Rng {
 public:
  explicit Rng(uint64_t seed) : engine_(seed) {}

  uint64_t Next() { return engine_(); }
  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  // Uniform in 0..bound-1; bound >= 1. (The modulo's bias is below bound / 2^64.)
  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  // Standard normal (Box-Muller, one of the pair used).
  double Normal();
  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace csn
