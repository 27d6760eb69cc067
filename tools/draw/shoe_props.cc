// What hides a part of a shoe: a trouser leg, tissue paper, a hang tag, a box.
#include <algorithm>
#include <cmath>

#include "tools/draw/noise.h"
#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

double HemHeight(const Bench& bench) {
  const double place = bench.shoe.scene.prop_place;
  return bench.shape.seat + (bench.shoe.category == ShoeCategory::kBoot
                                 ? bench.shoe.shaft * (0.62 + 0.2 * place)
                                 : 0.24 + 0.06 * place);
}

// A hem that falls over the opening's back half, or over the top of a boot's shaft.
void DrawTrouserLeg(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  const bool boot = bench.shoe.category == ShoeCategory::kBoot;
  const double hem = HemHeight(bench);
  const double front = boot ? 0.44 : 0.36, top = shape.top + 1;
  const Path leg = Joined(
      Smooth({{-0.05, hem - 0.015}, {0.12, hem - 0.02}, {0.26, hem + 0.02}, {front, hem + 0.07}}),
      {{front + 0.02, top}, {-0.08, top}});
  bench.canvas.Fill(leg, bench.shoe.scene.prop_colour);
  const Path fold = Smooth({{0.1, hem - 0.01}, {0.13, hem + 0.2}, {0.08, top}});
  bench.canvas.Stroke(fold, 0.05, Darker(bench.shoe.scene.prop_colour, 0.15), 0.5);
  bench.Seam({{-0.05, hem + 0.02}, {0.12, hem + 0.015}, {0.26, hem + 0.055}, {front, hem + 0.105}},
             bench.shoe.scene.prop_colour);
  Finish finish{.surface = ClothSurface(),
                .height = 0.015,
                .edge = 0.02,
                .bulge = 0.07,
                .bulge_width = 0.17,
                .own_form = true,
                .shadow = 0.6,
                .reach = 0.03};
  bench.canvas.Lay(finish);
}

// A crumpled heap before the toe's or the heel's foot, nearer to the camera than both.
void DrawTissue(const Bench& bench) {
  const Scene& scene = bench.shoe.scene;
  const bool at_toe = scene.prop_place > 0.5;
  const double from = at_toe ? 0.66 : -0.3, to = at_toe ? 1.4 : 0.34;
  constexpr int kPeaks = 8;
  constexpr double kDeep = -0.7;  // below any picture's edge
  Path ridge;
  for (int i = 0; i <= kPeaks; ++i) {
    const double share = static_cast<double>(i) / kPeaks;
    const double middle = 4 * share * (1 - share);
    ridge.push_back({from + (to - from) * share,
                     -0.12 + 0.17 * middle * (0.65 + 0.5 * CellNoise(i, 0, scene.pattern))});
  }
  const Rgb paper{0.95, 0.95, 0.94};
  const Path heap = Joined(Smooth(ridge), {{to, kDeep}, {from, kDeep}});
  bench.canvas.Fill(heap, paper);
  bench.canvas.Clip(heap);
  // Facets, each in its own shade.
  for (int i = 0; i < 3 * kPeaks; ++i) {
    const double x = from + (to - from) * CellNoise(i, 1, scene.pattern);
    const double y = 0.05 - 0.3 * CellNoise(i, 2, scene.pattern);
    const double lean = 0.2 * (CellNoise(i, 3, scene.pattern) - 0.5);
    bench.canvas.Fill({{x, y}, {x + 0.13, y - 0.03 + lean}, {x + 0.05 + lean, y - 0.12}},
                      Darker(paper, 0.16 * CellNoise(i, 4, scene.pattern)), 0.6);
  }
  bench.canvas.Unclip();
  bench.canvas.Lay({.surface = {.grain = 0.16, .grain_size = 0.09},
                    .height = 0.03,
                    .edge = 0.05,
                    .own_form = true,
                    .shadow = 0.35,
                    .reach = 0.03});
}

