#include "base/internal/code_distances.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/row_codes.h"

// Compiled once for every instruction set: Highway includes this file again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/internal/code_distances.cc"
#include <hwy/aligned_allocator.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace csn::internal {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of rows that go through a block's dimensions together.
constexpr size_t kTogether = 4;
// Scans that share what is loaded of them; their sums are to fit into registers.
constexpr size_t kScansTogether = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

using SumTag = hn::CappedTag<int32_t, kCodeBlockRows / kTogether>;
using FloatTag = hn::RebindToFloat<SumTag>;
using Sums = hn::Vec<SumTag>;
using Floats = hn::Vec<FloatTag>;

// Adds factor times the squared distances of rows `from` on, kTogether vectors of them, for each
// scan: parts of the same notion.
#if HWY_TARGET == HWY_SCALAR
template <size_t Scans>
inline void AddPart(const CodePart* const* parts, size_t block, size_t from,
                    Floats (*totals)[kTogether]) {
  const FloatTag tag;
  const CodePart& any = *parts[0];
  for (size_t s = 0; s < Scans; ++s) {
    const uint8_t* at = any.codes + 2 * (block * any.pairs * kCodeBlockRows + from);
    std::array<int32_t, kTogether> sums{};
    for (size_t pair = 0; pair < any.pairs; ++pair, at += 2 * kCodeBlockRows) {
      std::array<int16_t, 2> point;
      std::memcpy(point.data(), parts[s]->point + pair, sizeof point);
      for (size_t v = 0; v < kTogether; ++v) {
        const int first = at[2 * v] - point[0], second = at[2 * v + 1] - point[1];
        sums[v] += first * first + second * second;
      }
    }
    for (size_t v = 0; v < kTogether; ++v) {
      const Floats sum = hn::Set(tag, static_cast<float>(sums[v]));
      totals[s][v] = hn::MulAdd(hn::Set(tag, parts[s]->factor), sum, totals[s][v]);
    }
  }
}
#else
using CodeTag = hn::Repartition<int16_t, SumTag>;
using ByteTag = hn::Rebind<uint8_t, CodeTag>;

