#include "tools/draw/shoe_shape.h"

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

constexpr double kSeatEnd = 0.14;  // x where the footbed starts to fall
constexpr double kBall = 0.70;     // x where it has come down
constexpr double kToeSpring = 0.022;

double Spring(double x) {
  const double share = std::max(0.0, (x - 0.74) / 0.26);
  return kToeSpring * share * share;
}

double FrontThickness(const Shoe& shoe, double seat) {
  double thin = 0.02;
  switch (shoe.category) {
    case ShoeCategory::kTrainer:
      thin = 0.055;
      break;
    case ShoeCategory::kBoot:
    case ShoeCategory::kSlipper:
      thin = 0.035;
      break;
    case ShoeCategory::kPump:
    case ShoeCategory::kSandal:
      break;
  }
  if (shoe.heel_style == HeelStyle::kPlatform) thin = std::max(thin, shoe.platform * seat);
  return std::min(thin, seat);
}

// Heights above the footbed, tip to ball.
Path ToeProfile(ToeShape toe) {
  switch (toe) {
    case ToeShape::kRound:
      return Smooth({{0.968, 0},
                     {0.998, 0.03},
                     {0.984, 0.062},
                     {0.94, 0.092},
                     {0.865, 0.121},
                     {0.775, 0.146}});
    case ToeShape::kPointed:
      return Smooth({{1.14, 0.004}, {1.05, 0.03}, {0.96, 0.06}, {0.86, 0.102}, {0.77, 0.138}});
    case ToeShape::kSquare:
      return {{1.0, 0},       {1.02, 0.06},  {1.023, 0.11}, {1.013, 0.128},
              {0.996, 0.135}, {0.93, 0.139}, {0.86, 0.145}, {0.78, 0.153}};
    case ToeShape::kOpen:
      return Smooth({{0.85, 0}, {0.858, 0.05}, {0.838, 0.11}, {0.805, 0.147}});
  }
  return {};
}

double ToeTip(ToeShape toe) {
  return toe == ToeShape::kPointed ? 1.14 : toe == ToeShape::kSquare ? 1.02 : 1.0;
}

bool HasRaisedVamp(ShoeClosure closure) {
  return closure == ShoeClosure::kLaceUp || closure == ShoeClosure::kZip;
}

// Heights above the footbed, ball to ankle.
Path RidgeProfile(const Shoe& shoe) {
  const bool raised = HasRaisedVamp(shoe.closure);
  switch (shoe.category) {
    case ShoeCategory::kBoot:
      return {{0.70, 0.16}, {0.60, 0.205}, {0.52, 0.255}, {0.455, 0.325}};
    case ShoeCategory::kTrainer:
      return {{0.70, 0.165}, {0.60, 0.215}, {0.48, 0.28}, {0.37, 0.345}};
    case ShoeCategory::kSandal:
      return {{0.72, 0.155}, {0.60, 0.205}, {0.48, 0.265}, {0.36, 0.33}};
    case ShoeCategory::kPump:
      if (raised) return {{0.71, 0.15}, {0.60, 0.20}, {0.50, 0.25}, {0.43, 0.29}};
      return {{0.72, 0.15}, {0.68, 0.155}, {0.65, 0.155}};
    case ShoeCategory::kSlipper:
      if (raised) return {{0.71, 0.165}, {0.60, 0.215}, {0.50, 0.255}, {0.42, 0.285}};
      return {{0.70, 0.168}, {0.60, 0.205}, {0.52, 0.225}};
  }
  return {};
}

// Heights above the footbed, end of the ridge to back of the heel.
Path ToplineProfile(const Shoe& shoe) {
  const bool raised = HasRaisedVamp(shoe.closure);
  switch (shoe.category) {
    case ShoeCategory::kTrainer:
      return {{0.37, 0.345}, {0.33, 0.305}, {0.25, 0.262},
              {0.15, 0.255}, {0.06, 0.29},  {0.012, 0.325}};
    case ShoeCategory::kSandal:
      return {{0.36, 0.33}, {0.2, 0.33}, {0.02, 0.32}};
    case ShoeCategory::kPump:
      if (raised) {
        return {{0.43, 0.29}, {0.40, 0.23}, {0.33, 0.175},
                {0.22, 0.16}, {0.10, 0.19}, {0.012, 0.225}};
      }
      return {{0.65, 0.155}, {0.60, 0.105}, {0.50, 0.082}, {0.36, 0.09},
              {0.22, 0.125}, {0.10, 0.18},  {0.012, 0.22}};
    case ShoeCategory::kSlipper:
      if (raised) return {{0.42, 0.285}, {0.37, 0.225}, {0.27, 0.175}, {0.12, 0.165}, {0.0, 0.19}};
      return {{0.52, 0.225}, {0.45, 0.195}, {0.32, 0.16}, {0.14, 0.155}, {0.0, 0.18}};
    case ShoeCategory::kBoot:
      break;
  }
  return {};
}

class ShapeMaker {
 public:
  explicit ShapeMaker(const Shoe& shoe) : shoe_(shoe) {
    shape_.seat = shoe.heel_height_cm / kShoeLengthCm;
    shape_.front = FrontThickness(shoe, shape_.seat);
    shape_.toe = ToeTip(shoe.toe_shape);
  }

  ShoeShape Make() {
    shape_.toe_line = OnBed(ToeProfile(shoe_.toe_shape));
    MakeRidge();
    MakeFastening();
    MakeUpper();
    MakeSole();
    MakeHeel();
    for (const Point& point : shape_.upper) shape_.top = std::max(shape_.top, point.y);
    return std::move(shape_);
  }