// A price tag on a string from the opening.
void DrawHangTag(const Bench& bench) {
  const Point from = Along(bench.shape.topline, 0.3 + 0.4 * bench.shoe.scene.prop_place).point;
  const Point eye = {from.x + 0.06, from.y - 0.1};
  bench.canvas.Stroke(Smooth({from, {from.x + 0.05, from.y - 0.03}, eye}), 0.007,
                      {0.85, 0.83, 0.78});
  bench.canvas.Lay(bench.Cloth());
  const double x = eye.x, y = eye.y;
  bench.canvas.Fill({{x, y + 0.012},
                     {x + 0.04, y - 0.02},
                     {x + 0.03, y - 0.15},
                     {x - 0.06, y - 0.142},
                     {x - 0.05, y - 0.012}},
                    {0.96, 0.95, 0.92});
  for (const double line : {0.05, 0.075, 0.1}) {
    bench.canvas.Stroke({{x - 0.035, y - line}, {x + 0.018, y - line - 0.005}}, 0.008,
                        {0.45, 0.45, 0.47});
  }
  bench.canvas.Fill(Ellipse({x - 0.005, y - 0.008}, 0.008, 0.008), {0.3, 0.3, 0.3});
  bench.canvas.Lay({.height = 0.008, .edge = 0.008, .shadow = 0.5, .reach = 0.03});
}

// The corner of the shoe's box, before its toe or heel.
void DrawBox(const Bench& bench) {
  const bool at_toe = bench.shoe.scene.prop_place > 0.5;
  const double edge = at_toe ? bench.shape.toe - 0.06 - 0.1 * bench.shoe.scene.prop_place : 0.1;
  const double far = at_toe ? edge + 0.8 : edge - 0.8, high = 0.12;
  const Rgb card = Mix(bench.shoe.scene.prop_colour, {0.75, 0.6, 0.45}, 0.5);
  bench.canvas.Fill({{edge, -0.3}, {edge, high}, {far, high + 0.02}, {far, -0.3}}, card);
  bench.canvas.Fill({{edge, high - 0.05}, {edge, high}, {far, high + 0.02}, {far, high - 0.03}},
                    Lighter(card, 0.2));
  bench.canvas.Lay({.height = 0.01, .edge = 0.01, .own_form = true, .shadow = 0.5, .reach = 0.05});
}

}  // namespace

void DrawFoot(const Bench& bench) {
  if (bench.shoe.scene.prop != Prop::kTrouserLeg) return;
  const ShoeShape& shape = bench.shape;
  const double top = HemHeight(bench) + 0.1;
  Path foot = Smooth({bench.Over(0.95, 0.015), bench.Over(0.93, 0.05), bench.Over(0.86, 0.085),
                      bench.Over(0.76, 0.12), bench.Over(0.62, 0.175), bench.Over(0.5, 0.225),
                      bench.Over(0.4, 0.27)});
  foot = Joined(foot, {{0.35, top},
                       {0.04, top},
                       {0.025, shape.seat + 0.15},
                       {0.01, shape.seat + 0.07},
                       {0.02, shape.seat}});
  for (double x = 0.04; x < 0.95; x += 0.03) foot.push_back({x, shape.Bed(x)});
  const Rgb sock = Mix(bench.shoe.scene.prop_colour, {0.62, 0.6, 0.58}, 0.7);
  bench.canvas.Fill(foot, sock);
  bench.canvas.Lay({.surface = ClothSurface(),
                    .bulge = 0.1,
                    .bulge_width = 0.16,
                    .own_form = true,
                    .shadow = 0.3});
}

void DrawProp(const Bench& bench) {
  switch (bench.shoe.scene.prop) {
    case Prop::kNone:
      break;
    case Prop::kTrouserLeg:
      DrawTrouserLeg(bench);
      break;
    case Prop::kTissue:
      DrawTissue(bench);
      break;
    case Prop::kHangTag:
      DrawHangTag(bench);
      break;
    case Prop::kBox:
      DrawBox(bench);
      break;
  }
}

}  // namespace csn
