// A sandal: an insole one sees, and straps over it.
#include <algorithm>

#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

Finish StrapFinish(const Bench& bench) {
  Finish finish = bench.Piece();
  finish.height = 0.011;
  finish.edge = 0.014;
  finish.bulge = 0.04;
  finish.bulge_width = 0.1;
  finish.own_form = true;
  finish.reach = 0.02;
  return finish;
}

Path InsoleLine(const Bench& bench, double lift) {
  Path line;
  constexpr int kSteps = 40;
  for (int i = 0; i <= kSteps; ++i) {
    const double x = 0.004 + (bench.shape.toe - 0.008) * i / kSteps;
    line.push_back({x, bench.shape.Bed(x) + lift});
  }
  return line;
}

// The insole, seen a little from above.
void DrawInsole(const Bench& bench) {
  const double high = 0.012 + 0.03 * bench.shoe.view.elevation;
  const Path surface = Joined(InsoleLine(bench, 0), Reversed(InsoleLine(bench, high)));
  bench.canvas.Fill(surface, bench.shoe.lining);
  bench.canvas.Stroke(InsoleLine(bench, 0.004), 0.008, Lighter(bench.shoe.lining, 0.25));
  bench.canvas.Lay({.height = 0.008, .edge = 0.016, .own_form = true});
}

void LayFarStrap(const Bench& bench, const Path& line, double width) {
  bench.canvas.Stroke(line, width, Darker(Mix(bench.shoe.upper, bench.shoe.lining, 0.6), 0.35));
  bench.canvas.Lay(bench.Piece());
}

void LayStrap(const Bench& bench, const Path& line, double width) {
  bench.canvas.Fill(Ribbon(line, width, width), bench.shoe.upper);
  bench.Seam(Inset(line, 0.36 * width), bench.shoe.upper);
  bench.Seam(Inset(line, -0.36 * width), bench.shoe.upper);
  bench.canvas.Lay(StrapFinish(bench));
}

// A toe cap, or where the toe is open a band across the ball.
void DrawFront(const Bench& bench, double back) {
  const ShoeShape& shape = bench.shape;
  Path front = shape.toe_line;
  for (const Point& point : shape.ridge) {
    if (point.x > back) front.push_back(point);
  }
  const Point top = front.back();
  const double lift = 0.05 * (0.3 + bench.shoe.view.elevation);
  bench.canvas.Fill(Smooth({{top.x + 0.06, top.y - 0.02},
                            {top.x + 0.01, top.y + 0.4 * lift},
                            {top.x - 0.05, top.y - 0.01},
                            bench.Over(back + 0.02, 0.06),
                            bench.Over(back + 0.1, 0.05)}),
                    Darker(bench.shoe.lining, 0.6));
  bench.canvas.LayFlat();
  const Path edge = Smooth({top, bench.Over(back + 0.02, 0.08), bench.Over(back - 0.015, -0.004)});
  front = Joined(front, edge);
  for (double x = back; x < shape.toe_line.front().x; x += 0.02) {
    front.push_back(bench.Over(x, -0.004));
  }
  bench.canvas.Fill(front, bench.shoe.upper);
  bench.canvas.Clip(front);
  bench.Seam(Shifted(edge, 0.015, 0), bench.shoe.upper);
  bench.Seam(Shifted(edge, 0.028, 0), bench.shoe.upper);
  bench.canvas.Unclip();
  Finish finish = StrapFinish(bench);
  finish.bulge = 0.075;
  finish.bulge_width = 0.13;
  bench.canvas.Lay(finish);
  DrawToeOpening(bench);
}

// The elastic that holds some mules at the heel, its far side behind.
void DrawSling(const Bench& bench) {
  if (!bench.shoe.gore) return;
  const double y = bench.shape.seat + 0.15;
  const double middle = 0.5 * (y + bench.Over(0.3, 0.08).y);
  LayFarStrap(bench, Smooth({bench.Over(0.6, 0.12), {0.3, middle + 0.06}, {0.012, y}}), 0.024);
  bench.canvas.Stroke(Smooth({bench.Over(0.57, 0.07), {0.3, middle}, {0.012, y}}), 0.034,
                      bench.shoe.upper);
  Finish finish = StrapFinish(bench);
  finish.surface = {.weave = Weave::kRib, .weave_depth = 0.3, .weave_size = 0.016};
  bench.canvas.Lay(finish);
}

void DrawHeelCup(const Bench& bench, double cuff, double deep) {
  const double seat = bench.shape.seat;
  const Path cup = Smooth({{-0.006, seat - 0.004},
                           {-0.016, seat + 0.09},
                           {0.012, seat + cuff},
                           {0.5 * deep, seat + cuff - 0.004},
                           {deep, seat + cuff - 0.03},
                           {deep + 0.015, seat + 0.05},
                           bench.Over(deep + 0.05, -0.004)});
  bench.canvas.Fill(cup, bench.shoe.upper);
  bench.canvas.Clip(cup);
  const Path edge = Smooth({{0.01, seat + cuff - 0.014},
                            {0.5 * deep, seat + cuff - 0.018},
                            {deep - 0.014, seat + cuff - 0.04},
                            {deep, seat + 0.05}});
  bench.Seam(edge, bench.shoe.upper);
  bench.canvas.Unclip();
  bench.canvas.Lay(StrapFinish(bench));
}

}  // namespace

void DrawSandal(const Bench& bench) {
  const Shoe& shoe = bench.shoe;
  const bool mule = shoe.closure == ShoeClosure::kSlipOn;
  const bool zip = shoe.closure == ShoeClosure::kZip;
  const double seat = bench.shape.seat;
  DrawInsole(bench);
  if (mule) {
    DrawSling(bench);
    DrawFront(bench, 0.52);
    return;
  }
  const double cuff = zip ? 0.36 : 0.19;
  const double y = seat + std::max(cuff - 0.03, 0.15);
  const Point end = Along(bench.shape.ridge, 0.93).point;
  LayFarStrap(bench, Smooth({{0.02, y}, {0.16, y + 0.075}, end}), 0.03);
  DrawFront(bench, 0.70);
  DrawHeelCup(bench, cuff, zip ? 0.2 : 0.15);
  // Something for fastenings to hold on to: a strap along the side.
  const Point from{0.1, seat + 0.09}, to = bench.Over(0.73, 0.05);
  LayStrap(bench, Smooth({from, {0.4, 0.5 * (from.y + to.y) + 0.01}, to}), 0.045);
  LayStrap(bench, Smooth({{0.02, y - 0.01}, {0.17, 0.5 * (y + end.y) - 0.03}, end}), 0.036);
}

}  // namespace csn
