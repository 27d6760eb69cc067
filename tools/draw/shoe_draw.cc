// DrawShoe: shadow, sole, upper, then its fastening.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tools/draw/canvas.h"
#include "tools/draw/shoe.h"
#include "tools/draw/shoe_closures.h"
#include "tools/draw/shoe_shape.h"

namespace csn {
namespace {

bool IsDark(Rgb colour) { return Luminance(colour) < 0.3; }

// What is seen of a shoe's inside.
Rgb Lining(Rgb upper) { return IsDark(upper) ? Lighter(upper, 0.25) : Darker(upper, 0.5); }
Rgb Edge(Rgb colour) { return Darker(colour, 0.5); }

class ShoePainter {
 public:
  ShoePainter(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape)
      : canvas_(canvas), shoe_(shoe), shape_(shape) {}

  void Paint() {
    canvas_.FillSoft({0.5 * shape_.toe, -0.005}, 0.6, 0.045, {0.1, 0.1, 0.12}, 0.5);
    PaintInside();
    PaintSole();
    if (shoe_.category == ShoeCategory::kSandal) {
      PaintSandal();
    } else {
      PaintUpper();
    }
    DrawClosure(canvas_, shoe_, shape_);
  }

 private:
  Rgb High() const { return Lighter(shoe_.upper, 0.5 * shoe_.shading); }
  Rgb Low() const { return Darker(shoe_.upper, shoe_.shading); }

