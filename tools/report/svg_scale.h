// Where values stand on an axis, and the round values that name it.
#pragma once

#include <vector>

namespace csn {

// Maps values to places of a drawing, in its own units. Immutable.
class Scale {
 public:
  // [low, high] to [from, to]; `from` may be beyond `to`, as it is on an axis that points up. A
  // logarithmic scale needs 0 < low. Where low >= high, everything stands in the middle.
  static Scale Linear(double low, double high, double from, double to);
  static Scale Logarithmic(double low, double high, double from, double to);

  // Values beyond the ends stand at them.
  double At(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  double from() const { return from_; }
  double to() const { return to_; }
  // Round values within [low, high], ascending: 1, 2 or 5 times a power of ten apart, at most
  // `most` (2 or more) of them; on a logarithmic scale 1, 2 and 5 times powers of ten, powers of
  // ten alone where those are too many.
  std::vector<double> Ticks(int most) const;

 private:
  Scale(double low, double high, double from, double to, bool logarithmic)
      : low_(low), high_(high), from_(from), to_(to), logarithmic_(logarithmic) {}

  double low_, high_, from_, to_;
  bool logarithmic_;
};

// The least round number (1, 2 or 5 times a power of ten) that is not below `value`; 1 where value
// is not above 0. An axis from 0 ends well there.
double RoundUp(double value);

}  // namespace csn
