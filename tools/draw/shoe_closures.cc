#include "tools/draw/shoe_closures.h"

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

constexpr Rgb kInk{0.08, 0.08, 0.09};

// Into the shoe from the ridge: left of the way up.
Point Inward(Point tangent) { return {-tangent.y, tangent.x}; }

Point Move(Point from, Point direction, double distance) {
  return {from.x + direction.x * distance, from.y + direction.y * distance};
}

// The ridge moved into the shoe by `depth`.
Path Inset(const Path& ridge, double depth, double from, double to) {
  Path line;
  constexpr int kSteps = 20;
  for (int i = 0; i <= kSteps; ++i) {
    const PathPosition at = Along(ridge, from + (to - from) * i / kSteps);
    line.push_back(Move(at.point, Inward(at.tangent), depth));
  }
  return line;
}

// Where a strap that starts on the ridge ends: at the sole, or at the shaft's back.
Point StrapEnd(const ShoeShape& shape, Point from, Point direction, double longest) {
  Point at = from;
  for (double length = 0; length < longest; length += 0.005) {
    at = Move(from, direction, length);
    if (at.y <= shape.Bed(at.x) + 0.012 || at.x <= 0.035) break;
  }
  return at;
}

// Places along the ridge for `count` straps or tabs.
double PlaceOf(const Shoe& shoe, int index, int count) {
  const double low = shoe.category == ShoeCategory::kBoot ? 0.3 : 0.28;
  const double high = shoe.category == ShoeCategory::kBoot ? 0.9 : 0.86;
  return count == 1 ? 0.62 : low + (high - low) * index / (count - 1);
}

void DrawFacing(Canvas& canvas, const Shoe& shoe, const Path& ridge, double depth) {
  const bool dark = Luminance(shoe.upper) < 0.35;
  Path facing = Inset(ridge, -0.004, 0.04, 1.0);
  const Path inner = Inset(ridge, depth, 0.04, 1.0);
  facing.insert(facing.end(), inner.rbegin(), inner.rend());
  canvas.Fill(facing, dark ? Lighter(shoe.upper, 0.16) : Darker(shoe.upper, 0.22));
  canvas.Stroke(inner, 0.008, Darker(shoe.upper, 0.45));
}

void DrawBow(Canvas& canvas, const Shoe& shoe, Point knot) {
  const Path loops[] = {
      Smooth({knot, {knot.x + 0.055, knot.y + 0.045}, {knot.x + 0.08, knot.y + 0.005}, knot}),
      Smooth({knot, {knot.x - 0.055, knot.y + 0.03}, {knot.x - 0.07, knot.y - 0.025}, knot})};
  for (const Path& loop : loops) canvas.Stroke(loop, 0.015, shoe.accent);
  canvas.Stroke({knot, {knot.x - 0.025, knot.y - 0.085}}, 0.013, shoe.accent);
  canvas.Stroke({knot, {knot.x + 0.03, knot.y - 0.08}}, 0.013, shoe.accent);
}

void DrawLaces(Canvas& canvas, const Shoe& shoe, const Path& ridge) {
  const double width = 0.1;
  DrawFacing(canvas, shoe, ridge, width + 0.022);
  const int rows = 3 + shoe.fastenings + (shoe.category == ShoeCategory::kBoot ? 2 : 0);
  std::vector<Point> outer, inner;
  for (int row = 0; row < rows; ++row) {
    const PathPosition at = Along(ridge, 0.1 + 0.86 * row / (rows - 1));
    outer.push_back(Move(at.point, Inward(at.tangent), 0.012));
    inner.push_back(Move(at.point, Inward(at.tangent), width));
  }
  for (int row = 0; row + 1 < rows; ++row) {
    canvas.Stroke({outer[row], inner[row + 1]}, 0.019, shoe.accent);
    canvas.Stroke({inner[row], outer[row + 1]}, 0.019, shoe.accent);
  }
  canvas.Stroke({outer[0], inner[0]}, 0.019, shoe.accent);
  for (const Point& eyelet : inner) {
    canvas.Fill(Ellipse(eyelet, 0.0135, 0.0135), shoe.metal);
    canvas.Fill(Ellipse(eyelet, 0.006, 0.006), kInk);
  }
  const PathPosition end = Along(ridge, 0.97);
  DrawBow(canvas, shoe, Move(end.point, Inward(end.tangent), 0.5 * width));
}

