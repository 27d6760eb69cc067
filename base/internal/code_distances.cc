#include "base/internal/code_distances.h"

#include <array>
#include <cmath>
#include <cstring>

#include "base/row_codes.h"

// Compiled once for every instruction set: Highway includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/internal/code_distances.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace csn::internal {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Accumulators in flight: vectors of rows that go through a block's dimensions together.
constexpr size_t kTogether = 4;

using SumTag = hn::CappedTag<int32_t, kCodeBlockRows / kTogether>;
using FloatTag = hn::RebindToFloat<SumTag>;
using Sums = hn::Vec<SumTag>;
using Floats = hn::Vec<FloatTag>;

// Adds factor times the squared distances of rows `from` on, kTogether vectors of them.
#if HWY_TARGET == HWY_SCALAR
inline void AddPart(const CodePart& part, size_t block, size_t from, Floats* totals) {
  const FloatTag tag;
  const uint8_t* at = part.codes + 2 * (block * part.pairs * kCodeBlockRows + from);
  std::array<int32_t, kTogether> sums{};
  for (size_t pair = 0; pair < part.pairs; ++pair, at += 2 * kCodeBlockRows) {
    std::array<int16_t, 2> point;
    std::memcpy(point.data(), part.point + pair, sizeof point);
    for (size_t v = 0; v < kTogether; ++v) {
      const int first = at[2 * v] - point[0], second = at[2 * v + 1] - point[1];
      sums[v] += first * first + second * second;
    }
  }
  for (size_t v = 0; v < kTogether; ++v) {
    const Floats sum = hn::Set(tag, static_cast<float>(sums[v]));
    totals[v] = hn::MulAdd(hn::Set(tag, part.factor), sum, totals[v]);
  }
}
#else
using CodeTag = hn::Repartition<int16_t, SumTag>;
using ByteTag = hn::Rebind<uint8_t, CodeTag>;

HWY_ATTR inline void AddPart(const CodePart& part, size_t block, size_t from, Floats* totals) {
  const SumTag sum_tag;
  const CodeTag code_tag;
  const ByteTag byte_tag;
  const FloatTag float_tag;
  const size_t bytes = hn::Lanes(byte_tag);
  const uint8_t* at = part.codes + 2 * (block * part.pairs * kCodeBlockRows + from);
  Sums evens[kTogether], odds[kTogether];
  for (size_t v = 0; v < kTogether; ++v) evens[v] = odds[v] = hn::Zero(sum_tag);
  for (size_t pair = 0; pair < part.pairs; ++pair, at += 2 * kCodeBlockRows) {
    const auto point = hn::BitCast(code_tag, hn::Set(sum_tag, part.point[pair]));
    for (size_t v = 0; v < kTogether; ++v) {
      const auto codes = hn::PromoteTo(code_tag, hn::LoadU(byte_tag, at + v * bytes));
      const auto difference = hn::Sub(codes, point);
      evens[v] = hn::ReorderWidenMulAccumulate(sum_tag, difference, difference, evens[v], odds[v]);
    }
  }
  const Floats factor = hn::Set(float_tag, part.factor);
  for (size_t v = 0; v < kTogether; ++v) {
    const Sums sums = hn::RearrangeToOddPlusEven(evens[v], odds[v]);
    totals[v] = hn::MulAdd(factor, hn::ConvertTo(float_tag, sums), totals[v]);
  }
}
#endif

// Which of the rows are not above the limit.
HWY_ATTR inline uint64_t NotAbove(const Floats* totals, float limit) {
  const FloatTag tag;
  const Floats most = hn::Set(tag, limit);
  uint64_t bits = 0;
  for (size_t v = 0; v < kTogether; ++v) {
    std::array<uint8_t, 8> bytes{};
    hn::StoreMaskBits(tag, hn::Gt(totals[v], most), bytes.data());
    uint64_t above = 0;
    std::memcpy(&above, bytes.data(), sizeof above);
    bits |= ((uint64_t{1} << hn::Lanes(tag)) - 1 - above) << (v * hn::Lanes(tag));
  }
  return bits;
}

HWY_ATTR void Find(const CodePart* parts, size_t count, size_t first, float reach, uint64_t* within,
                   size_t blocks) {
  const FloatTag tag;
  const size_t rows = kTogether * hn::Lanes(tag);
  // Every sum is of positive terms, rounded a few times each.
  const float margin = 1.0f + static_cast<float>(4 * count + 16) * 0x1p-23f;
  for (size_t i = 0; i < blocks; ++i) {
    const size_t block = first + i;
    float error = 0;
    for (size_t p = 0; p < count; ++p) {
      error += parts[p].factor * (parts[p].errors[block] * parts[p].errors[block]);
    }
    const float radius = reach + std::sqrt(error);
    const float limit = radius * radius * margin;
    uint64_t found = 0;
    for (size_t from = 0; from < kCodeBlockRows; from += rows) {
      Floats totals[kTogether];
      for (size_t v = 0; v < kTogether; ++v) totals[v] = hn::Zero(tag);
      uint64_t bits = 0;
      for (size_t p = 0; p < count; ++p) {
        AddPart(parts[p], block, from, totals);
        bits = NotAbove(totals, limit);
        if (bits == 0) break;  // terms to come would only make them farther
      }
      found |= bits << from;
    }
    within[i] = found;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace csn::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace csn::internal {

HWY_EXPORT(Find);

void FindWithin(std::span<const CodePart> parts, size_t first, float reach,
                std::span<uint64_t> within) {
  HWY_DYNAMIC_DISPATCH(Find)
  (parts.data(), parts.size(), first, reach, within.data(), within.size());
}

}  // namespace csn::internal
#endif  // HWY_ONCE
