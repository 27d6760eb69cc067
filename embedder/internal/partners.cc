#include "embedder/internal/partners.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace csn::internal {
namespace {

// Decimal labels have no exact doubles: 1.1 - 1.0 is a little more than 0.1. What differs from a
// threshold by so small a share of the numbers involved is taken to be at it.
constexpr double kRounding = 1e-9;

class NumberPartners : public Partners {
 public:
  NumberPartners(std::span<const double> codes, double near, double far,
                 std::span<const uint32_t> items)
      : near_(near), far_(far) {
    for (size_t i = 0; i < items.size(); ++i) {
      const double code = codes[items[i]];
      if (!std::isnan(code)) sorted_.push_back({code, {items[i], static_cast<uint32_t>(i)}});
    }
    std::sort(sorted_.begin(), sorted_.end(), [](const Labelled& a, const Labelled& b) {
      return a.code != b.code ? a.code < b.code : a.entry.position < b.entry.position;
    });
  }

  size_t size() const override { return sorted_.size(); }
  Entry entry(size_t at) const override { return sorted_[at].entry; }

  bool HasBoth(size_t at) const override {
    const Range close = CloseRange(at), not_far = NotFarRange(at);
    return close.end - close.begin > 1 && not_far.end - not_far.begin < sorted_.size();
  }

  size_t DrawPositive(size_t at, Rng& rng) const override {
    const Range close = CloseRange(at);
    // One place fewer than the range holds: the anchor's own is stepped over.
    const size_t drawn = close.begin + rng.Below(close.end - close.begin - 1);
    return drawn < at ? drawn : drawn + 1;
  }

  size_t DrawNegative(size_t at, Rng& rng) const override {
    const Range not_far = NotFarRange(at);
    const size_t skipped = not_far.end - not_far.begin;
    const size_t drawn = rng.Below(sorted_.size() - skipped);
    return drawn < not_far.begin ? drawn : drawn + skipped;
  }

 private:
  struct Labelled {
    double code;
    Entry entry;
  };
  struct Range {
    size_t begin, end;
  };

  // Close to sorted_[at], itself included.
  Range CloseRange(size_t at) const {
    const double code = sorted_[at].code;
    const auto close = [&](const Labelled& other) { return IsClose(code, other.code, near_); };
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(at);
    const auto begin = std::partition_point(sorted_.begin(), middle, std::not_fn(close));
    return {Position(begin), Position(std::partition_point(middle, sorted_.end(), close))};
  }

  Range NotFarRange(size_t at) const {
    const double code = sorted_[at].code;
    const auto far = [&](const Labelled& other) { return IsFar(code, other.code, far_); };
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(at);
    const auto begin = std::partition_point(sorted_.begin(), middle, far);
    return {Position(begin),
            Position(std::partition_point(middle, sorted_.end(), std::not_fn(far)))};
  }

  size_t Position(std::vector<Labelled>::const_iterator at) const {
    return static_cast<size_t>(at - sorted_.begin());
  }

  const double near_, far_;
  std::vector<Labelled> sorted_;  // by code, then position
};

class SetPartners : public Partners {
 public:
  SetPartners(std::span<const std::vector<uint32_t>> sets, std::span<const uint32_t> items) {
    for (size_t i = 0; i < items.size(); ++i) {
      const std::vector<uint32_t>& values = sets[items[i]];
      if (values.empty()) continue;
      for (const uint32_t value : values) {
        if (value >= having_.size()) having_.resize(value + 1);
        having_[value].push_back(static_cast<uint32_t>(labelled_.size()));
      }
      labelled_.push_back({values, {items[i], static_cast<uint32_t>(i)}});
    }
  }

  size_t size() const override { return labelled_.size(); }
  Entry entry(size_t at) const override { return labelled_[at].entry; }

  bool HasBoth(size_t at) const override {
    return PositiveDraws(at) > 0 && std::ranges::any_of(labelled_, [&](const Labelled& other) {
             return IsFarFrom(at, other);
           });
  }

  size_t DrawPositive(size_t at, Rng& rng) const override {
    size_t drawn = rng.Below(PositiveDraws(at));
    for (const uint32_t value : labelled_[at].values) {
      const std::vector<uint32_t>& others = having_[value];  // ascending, the anchor among them
      if (drawn < others.size() - 1) {
        return others[drawn] < at ? others[drawn] : others[drawn + 1];
      }
      drawn -= others.size() - 1;
    }
    return at;  // not reached: PositiveDraws counts what the loop goes through
  }

  size_t DrawNegative(size_t at, Rng& rng) const override {
    // Nearly all of a catalogue is far from most of its items; where it is not, looking at every
    // one from a random place on finds what there is.
    constexpr int kTries = 32;
    for (int i = 0; i < kTries; ++i) {
      const size_t drawn = rng.Below(labelled_.size());
      if (IsFarFrom(at, labelled_[drawn])) return drawn;
    }
    size_t place = rng.Below(labelled_.size());
    while (!IsFarFrom(at, labelled_[place])) place = (place + 1) % labelled_.size();
    return place;
  }

 private:
  struct Labelled {
    std::vector<uint32_t> values;
    Entry entry;
  };

  bool IsFarFrom(size_t at, const Labelled& other) const {
    return !ShareValue(labelled_[at].values, other.values);
  }

  // Others that have a value of item `at`, counted once for each value that they have.
  size_t PositiveDraws(size_t at) const {
    size_t draws = 0;
    for (const uint32_t value : labelled_[at].values) draws += having_[value].size() - 1;
    return draws;
  }

  std::vector<Labelled> labelled_;
  std::vector<std::vector<uint32_t>> having_;  // by value, numbers of the items that have it
};

}  // namespace

double Slack(double a, double b, double threshold) {
  return kRounding * std::max({std::abs(a), std::abs(b), threshold});
}

bool IsClose(double a, double b, double near) {
  return std::abs(a - b) <= near + Slack(a, b, near);
}

bool IsFar(double a, double b, double far) { return std::abs(a - b) >= far - Slack(a, b, far); }

bool ShareValue(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) return true;
    *x < *y ? ++x : ++y;
  }
  return false;
}

std::unique_ptr<const Partners> PartnersByNumber(std::span<const double> codes, double near,
                                                 double far, std::span<const uint32_t> items) {
  return std::make_unique<NumberPartners>(codes, near, far, items);
}

std::unique_ptr<const Partners> PartnersBySet(std::span<const std::vector<uint32_t>> sets,
                                              std::span<const uint32_t> items) {
  return std::make_unique<SetPartners>(sets, items);
}

}  // namespace csn::internal
