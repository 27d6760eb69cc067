#include "base/internal/box_distances.h"

#include <algorithm>
#include <array>
#include <cstring>

// Compiled once for every instruction set: Highway includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/internal/box_distances.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace csn::internal {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
void FindBoxes(const uint8_t* boxes, size_t pairs, const int32_t* point, int32_t* distances) {
  std::fill_n(distances, kBoxesTogether, 0);
  for (size_t pair = 0; pair < pairs; ++pair, boxes += BoxBytes(1)) {
    std::array<int16_t, 2> at;
    std::memcpy(at.data(), point + pair, sizeof at);
    for (size_t i = 0; i < 2 * kBoxesTogether; ++i) {
      const int least = boxes[i], greatest = boxes[2 * kBoxesTogether + i];
      const int off = std::max({least - at[i % 2], at[i % 2] - greatest, 0});
      distances[i / 2] += off * off;
    }
  }
}
#else
HWY_ATTR void FindBoxes(const uint8_t* boxes, size_t pairs, const int32_t* point,
                        int32_t* distances) {
  const hn::CappedTag<int32_t, kBoxesTogether> sum_tag;
  const hn::Repartition<int16_t, decltype(sum_tag)> code_tag;
  const hn::Rebind<uint8_t, decltype(code_tag)> byte_tag;
  const size_t lanes = hn::Lanes(sum_tag);
  for (size_t from = 0; from < kBoxesTogether; from += lanes) {
    const uint8_t* at = boxes + 2 * from;
    auto evens = hn::Zero(sum_tag), odds = hn::Zero(sum_tag);
    for (size_t pair = 0; pair < pairs; ++pair, at += BoxBytes(1)) {
      const auto codes = hn::BitCast(code_tag, hn::Set(sum_tag, point[pair]));
      const auto least = hn::PromoteTo(code_tag, hn::LoadU(byte_tag, at));
      const auto greatest = hn::PromoteTo(code_tag, hn::LoadU(byte_tag, at + 2 * kBoxesTogether));
      const auto off =
          hn::Max(hn::Max(hn::Sub(least, codes), hn::Sub(codes, greatest)), hn::Zero(code_tag));
      evens = hn::ReorderWidenMulAccumulate(sum_tag, off, off, evens, odds);
    }
    hn::StoreU(hn::RearrangeToOddPlusEven(evens, odds), sum_tag, distances + from);
  }
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace csn::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace csn::internal {

HWY_EXPORT(FindBoxes);

void BoxDistances(const uint8_t* boxes, size_t pairs, const int32_t* point, int32_t* distances) {
  HWY_DYNAMIC_DISPATCH(FindBoxes)(boxes, pairs, point, distances);
}

}  // namespace csn::internal
#endif  // HWY_ONCE