  // The far edge of the opening, and the inside between it and the near one.
  void PaintInside() {
    if (shoe_.category == ShoeCategory::kSandal) return;
    Path inside = shape_.topline;
    const Point a = inside.front(), b = inside.back();
    for (int i = 10; i >= 0; --i) {
      const double share = i / 10.0;
      const double lift = 0.03 * 4 * share * (1 - share);
      const Point near = Along(shape_.topline, share).point;
      const Point chord = {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
      const bool shaft = shoe_.category == ShoeCategory::kBoot;
      inside.push_back({near.x, (shaft ? chord.y : near.y) + lift});
    }
    canvas_.Fill(inside, Lining(shoe_.upper));
    canvas_.StrokeClosed(inside, 0.006, Edge(shoe_.upper));
  }

  void PaintSole() {
    if (!shape_.heel.empty()) {
      canvas_.FillShaded(shape_.heel, shoe_.sole, Darker(shoe_.sole, 0.12));
      canvas_.StrokeClosed(shape_.heel, 0.006, Edge(shoe_.sole), 0.7);
    }
    canvas_.FillShaded(shape_.sole, shoe_.sole, Darker(shoe_.sole, 0.08));
    canvas_.StrokeClosed(shape_.sole, 0.006, Edge(shoe_.sole), 0.7);
    if (shoe_.category == ShoeCategory::kTrainer) PaintTread();
  }

  // A ribbed rim along the ground and a groove along the foot.
  void PaintTread() {
    canvas_.Clip(shape_.sole);
    const Rgb rib = Darker(shoe_.sole, 0.3);
    Path groove;
    for (double x = -0.02; x < shape_.toe + 0.02; x += 0.02)
      groove.push_back({x, shape_.Bed(x) - 0.016});
    canvas_.Stroke(groove, 0.007, rib);
    canvas_.StrokeDashed({{-0.02, 0.006}, {0.8, 0.006}, {shape_.toe, 0.026}}, 0.02, rib, 0.024,
                         0.014);
    canvas_.Unclip();
  }

  void PaintUpper() {
    canvas_.FillShaded(shape_.upper, High(), Low());
    canvas_.Clip(shape_.upper);
    PaintPanels();
    const Point shine = Along(shape_.toe_line, 0.6).point;
    canvas_.FillSoft({shine.x - 0.02, shine.y - 0.03}, 0.1, 0.035, {1, 1, 1}, 0.3);
    canvas_.Unclip();
    canvas_.StrokeClosed(shape_.upper, 0.009, Edge(shoe_.upper));
    if (shoe_.category == ShoeCategory::kSlipper) {
      PaintFur();
    } else {
      canvas_.StrokeDashed(Shifted(shape_.topline, 0, -0.022), 0.006, Stitch(), 0.014, 0.01);
    }
    PaintToeOpening();
  }

  Rgb Stitch() const {
    return IsDark(shoe_.upper) ? Lighter(shoe_.upper, 0.4) : Darker(shoe_.upper, 0.4);
  }

  // What a category shows on its side beneath any fastening. Clipped to the upper.
  void PaintPanels() {
    const Rgb panel = IsDark(shoe_.upper) ? Lighter(shoe_.upper, 0.12) : Darker(shoe_.upper, 0.14);
    const double seat = shape_.seat;
    switch (shoe_.category) {
      case ShoeCategory::kTrainer:
        PaintTrainerPanels(panel);
        break;
      case ShoeCategory::kBoot:
        PaintPiece(Smooth({{-0.03, seat + 0.16},
                           {0.1, seat + 0.15},
                           {0.2, seat + 0.06},
                           {0.25, Over(0.25, -0.02)},
                           {-0.03, seat - 0.02}}),
                   panel);
        canvas_.StrokeDashed(
            Smooth({{0.56, Over(0.56, 0.24)}, {0.6, Over(0.6, 0.1)}, {0.56, Over(0.56, 0)}}), 0.007,
            Stitch(), 0.014, 0.01);
        break;
      case ShoeCategory::kSlipper:
        canvas_.StrokeDashed(Smooth({{0.56, Over(0.56, 0.1)},
                                     {0.7, Over(0.7, 0.085)},
                                     {0.86, Over(0.86, 0.06)},
                                     {0.98, Over(0.98, 0.05)}}),
                             0.008, Stitch(), 0.018, 0.012);
        break;
      case ShoeCategory::kPump:
        canvas_.StrokeDashed(
            Smooth({{0.2, Over(0.2, 0.13)}, {0.24, Over(0.24, 0.06)}, {0.24, Over(0.24, 0)}}),
            0.006, Stitch(), 0.014, 0.01);
        break;
      case ShoeCategory::kSandal:
        break;
    }
  }

  // Toe cap, heel counter, and two slanting stripes, half the accent's colour: seen, but not taken
  // for tabs.
  void PaintTrainerPanels(Rgb panel) {
    const double seat = shape_.seat;
    PaintPiece(Smooth({{0.74, Over(0.74, -0.01)},
                       {0.76, Over(0.76, 0.07)},
                       {0.83, Over(0.83, 0.17)},
                       {1.1, Over(1.1, 0.2)},
                       {1.12, Over(1.12, -0.01)}}),
               panel);
    PaintPiece(Smooth({{-0.02, seat + 0.2},
                       {0.1, seat + 0.18},
                       {0.17, seat + 0.09},
                       {0.22, Over(0.22, -0.02)},
                       {-0.02, seat - 0.02}}),
               panel);
    for (const double x : {0.3, 0.37}) {
      canvas_.Fill(Band({x, Over(x, 0.0)}, {x + 0.09, Over(x + 0.09, 0.16)}, 0.028),
                   Mix(shoe_.upper, shoe_.accent, 0.45));
    }
  }

  double Over(double x, double height) const { return shape_.Bed(x) + height * shoe_.bulk; }

  void PaintPiece(const Path& piece, Rgb colour) {
    canvas_.Fill(piece, colour);
    canvas_.StrokeClosed(piece, 0.006, Edge(shoe_.upper), 0.8);
  }

  void PaintFur() {
    const Rgb fur = IsDark(shoe_.upper) ? Lighter(shoe_.upper, 0.55) : Lighter(shoe_.upper, 0.62);
    constexpr int kTufts = 22;
    for (int pass = 0; pass < 2; ++pass) {
      for (int i = 0; i <= kTufts; ++i) {
        const Point at = Along(shape_.topline, static_cast<double>(i) / kTufts).point;
        const double size = 0.026 + 0.006 * std::sin(i * 2.4);
        canvas_.Fill(Ellipse({at.x, at.y - 0.006}, pass == 0 ? size + 0.006 : size,
                             pass == 0 ? size + 0.006 : size),
                     pass == 0 ? Darker(fur, 0.3) : fur);
      }
    }
  }

  // The dark mouth in front of an open toe's cut, standing on the footbed.
  void PaintToeOpening() {
    if (shoe_.toe_shape != ToeShape::kOpen) return;
    Path mouth = shape_.toe_line;
    for (int i = 10; i >= 0; --i) {
      const double share = i / 10.0;
      const Point at = Along(shape_.toe_line, share).point;
      mouth.push_back({at.x + 0.045 * std::sqrt(1 - share), at.y});
    }
    canvas_.Fill(mouth, Lining(shoe_.upper));
    canvas_.StrokeClosed(mouth, 0.007, Edge(shoe_.upper));
  }

  void PaintSandal() {
    const bool mule = shoe_.closure == ShoeClosure::kSlipOn;
    const bool zip = shoe_.closure == ShoeClosure::kZip;
    PaintSandalFront(mule ? 0.52 : 0.70);
    const double seat = shape_.seat;
    if (mule) {
      PaintSling();
      return;
    }
    const double cuff = zip ? 0.36 : 0.17, deep = zip ? 0.2 : 0.15;
    PaintStrapPiece(Smooth({{-0.01, seat - 0.004},
                            {-0.014, seat + 0.09},
                            {0.012, seat + cuff},
                            {0.5 * deep, seat + cuff - 0.004},
                            {deep, seat + cuff - 0.03},
                            {deep + 0.015, seat + 0.05},
                            {deep + 0.05, Over(deep + 0.05, -0.004)}}));
    PaintAnkleStrap(cuff);
    if (shoe_.closure == ShoeClosure::kLaceUp || shoe_.closure == ShoeClosure::kHookAndLoop) {
      // Something for laces and tabs to hold on to: a strap along the side.
      PaintStrapPiece(Band({0.1, seat + 0.1}, {0.73, Over(0.73, 0.06)}, 0.045, 0.02));
    }
  }

  // The elastic that holds some mules at the heel, its far side behind.
  void PaintSling() {
    if (!shoe_.gore) return;
    const double y = shape_.seat + 0.14;
    const Path near_side =
        Smooth({{0.57, Over(0.57, 0.07)}, {0.3, 0.5 * (y + Over(0.3, 0.08))}, {0.01, y}});
    const Path far_side =
        Smooth({{0.6, Over(0.6, 0.12)}, {0.3, 0.5 * (y + Over(0.3, 0.08)) + 0.06}, {0.01, y}});
    canvas_.Stroke(far_side, 0.024, Lining(shoe_.upper));
    canvas_.Stroke(near_side, 0.042, Edge(shoe_.upper));
    canvas_.Stroke(near_side, 0.03, shoe_.upper);
    canvas_.StrokeDashed(near_side, 0.028, Stitch(), 0.005, 0.012);
  }

  void PaintStrapPiece(const Path& piece) {
    canvas_.FillShaded(piece, High(), Low());
    canvas_.StrokeClosed(piece, 0.008, Edge(shoe_.upper));
  }

  // A toe cap, or where the toe is open a band across the ball.
  void PaintSandalFront(double back) {
    Path front = shape_.toe_line;
    for (const Point& point : shape_.ridge) {
      if (point.x > back) front.push_back(point);
    }
    const Point top = front.back();
    const Path edge =
        Smooth({top, {back + 0.015, Over(back, 0.08)}, {back - 0.015, Over(back, -0.004)}});
    front.insert(front.end(), edge.begin(), edge.end());
    for (double x = back; x < shape_.toe_line.front().x; x += 0.02)
      front.push_back({x, Over(x, -0.004)});
    PaintStrapPiece(front);
    canvas_.StrokeDashed(Shifted(edge, 0.02, 0), 0.006, Stitch(), 0.014, 0.01);
    PaintToeOpening();
  }

  void PaintAnkleStrap(double cuff) {
    const double y = shape_.seat + std::max(cuff - 0.02, 0.15);
    const Point end = Along(shape_.ridge, 0.93).point;
    const Path far_side = Smooth({{0.02, y}, {0.16, y + 0.075}, end});
    const Path near_side = Smooth({{0.02, y - 0.01}, {0.17, 0.5 * (y + end.y) - 0.03}, end});
    canvas_.Stroke(far_side, 0.03, Lining(shoe_.upper));
    canvas_.Stroke(near_side, 0.045, Edge(shoe_.upper));
    canvas_.Stroke(near_side, 0.034, shoe_.upper);
  }

  Canvas& canvas_;
  const Shoe& shoe_;
  const ShoeShape& shape_;
};

}  // namespace

Image DrawShoe(const Shoe& shoe, int size) {
  Require(size >= 16 && size <= 4096, "drawing a shoe: {} pixels wide, expected 16 to 4096", size);
  Require(shoe.heel_height_cm >= kMinHeelCm && shoe.heel_height_cm <= kMaxHeelCm,
          "drawing a shoe: heel height {} cm, expected {} to {}", shoe.heel_height_cm, kMinHeelCm,
          kMaxHeelCm);
  const ShoeShape shape = MakeShoeShape(shoe);
  // What the shoe covers in units, with room for bows, fur and the shadow.
  const double width = shape.toe + 0.06, height = shape.top + 0.12;
  const double unit = size * std::min({shoe.length, 0.97 / width, 0.95 / height});
  const double spare_x = size - unit * width, spare_y = size - unit * height;
  Canvas::Frame frame;
  frame.unit = unit;
  frame.mirrored = shoe.faces_left;
  const double margin = 0.5 * spare_x * (1 + shoe.shift_x) + 0.03 * unit;
  frame.left = shoe.faces_left ? size - margin : margin;
  frame.top = size - (0.5 * spare_y * (1 + shoe.shift_y) + 0.05 * unit);
  Canvas canvas(size, shoe.background, frame);
  ShoePainter(canvas, shoe, shape).Paint();
  return canvas.ToImage();
}

}  // namespace csn