template <size_t Scans>
HWY_ATTR inline void AddPart(const CodePart* const* parts, size_t block, size_t from,
                             Floats (*totals)[kTogether]) {
  const SumTag sum_tag;
  const CodeTag code_tag;
  const ByteTag byte_tag;
  const FloatTag float_tag;
  const size_t bytes = hn::Lanes(byte_tag);
  const CodePart& any = *parts[0];
  const uint8_t* at = any.codes + 2 * (block * any.pairs * kCodeBlockRows + from);
  Sums evens[Scans][kTogether], odds[Scans][kTogether];
  for (size_t s = 0; s < Scans; ++s) {
    for (size_t v = 0; v < kTogether; ++v) evens[s][v] = odds[s][v] = hn::Zero(sum_tag);
  }
  for (size_t pair = 0; pair < any.pairs; ++pair, at += 2 * kCodeBlockRows) {
    hn::Vec<CodeTag> codes[kTogether];
    for (size_t v = 0; v < kTogether; ++v) {
      codes[v] = hn::PromoteTo(code_tag, hn::LoadU(byte_tag, at + v * bytes));
    }
    for (size_t s = 0; s < Scans; ++s) {
      const auto point = hn::BitCast(code_tag, hn::Set(sum_tag, parts[s]->point[pair]));
      for (size_t v = 0; v < kTogether; ++v) {
        const auto difference = hn::Sub(codes[v], point);
        evens[s][v] =
            hn::ReorderWidenMulAccumulate(sum_tag, difference, difference, evens[s][v], odds[s][v]);
      }
    }
  }
  for (size_t s = 0; s < Scans; ++s) {
    const Floats factor = hn::Set(float_tag, parts[s]->factor);
    for (size_t v = 0; v < kTogether; ++v) {
      const Sums sums = hn::RearrangeToOddPlusEven(evens[s][v], odds[s][v]);
      totals[s][v] = hn::MulAdd(factor, hn::ConvertTo(float_tag, sums), totals[s][v]);
    }
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

// What no total is above that is within the scan's reach of a block.
inline float Limit(const CodeScan& scan, size_t block) {
  float error = 0;
  for (const CodePart& part : scan.parts) {
    error += part.factor * (part.errors[block] * part.errors[block]);
  }
  const float radius = scan.reach + std::sqrt(error);
  // Every sum is of positive terms, rounded a few times each.
  return radius * radius * (1.0f + static_cast<float>(4 * scan.parts.size() + 16) * 0x1p-23f);
}

template <size_t Scans>
HWY_ATTR HWY_NOINLINE void FindTogether(const CodeScan* const* scans, size_t first, size_t blocks) {
  const FloatTag tag;
  const size_t rows = kTogether * hn::Lanes(tag);
  for (size_t i = 0; i < blocks; ++i) {
    const size_t block = first + i;
    float limits[Scans];
    uint64_t found[Scans] = {};
    for (size_t s = 0; s < Scans; ++s) limits[s] = Limit(*scans[s], block);
    for (size_t from = 0; from < kCodeBlockRows; from += rows) {
      Floats totals[Scans][kTogether];
      for (size_t s = 0; s < Scans; ++s) {
        for (size_t v = 0; v < kTogether; ++v) totals[s][v] = hn::Zero(tag);
      }
      uint64_t bits[Scans] = {};
      for (size_t p = 0; p < scans[0]->parts.size(); ++p) {
        const CodePart* parts[Scans];
        for (size_t s = 0; s < Scans; ++s) parts[s] = &scans[s]->parts[p];
        AddPart<Scans>(parts, block, from, totals);
        uint64_t any = 0;
        for (size_t s = 0; s < Scans; ++s) any |= bits[s] = NotAbove(totals[s], limits[s]);
        if (any == 0) break;  // terms to come would only make them farther
      }
      for (size_t s = 0; s < Scans; ++s) found[s] |= bits[s] << from;
    }
    for (size_t s = 0; s < Scans; ++s) scans[s]->within[i] = found[s];
  }
}

// Those for which nothing better is known, some at a time.
HWY_ATTR inline void FindBySums(std::span<const CodeScan* const> scans, size_t first,
                                size_t blocks) {
  for (; scans.size() >= kScansTogether; scans = scans.subspan(kScansTogether)) {
    FindTogether<kScansTogether>(scans.data(), first, blocks);
  }
  for (const CodeScan* const& scan : scans) FindTogether<1>(&scan, first, blocks);
}

#if HWY_TARGET == HWY_AVX3
// With (c - q)^2 = c (c - 256) + q^2 - 2 c (q - 128) what a point and a row have in common is a sum
// of products of bytes, which AVX512_VNNI adds up four at a time. Not all processors of this target
// have it, and Highway 1.0.3 has no name for those that do.
// An attribute of each function rather than a pragma: clang lets the former replace the latter.
#define CSN_DOTS_ATTR __attribute__((target(HWY_TARGET_STR ",avx512vnni")))

// For fewer points, finding out what rows have of themselves takes longer than it spares.
constexpr size_t kLeastDots = 2 * kScansTogether;
constexpr size_t kQuadBytes = 4 * kCodeBlockRows;

// A part's codes of one block: of each four dimensions those of a row side by side, and the sum
// of c (c - 256) of each row.
CSN_DOTS_ATTR inline void PackBlock(const CodePart& part, size_t block, uint8_t* quads,
                                    int32_t* row_sums) {
  const SumTag sum_tag;
  const CodeTag code_tag;
  const ByteTag byte_tag;
  HWY_ALIGN static constexpr std::array<uint16_t, 64> kOrder = [] {
    std::array<uint16_t, 64> order{};
    for (uint16_t i = 0; i < 64; ++i) order[i] = i / 2 + (i % 2 == 0 ? 0 : 32);
    return order;
  }();
  const __m512i low = _mm512_load_si512(kOrder.data());
  const __m512i high = _mm512_load_si512(kOrder.data() + 32);
  constexpr size_t kPairBytes = 2 * kCodeBlockRows;
  const uint8_t* codes = part.codes + block * part.pairs * kPairBytes;
  for (size_t pair = 0; pair < part.pairs; pair += 2) {
    const uint8_t* at = codes + pair * kPairBytes;
    for (size_t half = 0; half < kPairBytes; half += 64) {
      const __m512i even = _mm512_loadu_si512(at + half);
      const __m512i odd = pair + 1 < part.pairs ? _mm512_loadu_si512(at + kPairBytes + half)
                                                : _mm512_setzero_si512();
      _mm512_store_si512(quads, _mm512_permutex2var_epi16(even, low, odd));
      _mm512_store_si512(quads + 64, _mm512_permutex2var_epi16(even, high, odd));
      quads += 128;
    }
  }
  Sums sums[kTogether], unused = hn::Zero(sum_tag);
  for (Sums& sum : sums) sum = hn::Zero(sum_tag);
  const auto most = hn::Set(code_tag, 256);
  for (size_t pair = 0; pair < part.pairs; ++pair) {
    for (size_t v = 0; v < kTogether; ++v) {
      const uint8_t* at = codes + pair * kPairBytes + v * hn::Lanes(byte_tag);
      const auto values = hn::PromoteTo(code_tag, hn::LoadU(byte_tag, at));
      sums[v] =
          hn::ReorderWidenMulAccumulate(sum_tag, values, hn::Sub(values, most), sums[v], unused);
    }
  }
  for (size_t v = 0; v < kTogether; ++v) {
    hn::StoreU(sums[v], sum_tag, row_sums + v * hn::Lanes(sum_tag));
  }
}

// As AddPart of all rows of a block.
template <size_t Scans>
CSN_DOTS_ATTR inline void AddDots(const CodePart* const* parts, const uint8_t* quads,
                                  const int32_t* row_sums, Floats (*totals)[kTogether]) {
  const SumTag sum_tag;
  const FloatTag float_tag;
  Sums dots[Scans][kTogether];
  for (size_t s = 0; s < Scans; ++s) {
    for (size_t v = 0; v < kTogether; ++v) dots[s][v] = hn::Zero(sum_tag);
  }
  const size_t count = (parts[0]->pairs + 1) / 2;
  for (size_t quad = 0; quad < count; ++quad, quads += kQuadBytes) {
    __m512i codes[kTogether];
    for (size_t v = 0; v < kTogether; ++v) codes[v] = _mm512_load_si512(quads + 64 * v);
    for (size_t s = 0; s < Scans; ++s) {
      const __m512i point = _mm512_set1_epi32(parts[s]->byte_point[quad]);
      for (size_t v = 0; v < kTogether; ++v) {
        dots[s][v] = Sums{_mm512_dpbusd_epi32(dots[s][v].raw, codes[v], point)};
      }
    }
  }
  for (size_t s = 0; s < Scans; ++s) {
    const Floats factor = hn::Set(float_tag, parts[s]->factor);
    const Sums squares = hn::Set(sum_tag, parts[s]->byte_squares);
    for (size_t v = 0; v < kTogether; ++v) {
      const Sums own = hn::Add(hn::LoadU(sum_tag, row_sums + v * hn::Lanes(sum_tag)), squares);
      const Sums sums = hn::Sub(own, hn::Add(dots[s][v], dots[s][v]));
      totals[s][v] = hn::MulAdd(factor, hn::ConvertTo(float_tag, sums), totals[s][v]);
    }
  }
}

// As FindTogether of kScansTogether at a time, of points that are bytes.
CSN_DOTS_ATTR HWY_NOINLINE void FindByDots(std::span<const CodeScan* const> scans, size_t first,
                                           size_t blocks) {
  if (scans.empty()) return;
  const FloatTag tag;
  const std::span<const CodePart> any = scans[0]->parts;
  size_t quads = 0;
  for (const CodePart& part : any) quads += (part.pairs + 1) / 2;
  const auto packed = hwy::AllocateAligned<uint8_t>(quads * kQuadBytes);
  const auto row_sums = hwy::AllocateAligned<int32_t>(any.size() * kCodeBlockRows);
  for (size_t i = 0; i < blocks; ++i) {
    const size_t block = first + i;
    uint8_t* to = packed.get();
    for (size_t p = 0; p < any.size(); ++p) {
      PackBlock(any[p], block, to, row_sums.get() + p * kCodeBlockRows);
      to += (any[p].pairs + 1) / 2 * kQuadBytes;
    }
    for (size_t at = 0; at < scans.size(); at += kScansTogether) {
      Floats totals[kScansTogether][kTogether];
      for (auto& of_scan : totals) {
        for (Floats& total : of_scan) total = hn::Zero(tag);
      }
      const uint8_t* from = packed.get();
      for (size_t p = 0; p < any.size(); ++p) {
        const CodePart* parts[kScansTogether];
        for (size_t s = 0; s < kScansTogether; ++s) parts[s] = &scans[at + s]->parts[p];
        AddDots<kScansTogether>(parts, from, row_sums.get() + p * kCodeBlockRows, totals);
        from += (any[p].pairs + 1) / 2 * kQuadBytes;
      }
      for (size_t s = 0; s < kScansTogether; ++s) {
        const CodeScan& scan = *scans[at + s];
        scan.within[i] = NotAbove(totals[s], Limit(scan, block));
      }
    }
  }
}

#undef CSN_DOTS_ATTR

inline bool HasBytes(const CodeScan* scan) {
  for (const CodePart& part : scan->parts) {
    if (part.byte_point == nullptr) return false;
  }
  return true;
}
#endif

HWY_ATTR void Find(const CodeScan* scans, size_t count, size_t first, size_t blocks) {
  std::array<const CodeScan*, kMostScans> all;
  for (size_t s = 0; s < count; ++s) all[s] = &scans[s];
  std::span<const CodeScan* const> left(all.data(), count);
#if HWY_TARGET == HWY_AVX3
  static const bool has_dots = __builtin_cpu_supports("avx512vnni");
  if (has_dots && count >= kLeastDots) {
    const auto end = std::partition(all.begin(), all.begin() + count, HasBytes);
    const auto bytes = static_cast<size_t>(end - all.begin());
    const size_t by_dots = bytes - bytes % kScansTogether;
    FindByDots(left.first(by_dots), first, blocks);
    left = left.subspan(by_dots);
  }
#endif
  FindBySums(left, first, blocks);
}

}  // namespace HWY_NAMESPACE
}  // namespace csn::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace csn::internal {

HWY_EXPORT(Find);

void FindWithin(std::span<const CodeScan> scans, size_t first, size_t blocks) {
  HWY_DYNAMIC_DISPATCH(Find)(scans.data(), scans.size(), first, blocks);
}

}  // namespace csn::internal
#endif  // HWY_ONCE
