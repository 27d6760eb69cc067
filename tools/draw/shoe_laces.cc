// Laces through eyelets, and zips.
#include <vector>

#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

constexpr Rgb kInk{0.07, 0.07, 0.08};
constexpr double kLace = 0.028;     // width
constexpr double kNearRow = 0.112;  // depth of the near eyelets below the ridge

// The tongue's end above the lacing.
void DrawTongue(const Bench& bench) {
  const PathPosition end = Along(bench.shape.fastening, 1);
  const Point in = LeftOf(end.tangent);
  const Path tongue =
      Smooth({Move(end.point, end.tangent, -0.12), Move(end.point, in, -0.012),
              Move(Move(end.point, end.tangent, 0.05), in, 0.0),
              Move(Move(end.point, end.tangent, 0.055), in, 0.05), Move(end.point, in, 0.075)});
  bench.canvas.Fill(tongue, Mix(bench.shoe.upper, bench.shoe.panel, 0.6));
  Finish finish = bench.Piece();
  finish.height = 0.015;
  finish.edge = 0.025;
  bench.canvas.Lay(finish);
}

// The piece that the near eyelets are punched in.
void DrawFacing(const Bench& bench) {
  const Path& ridge = bench.shape.fastening;
  const Rgb panel = bench.shoe.panel;
  const Path edge = Inset(ridge, kNearRow + 0.024, 0.04, 1.0);
  const Path gap = Inset(ridge, 0.042, 0.06, 1.0);
  // The slit between the facings shows the tongue, in shade.
  bench.canvas.Fill(Joined(Inset(ridge, -0.004, 0.05, 1.0), Reversed(gap)),
                    Darker(Mix(bench.shoe.upper, panel, 0.5), 0.25));
  bench.canvas.Lay(bench.Piece());
  bench.canvas.Fill(Joined(gap, Reversed(edge)), panel);
  bench.Seam(Inset(ridge, kNearRow + 0.012, 0.06, 1.0), panel);
  bench.canvas.Lay(bench.Piece());
}

void DrawBow(const Bench& bench, Point knot) {
  Canvas& canvas = bench.canvas;
  const Rgb lace = bench.shoe.accent;
  const Path ends[] = {
      Smooth({knot, {knot.x - 0.012, knot.y - 0.04}, {knot.x - 0.04, knot.y - 0.1}}),
      Smooth({knot, {knot.x + 0.03, knot.y - 0.03}, {knot.x + 0.04, knot.y - 0.09}})};
  for (const Path& end : ends) {
    canvas.Stroke(end, 0.016, lace);
    canvas.Stroke(Part(end, 0.84, 1), 0.013, Darker(bench.shoe.metal, 0.3));
  }
  canvas.Lay(bench.Cloth());
  const Path loops[] = {Smooth({knot,
                                {knot.x + 0.05, knot.y + 0.045},
                                {knot.x + 0.1, knot.y + 0.015},
                                {knot.x + 0.05, knot.y - 0.005},
                                knot}),
                        Smooth({knot,
                                {knot.x - 0.05, knot.y + 0.03},
                                {knot.x - 0.09, knot.y - 0.02},
                                {knot.x - 0.04, knot.y - 0.016},
                                knot})};
  for (const Path& loop : loops) canvas.Stroke(loop, 0.019, lace);
  canvas.Lay(bench.Cloth());
  canvas.Fill(Ellipse(knot, 0.019, 0.016), lace);
  canvas.Lay(bench.Cloth());
}

void DrawEyelets(const Bench& bench, const std::vector<Point>& places) {
  for (const Point& place : places) {
    bench.canvas.Fill(Ellipse(place, 0.018, 0.018), bench.shoe.metal);
  }
  bench.canvas.Lay(bench.Metal());
  for (const Point& place : places) bench.canvas.Fill(Ellipse(place, 0.007, 0.007), kInk);
  bench.canvas.LayFlat();
}