// A square frame with its tongue, turned along the strap.
void DrawBuckle(Canvas& canvas, Rgb metal, Point centre, Point along) {
  const Point across = {-along.y, along.x};
  const auto corner = [&](double a, double b) { return Move(Move(centre, along, a), across, b); };
  const double half = 0.038, high = 0.048;
  const Path frame = {corner(-half, -high), corner(half, -high), corner(half, high),
                      corner(-half, high)};
  canvas.StrokeClosed(frame, 0.032, kInk);
  canvas.StrokeClosed(frame, 0.02, metal);
  canvas.Stroke({corner(-half, 0), corner(half + 0.012, 0)}, 0.013, metal);
}

// Straps and tabs of a shoe that is open above them span air: the far half of each shows behind the
// near one.
bool SpansAir(const Shoe& shoe) {
  return shoe.category == ShoeCategory::kSandal || shoe.category == ShoeCategory::kPump;
}

void DrawFarHalf(Canvas& canvas, const Shoe& shoe, Point from, Point to, double width) {
  if (!SpansAir(shoe)) return;
  const Path far = Band({from.x + 0.02, from.y}, {to.x + 0.075, to.y - 0.02}, width, -0.02);
  canvas.Fill(far, Mix(shoe.accent, {0.35, 0.33, 0.32}, 0.45));
  canvas.StrokeClosed(far, 0.006, kInk, 0.5);
}

void DrawStrapWithBuckle(Canvas& canvas, const Shoe& shoe, Point from, Point to, double buckle_at) {
  DrawFarHalf(canvas, shoe, from, to, 0.045);
  const Path strap = Band(from, to, 0.056, 0.012);
  canvas.Fill(strap, shoe.accent);
  canvas.StrokeClosed(strap, 0.006, kInk, 0.6);
  const double dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
  const Point along = {dx / length, dy / length};
  const Point centre = Move(from, along, buckle_at * length);
  for (double hole = 0.5; hole < 0.95; hole += 0.16) {
    canvas.Fill(Ellipse(Move(from, along, hole * length), 0.006, 0.006), kInk);
  }
  DrawBuckle(canvas, shoe.metal, centre, along);
}

void DrawBuckles(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape, const Path& ridge) {
  const bool low_pump = shoe.category == ShoeCategory::kPump;
  const int count = low_pump ? std::min(shoe.fastenings, 2) : shoe.fastenings;
  for (int i = 0; i < count; ++i) {
    const PathPosition at = Along(ridge, PlaceOf(shoe, i, count));
    const Point inward = Inward(at.tangent);
    const Point from = Move(at.point, inward, -0.012);
    DrawStrapWithBuckle(canvas, shoe, from, StrapEnd(shape, at.point, inward, 0.5), 0.4);
  }
}

void DrawTabs(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape, const Path& ridge) {
  const int count =
      shoe.category == ShoeCategory::kPump ? std::min(shoe.fastenings, 2) : shoe.fastenings;
  const double width = count == 3 ? 0.085 : 0.115;
  const Rgb rough =
      Luminance(shoe.accent) > 0.5 ? Darker(shoe.accent, 0.3) : Lighter(shoe.accent, 0.3);
  for (int i = 0; i < count; ++i) {
    const PathPosition at = Along(ridge, PlaceOf(shoe, i, count));
    const Point inward = Inward(at.tangent);
    const Point from = Move(at.point, inward, -0.015);
    const Point to = StrapEnd(shape, at.point, inward, 0.23);
    DrawFarHalf(canvas, shoe, from, to, 0.8 * width);
    const Path tab = Band(from, to, width, 0.01);
    canvas.Fill(tab, shoe.accent);
    // The fastened end: a rough square full of little hooks.
    const Point middle = {0.45 * from.x + 0.55 * to.x, 0.45 * from.y + 0.55 * to.y};
    const Path patch = Band(middle, to, width * 0.7);
    canvas.Fill(patch, rough);
    canvas.Clip(patch);
    for (double x = -0.12; x <= 0.12; x += 0.02) {
      for (double y = -0.12; y <= 0.12; y += 0.02) {
        canvas.Fill(Ellipse({to.x + x, to.y + y}, 0.005, 0.005), shoe.accent);
      }
    }
    canvas.Unclip();
    canvas.StrokeClosed(tab, 0.008, kInk, 0.7);
  }
}

