// Who is close to and who is far from each of some items, in one notion.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.h"

namespace csn::internal {

// Items are known by their number among those with a label, 0..size()-1. Immutable, so threads may
// share one.
class Partners {
 public:
  virtual ~Partners() = default;

  struct Entry {
    uint32_t item;      // as it was given
    uint32_t position;  // where it was given
  };
  virtual size_t size() const = 0;
  virtual Entry entry(size_t at) const = 0;
  // True where another item is close to it and one is far from it.
  virtual bool HasBoth(size_t at) const = 0;
  // Another item close to, one far from, item `at`, which has both; all alike likely, but for
  // close ones of several values: the value first, by how many have it.
  virtual size_t DrawPositive(size_t at, Rng& rng) const = 0;
  virtual size_t DrawNegative(size_t at, Rng& rng) const = 0;
};

// By numbers: close within `near`, far from `far` on (triplet_source.h has the rounding). NaN is no
// label. `codes` are of all items, by item.
std::unique_ptr<const Partners> PartnersByNumber(std::span<const double> codes, double near,
                                                 double far, std::span<const uint32_t> items);

// By sets of values: close where they share one, far where they share none. An empty set is no
// label. `sets` are ascending, of all items, by item.
std::unique_ptr<const Partners> PartnersBySet(std::span<const std::vector<uint32_t>> sets,
                                              std::span<const uint32_t> items);

// At a threshold, differences of decimals count as they are written: 1.1 and 1.0 are within 0.1.
// Both false where a label is NaN.
bool IsClose(double a, double b, double near);
bool IsFar(double a, double b, double far);
// By how much a difference of numbers up to `a` and `b` may be off a threshold and still be at it.
double Slack(double a, double b, double threshold);

// True where two ascending sets share a value.
bool ShareValue(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);

}  // namespace csn::internal
