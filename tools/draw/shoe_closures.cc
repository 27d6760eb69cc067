// Straps: with buckles, and with hook-and-loop tabs; elastic panels. Laces and zips have files of
// their own.
#include <algorithm>
#include <cmath>

#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

constexpr Rgb kInk{0.08, 0.08, 0.09};

// Where a strap that starts on the ridge ends: at the sole, or at the shaft's back.
Point StrapEnd(const ShoeShape& shape, Point from, Point direction, double longest) {
  Point at = from;
  for (double length = 0; length < longest; length += 0.005) {
    at = Move(from, direction, length);
    if (at.y <= shape.Bed(at.x) + 0.014 || at.x <= 0.035) break;
  }
  return at;
}

// Place along the ridge of a strap or tab.
double PlaceOf(const Shoe& shoe, int index, int count) {
  const double low = shoe.category == ShoeCategory::kBoot ? 0.3 : 0.28;
  const double high = shoe.category == ShoeCategory::kBoot ? 0.9 : 0.86;
  return count == 1 ? 0.62 : low + (high - low) * index / (count - 1);
}

// A low pump has room for two.
int StrapCount(const Shoe& shoe) {
  return shoe.category == ShoeCategory::kPump ? std::min(shoe.fastenings, 2) : shoe.fastenings;
}

struct Strap {
  Point from, to;
  Point along;  // unit
  double length;
  Point At(double share, double across = 0) const {
    return Move(Between(from, to, share), LeftOf(along), across);
  }
};

Strap StrapBetween(Point from, Point to) {
  const double length = std::max(Distance(from, to), 1e-6);
  return {from, to, {(to.x - from.x) / length, (to.y - from.y) / length}, length};
}

// A band whose far end is cut round or to a point.
Path Tongue(const Strap& strap, double width, double point) {
  const double half = 0.5 * width, end = std::min(0.5, point / strap.length);
  return {strap.At(0, half),        strap.At(1 - end, half),  strap.At(1 - 0.3 * end, 0.72 * half),
          strap.At(1, 0.3 * half),  strap.At(1, -0.3 * half), strap.At(1 - 0.3 * end, -0.72 * half),
          strap.At(1 - end, -half), strap.At(0, -half)};
}

// Straps and tabs of a shoe that is open above them span air: the far half of each shows behind the
// near one.
void DrawFarHalf(const Bench& bench, const Strap& strap, double width) {
  const ShoeCategory category = bench.shoe.category;
  if (category != ShoeCategory::kSandal && category != ShoeCategory::kPump) return;
  const double apart = 0.07 + 0.05 * bench.shoe.view.elevation;
  const Point foot = {strap.to.x + apart, bench.shape.Bed(strap.to.x + apart) + 0.02};
  // A little below the near half's upper end, which it would stick out of.
  const Point crown = Move(strap.from, strap.along, 0.35 * width);
  const Point side = {Between(crown, foot, 0.5).x + 0.3 * apart, Between(crown, foot, 0.4).y};
  bench.canvas.Fill(Ribbon(Smooth({crown, side, foot}), 0.6 * width, 0.5 * width),
                    Darker(Mix(bench.shoe.accent, {0.4, 0.38, 0.36}, 0.4), 0.2));
  bench.canvas.Lay(bench.Piece());
}

Finish StrapFinish(const Bench& bench) {
  Finish finish = bench.Piece();
  finish.height = 0.012;
  finish.edge = 0.014;
  finish.reach = 0.018;
  finish.shadow = 0.6;
  return finish;
}

// A frame with its prong, turned along the strap, and the loop that holds the strap's end.
void DrawBuckle(const Bench& bench, const Strap& strap, double at, double width) {
  Canvas& canvas = bench.canvas;
  const double half = 0.04 / strap.length, high = 0.5 * width + 0.012;
  canvas.Fill(
      Band(strap.At(at + 2 * half), strap.At(at + 2 * half + 0.016 / strap.length), width + 0.012),
      Darker(bench.shoe.accent, 0.12));
  canvas.Lay(StrapFinish(bench));
  const Path frame = {strap.At(at - half, -high), strap.At(at + half, -high),
                      strap.At(at + half, high), strap.At(at - half, high)};
  canvas.StrokeClosed(frame, 0.023, bench.shoe.metal);
  canvas.Lay(bench.Metal());
  canvas.Stroke({strap.At(at - half), strap.At(at + 1.25 * half)}, 0.011,
                Lighter(bench.shoe.metal, 0.2));
  canvas.Lay(bench.Metal());
}

void DrawBuckledStrap(const Bench& bench, const Strap& strap) {
  constexpr double kWidth = 0.078;
  Canvas& canvas = bench.canvas;
  const Rgb accent = bench.shoe.accent;
  DrawFarHalf(bench, strap, 0.045);
  canvas.Fill(Tongue(strap, kWidth, 0.04), accent);
  for (const double side : {0.38, -0.38}) {
    bench.Seam({strap.At(0, side * kWidth), strap.At(0.9, side * kWidth)}, accent);
  }
  for (double hole = 0.62; hole < 0.95; hole += 0.13) {
    canvas.Fill(Ellipse(strap.At(hole), 0.0065, 0.0065), kInk);
  }
  canvas.Lay(StrapFinish(bench));
  DrawBuckle(bench, strap, 0.36, kWidth);
}

