#include "base/weighted_squares.h"

// Compiled once for every instruction set: Highway includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/weighted_squares.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace csn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Rows measured at once: weights and point are read once for all of them.
constexpr size_t kTogether = 4;

template <size_t Count>
HWY_ATTR void MeasureRows(const float* weights, const float* point, std::span<const DimRun> runs,
                          const float* const* rows, float* out) {
  // Never wider than the runs are, or what is left of one would be left out.
  const hn::CappedTag<float, 16> tag;
  using Vector = hn::Vec<decltype(tag)>;
  const size_t lanes = hn::Lanes(tag);
  Vector sums[Count];
  for (size_t i = 0; i < Count; ++i) sums[i] = hn::Zero(tag);
  for (const DimRun& run : runs) {
    for (size_t k = run.begin; k + lanes <= run.end; k += lanes) {
      const Vector weight = hn::LoadU(tag, weights + k), at = hn::LoadU(tag, point + k);
      for (size_t i = 0; i < Count; ++i) {
        const Vector difference = hn::Sub(hn::LoadU(tag, rows[i] + k), at);
        sums[i] = hn::MulAdd(weight, hn::Mul(difference, difference), sums[i]);
      }
    }
  }
  for (size_t i = 0; i < Count; ++i) out[i] = hn::GetLane(hn::SumOfLanes(tag, sums[i]));
  if (runs.empty()) return;
  // Only the last run may have an end that fills no vector.
  const size_t end = runs.back().end;
  for (size_t k = end - (end - runs.back().begin) % lanes; k < end; ++k) {
    for (size_t i = 0; i < Count; ++i) {
      const float difference = rows[i][k] - point[k];
      out[i] += weights[k] * (difference * difference);
    }
  }
}

HWY_ATTR void Measure(const float* weights, const float* point, const DimRun* runs,
                      size_t run_count, const float* const* rows, size_t count, float* out) {
  const std::span<const DimRun> all(runs, run_count);
  size_t i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    MeasureRows<kTogether>(weights, point, all, rows + i, out + i);
  }
  for (; i < count; ++i) MeasureRows<1>(weights, point, all, rows + i, out + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace csn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace csn {

HWY_EXPORT(Measure);

void WeightedSquares(const float* weights, const float* point, std::span<const DimRun> runs,
                     std::span<const float* const> rows, float* out) {
  HWY_DYNAMIC_DISPATCH(Measure)
  (weights, point, runs.data(), runs.size(), rows.data(), rows.size(), out);
}

}  // namespace csn
#endif  // HWY_ONCE