void DrawTeeth(const Bench& bench, const Path& line) {
  Canvas& canvas = bench.canvas;
  canvas.Stroke(line, 0.086, bench.shoe.accent);
  bench.Seam(Inset(line, 0.035), bench.shoe.accent);
  bench.Seam(Inset(line, -0.035), bench.shoe.accent);
  canvas.Lay(bench.Cloth());
  canvas.Stroke(line, 0.038, kInk);
  canvas.LayFlat();
  canvas.StrokeDashed(Inset(line, 0.009), 0.021, bench.shoe.metal, 0.012, 0.011);
  canvas.StrokeDashed(Inset(line, -0.009), 0.021, bench.shoe.metal, 0.011, 0.012);
  canvas.Lay({.surface = MetalSurface(), .height = 0.005, .edge = 0.006, .shadow = 0});
}

void DrawSlider(const Bench& bench, const Path& line) {
  Canvas& canvas = bench.canvas;
  const PathPosition end = Along(line, 0.92);
  canvas.Fill(Ribbon({Move(end.point, end.tangent, -0.028), Move(end.point, end.tangent, 0.022)},
                     0.036, 0.058),
              bench.shoe.metal);
  canvas.Lay(bench.Metal());
  const Point ring = Move(end.point, {-0.2, -0.98}, 0.022), tip = Move(ring, {-0.25, -0.97}, 0.08);
  canvas.StrokeClosed(Ellipse(ring, 0.012, 0.014), 0.007, bench.shoe.metal);
  canvas.Fill(Ribbon({ring, tip}, 0.018, 0.03), bench.shoe.metal);
  canvas.Lay(bench.Metal());
}

Path ZipLine(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  const double seat = shape.seat;
  if (bench.shoe.category == ShoeCategory::kBoot) {
    return Smooth(
        {bench.Over(0.27, 0.05), {0.23, seat + 0.18}, {0.22, seat + bench.shoe.shaft - 0.02}});
  }
  if (bench.shoe.category == ShoeCategory::kSandal) {
    return {{0.105, seat + 0.06}, {0.105, seat + 0.33}};
  }
  return Inset(shape.fastening, 0.055, 0.0, 0.97);
}

}  // namespace

void DrawLaces(const Bench& bench) {
  Canvas& canvas = bench.canvas;
  const Shoe& shoe = bench.shoe;
  const Path& ridge = bench.shape.fastening;
  DrawTongue(bench);
  DrawFacing(bench);
  const int rows = 3 + shoe.fastenings + (shoe.category == ShoeCategory::kBoot ? 2 : 0);
  std::vector<Point> far, near;
  for (int row = 0; row < rows; ++row) {
    const PathPosition at = Along(ridge, 0.1 + 0.84 * row / (rows - 1));
    far.push_back(Move(at.point, LeftOf(at.tangent), 0.004));
    near.push_back(Move(at.point, LeftOf(at.tangent), kNearRow));
  }
  DrawEyelets(bench, near);
  // One lace crosses beneath the other.
  canvas.Stroke({far[0], near[0]}, kLace, shoe.accent);
  for (int row = 0; row + 1 < rows; ++row) {
    canvas.Stroke({far[row], near[row + 1]}, kLace, shoe.accent);
  }
  canvas.Lay(bench.Cloth());
  for (int row = 0; row + 1 < rows; ++row) {
    canvas.Stroke({near[row], far[row + 1]}, kLace, shoe.accent);
  }
  canvas.Lay(bench.Cloth());
  if (shoe.laces_tied) {
    const PathPosition end = Along(ridge, 0.96);
    DrawBow(bench, Move(end.point, LeftOf(end.tangent), 0.5 * kNearRow));
  }
}

void DrawZip(const Bench& bench) {
  const Path line = ZipLine(bench);
  DrawTeeth(bench, line);
  DrawSlider(bench, line);
}

}  // namespace csn