void DrawZipAlong(Canvas& canvas, const Shoe& shoe, const Path& line) {
  canvas.Stroke(line, 0.062, shoe.accent);
  canvas.Stroke(line, 0.034, kInk);
  canvas.StrokeDashed(line, 0.026, shoe.metal, 0.013, 0.01);
  const PathPosition end = Along(line, 0.93);
  canvas.Fill(Band(Move(end.point, end.tangent, -0.025), Move(end.point, end.tangent, 0.02), 0.045),
              shoe.metal);
  canvas.StrokeClosed(
      Band(Move(end.point, end.tangent, -0.025), Move(end.point, end.tangent, 0.02), 0.045), 0.007,
      kInk);
  const Point tag_end = Move(end.point, {-0.25, -0.97}, 0.1);
  canvas.Stroke({end.point, tag_end}, 0.028, kInk);
  canvas.Stroke({end.point, tag_end}, 0.016, shoe.metal);
}

void DrawZip(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape, const Path& ridge) {
  if (shoe.category == ShoeCategory::kBoot) {
    const double top = shape.seat + shoe.shaft;
    DrawZipAlong(
        canvas, shoe,
        Smooth({{0.27, shape.Bed(0.27) + 0.05}, {0.23, shape.seat + 0.18}, {0.22, top - 0.02}}));
  } else if (shoe.category == ShoeCategory::kSandal) {
    DrawZipAlong(canvas, shoe, {{0.105, shape.seat + 0.06}, {0.105, shape.seat + 0.33}});
  } else {
    DrawZipAlong(canvas, shoe, Inset(ridge, 0.055, 0.0, 0.97));
  }
}

// An elastic panel: a ribbed wedge let into the side below the opening.
void DrawGore(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape) {
  const PathPosition front =
      Along(shape.topline, shoe.category == ShoeCategory::kBoot ? 0.3 : 0.22);
  const PathPosition back = Along(shape.topline, shoe.category == ShoeCategory::kBoot ? 0.75 : 0.5);
  const double deep = 0.55 * (0.5 * (front.point.y + back.point.y) - shape.Bed(0.4));
  const double depth =
      shoe.category == ShoeCategory::kBoot ? 0.8 * shoe.shaft : std::max(deep, 0.05);
  const Point foot = {0.5 * (front.point.x + back.point.x),
                      std::min(front.point.y, back.point.y) - depth};
  const Path panel = {front.point, back.point, {foot.x - 0.035, foot.y}, {foot.x + 0.035, foot.y}};
  const bool dark = Luminance(shoe.upper) < 0.35;
  canvas.Fill(panel, dark ? Lighter(shoe.upper, 0.28) : Darker(shoe.upper, 0.5));
  canvas.Clip(panel);
  for (double x = back.point.x - 0.1; x < front.point.x + 0.1; x += 0.022) {
    canvas.Stroke({{x, foot.y}, {x, front.point.y + 0.3}}, 0.007,
                  dark ? Darker(shoe.upper, 0.2) : shoe.upper, 0.7);
  }
  canvas.Unclip();
  canvas.StrokeClosed(panel, 0.008, Darker(shoe.upper, 0.6));
}

}  // namespace

Path Band(Point from, Point to, double width, double bend) {
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double length = std::max(std::hypot(dx, dy), 1e-9);
  const Point along = {dx / length, dy / length}, across = {-dy / length, dx / length};
  constexpr int kSteps = 8;
  Path band, other;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    const Point centre =
        Move(Move(from, along, share * length), across, bend * 4 * share * (1 - share));
    band.push_back(Move(centre, across, 0.5 * width));
    other.push_back(Move(centre, across, -0.5 * width));
  }
  band.insert(band.end(), other.rbegin(), other.rend());
  return band;
}

Path FasteningRidge(const Shoe& shoe, const ShoeShape& shape) {
  if (shoe.category != ShoeCategory::kPump || shape.ridge.back().x < 0.5) return shape.ridge;
  Path ridge;
  for (const Point& point : {Point{0.66, 0.155}, {0.56, 0.2}, {0.46, 0.25}, {0.37, 0.295}}) {
    ridge.push_back({point.x, shape.Bed(point.x) + point.y * shoe.bulk});
  }
  return Smooth(ridge);
}

void DrawClosure(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape) {
  const Path ridge = FasteningRidge(shoe, shape);
  switch (shoe.closure) {
    case ShoeClosure::kLaceUp:
      DrawLaces(canvas, shoe, ridge);
      break;
    case ShoeClosure::kBuckle:
      DrawBuckles(canvas, shoe, shape, ridge);
      break;
    case ShoeClosure::kZip:
      DrawZip(canvas, shoe, shape, ridge);
      break;
    case ShoeClosure::kSlipOn:
      if (shoe.gore && shoe.category != ShoeCategory::kSandal) DrawGore(canvas, shoe, shape);
      break;
    case ShoeClosure::kHookAndLoop:
      DrawTabs(canvas, shoe, shape, ridge);
      break;
  }
}

}  // namespace csn