 private:
  Path OnBed(Path profile) const {
    for (Point& point : profile) point.y = shape_.Bed(point.x) + point.y * shoe_.bulk;
    return profile;
  }

  void MakeRidge() {
    Path ridge = OnBed(RidgeProfile(shoe_));
    if (shoe_.category != ShoeCategory::kBoot) {
      shape_.ridge = Smooth(ridge);
      shape_.topline = Smooth(OnBed(ToplineProfile(shoe_)));
      return;
    }
    // The shaft stands upright on the heel seat, whatever the slope of the foot.
    const double top = shape_.seat + shoe_.shaft;
    const double ankle = ridge.back().y;
    ridge.push_back({0.415, ankle + 0.35 * (top - ankle)});
    ridge.push_back({0.405, top});
    shape_.ridge = Smooth(ridge);
    shape_.topline = Smooth({{0.405, top}, {0.21, top - 0.012}, {0.015, top + 0.012}});
  }

  void MakeFastening() {
    shape_.fastening = shape_.ridge;
    if (shoe_.category == ShoeCategory::kPump && shape_.ridge.back().x > 0.5) {
      shape_.fastening = Smooth(OnBed({{0.66, 0.155}, {0.56, 0.2}, {0.46, 0.25}, {0.37, 0.295}}));
    }
  }

  void MakeUpper() {
    Path& upper = shape_.upper;
    upper = shape_.toe_line;
    upper.insert(upper.end(), shape_.ridge.begin(), shape_.ridge.end());
    upper.insert(upper.end(), shape_.topline.begin(), shape_.topline.end());
    const double seat = shape_.seat;
    Path back = {upper.back()};
    if (shoe_.category == ShoeCategory::kBoot) {
      back.push_back({0.035, seat + 0.5 * shoe_.shaft});
      back.push_back({0.03, seat + 0.2});
    }
    back.push_back({-0.012, seat + 0.09});
    back.push_back({0.004, seat});
    back = Smooth(back);
    upper.insert(upper.end(), back.begin(), back.end());
    // A little into the sole, so that no seam shows between the two.
    for (double x = 0.02; x < shape_.toe_line.front().x; x += 0.02) {
      upper.push_back({x, shape_.Bed(x) - 0.006});
    }
  }

  // The underside: on the ground where the sole itself lifts the heel, else the footbed's curve.
  double Underside(double x) const {
    const bool solid =
        shoe_.heel_style == HeelStyle::kWedge || shoe_.heel_style == HeelStyle::kPlatform;
    const double spring = Spring(x);
    return solid ? spring : std::max(spring, shape_.Bed(x) - shape_.front);
  }

  void MakeSole() {
    constexpr int kSteps = 60;
    const bool sporty = shoe_.category == ShoeCategory::kTrainer;
    const double start = sporty ? -0.024 : -0.008, end = shape_.toe + (sporty ? 0.016 : 0.008);
    Path& sole = shape_.sole;
    for (int i = 0; i <= kSteps; ++i) {
      const double x = start + (end - start) * i / kSteps;
      sole.push_back({x, shape_.Bed(x)});
    }
    // A rounded front edge.
    const double thick = shape_.Bed(end) - Underside(end);
    sole.push_back({end + 0.1 * thick, shape_.Bed(end) - 0.3 * thick});
    sole.push_back({end - 0.02 * thick, shape_.Bed(end) - 0.75 * thick});
    // And a rounded corner under the heel.
    const double corner = std::min(0.035, 0.45 * (shape_.seat - Underside(0)));
    const double first = start + corner, last = end - 0.3 * std::min(thick, 0.08);
    for (int i = kSteps; i >= 0; --i) {
      const double x = first + (last - first) * i / kSteps;
      sole.push_back({x, Underside(x)});
    }
    const double ground = Underside(0);
    sole.push_back({start + 0.3 * corner, ground + 0.12 * corner});
    sole.push_back({start - 0.1 * corner, ground + corner});
  }

  void MakeHeel() {
    const double under = shape_.seat - shape_.front;
    if (under <= 0.001) return;
    const double joint = under + 0.004;
    if (shoe_.heel_style == HeelStyle::kBlock) {
      const double w = shoe_.heel_width;
      const Path back = Smooth({{-0.008, joint}, {0.002, 0.55 * under}, {0.014, 0}});
      const Path front = Smooth({{w - 0.04, 0},
                                 {w - 0.034, 0.5 * under},
                                 {w - 0.02, 0.85 * under},
                                 {w, Underside(w) + 0.004}});
      shape_.heel = Joined(back, front);
    } else if (shoe_.heel_style == HeelStyle::kStiletto) {
      const Path back =
          Smooth({{-0.008, joint}, {0.006, 0.75 * under}, {0.046, 0.35 * under}, {0.066, 0}});
      constexpr double kNeck = 0.2;
      const Path front = Smooth({{0.112, 0},
                                 {0.113, 0.38 * under},
                                 {0.136, 0.72 * under},
                                 {kNeck, Underside(kNeck) + 0.004}});
      shape_.heel = Joined(back, front);
    }
  }

  const Shoe& shoe_;
  ShoeShape shape_;
};

}  // namespace

double ShoeShape::Bed(double x) const {
  const double t = std::clamp((x - kSeatEnd) / (kBall - kSeatEnd), 0.0, 1.0);
  return seat + (front - seat) * t * t * (3 - 2 * t) + Spring(x);
}

ShoeShape MakeShoeShape(const Shoe& shoe) { return ShapeMaker(shoe).Make(); }

}  // namespace csn
