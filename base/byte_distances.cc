#include "base/byte_distances.h"

// Compiled once for every instruction set: Highway includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/byte_distances.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace csn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
inline int32_t OfRow(const int16_t* point, size_t width, const uint8_t* row) {
  int32_t sum = 0;
  for (size_t k = 0; k < width; ++k) {
    const int difference = row[k] - point[k];
    sum += difference * difference;
  }
  return sum;
}
#else
HWY_ATTR inline int32_t OfRow(const int16_t* point, size_t width, const uint8_t* row) {
  const hn::CappedTag<int16_t, kBytesTogether> tag;
  const hn::Rebind<uint8_t, decltype(tag)> byte_tag;
  const hn::Repartition<int32_t, decltype(tag)> sum_tag;
  auto evens = hn::Zero(sum_tag), odds = hn::Zero(sum_tag);
  for (size_t k = 0; k < width; k += hn::Lanes(tag)) {
    const auto values = hn::PromoteTo(tag, hn::LoadU(byte_tag, row + k));
    const auto difference = hn::Sub(values, hn::LoadU(tag, point + k));
    evens = hn::ReorderWidenMulAccumulate(sum_tag, difference, difference, evens, odds);
  }
  return hn::GetLane(hn::SumOfLanes(sum_tag, hn::Add(evens, odds)));
}
#endif

HWY_ATTR void OfRows(const int16_t* point, size_t width, const uint8_t* const* rows, size_t count,
                     int32_t* distances) {
  for (size_t i = 0; i < count; ++i) distances[i] = OfRow(point, width, rows[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace csn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace csn {

HWY_EXPORT(OfRows);

void ByteDistances(const int16_t* point, size_t width, std::span<const uint8_t* const> rows,
                   int32_t* distances) {
  HWY_DYNAMIC_DISPATCH(OfRows)(point, width, rows.data(), rows.size(), distances);
}

}  // namespace csn
#endif  // HWY_ONCE