void DrawBuckles(const Bench& bench) {
  const Path& ridge = bench.shape.fastening;
  const int count = StrapCount(bench.shoe);
  for (int i = 0; i < count; ++i) {
    const PathPosition at = Along(ridge, PlaceOf(bench.shoe, i, count));
    const Point inward = LeftOf(at.tangent);
    DrawBuckledStrap(bench, StrapBetween(Move(at.point, inward, -0.012),
                                         StrapEnd(bench.shape, at.point, inward, 0.5)));
  }
}

// A wide tab: the rough side shows a little beyond its end, two rows of stitches run around it, and
// a square of them holds the hooks beneath.
void DrawTab(const Bench& bench, const Strap& strap, double width) {
  Canvas& canvas = bench.canvas;
  const Rgb accent = bench.shoe.accent;
  DrawFarHalf(bench, strap, 0.8 * width);
  const Rgb rough = Luminance(accent) > 0.5 ? Darker(accent, 0.28) : Lighter(accent, 0.28);
  canvas.Fill(Band(strap.At(0.5), strap.At(1 + 0.02 / strap.length), width * 0.8), rough);
  canvas.Lay({.surface = PlushSurface(), .height = 0.006, .edge = 0.01, .shadow = 0.3});
  canvas.Fill(Tongue(strap, width, 0.025), accent);
  const double inset = 0.5 * width - 0.011, end = 1 - 0.014 / strap.length;
  bench.Seam({strap.At(0, inset), strap.At(end, inset), strap.At(end, -inset), strap.At(0, -inset)},
             accent);
  const double inner = inset - 0.012;
  bench.Seam({strap.At(0.45, inner), strap.At(end - 0.06, inner), strap.At(end - 0.06, -inner),
              strap.At(0.45, -inner), strap.At(0.45, inner)},
             accent);
  Finish finish = StrapFinish(bench);
  finish.height = 0.014;
  canvas.Lay(finish);
}

void DrawTabs(const Bench& bench) {
  const int count = StrapCount(bench.shoe);
  const double width = count == 3 ? 0.095 : count == 2 ? 0.13 : 0.165;
  for (int i = 0; i < count; ++i) {
    const PathPosition at = Along(bench.shape.fastening, PlaceOf(bench.shoe, i, count));
    const Point inward = LeftOf(at.tangent);
    DrawTab(
        bench,
        StrapBetween(Move(at.point, inward, -0.015), StrapEnd(bench.shape, at.point, inward, 0.21)),
        width);
  }
}

// An elastic panel: a ribbed wedge let into the side below the opening.
void DrawGore(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  const Shoe& shoe = bench.shoe;
  if (!shoe.gore || shoe.category == ShoeCategory::kSandal) return;
  const bool boot = shoe.category == ShoeCategory::kBoot;
  const double front = boot ? 0.3 : 0.22, back = boot ? 0.75 : 0.5;
  const Point a = Along(shape.topline, front).point, b = Along(shape.topline, back).point;
  const double deep = 0.55 * (0.5 * (a.y + b.y) - shape.Bed(0.4));
  const double depth = boot ? 0.8 * shoe.shaft : std::max(deep, 0.05);
  const Point foot = {0.5 * (a.x + b.x), std::min(a.y, b.y) - depth};
  Path panel = Part(shape.topline, front, back);
  panel = Joined(panel, {{foot.x - 0.035, foot.y}, {foot.x + 0.035, foot.y}});
  const bool dark = Luminance(shoe.upper) < 0.35;
  bench.canvas.Fill(panel, dark ? Lighter(shoe.upper, 0.25) : Darker(shoe.upper, 0.45));
  bench.canvas.Lay(
      {.surface = {.gloss = 0.05, .weave = Weave::kRib, .weave_depth = 0.7, .weave_size = 0.024},
       .height = -0.004,
       .edge = 0.012,
       .shadow = 0});
  bench.Seam({{foot.x - 0.047, foot.y - 0.012}, {b.x - 0.012, b.y}}, shoe.upper);
  bench.Seam({{foot.x + 0.047, foot.y - 0.012}, {a.x + 0.012, a.y}}, shoe.upper);
  bench.canvas.LayFlat();
}

}  // namespace

void DrawClosure(const Bench& bench) {
  switch (bench.shoe.closure) {
    case ShoeClosure::kLaceUp:
      DrawLaces(bench);
      break;
    case ShoeClosure::kBuckle:
      DrawBuckles(bench);
      break;
    case ShoeClosure::kZip:
      DrawZip(bench);
      break;
    case ShoeClosure::kSlipOn:
      DrawGore(bench);
      break;
    case ShoeClosure::kHookAndLoop:
      DrawTabs(bench);
      break;
  }
}

}  // namespace csn
