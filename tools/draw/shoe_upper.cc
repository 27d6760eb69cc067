// A closed upper: its body, the panels on it, the opening's edge.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

bool IsBoot(const Shoe& shoe) { return shoe.category == ShoeCategory::kBoot; }

// The opening's far edge, in the order of the near one.
Path FarEdge(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  const Point a = shape.topline.front(), b = shape.topline.back();
  const double lift = (IsBoot(bench.shoe) ? 0.075 : 0.1) * (0.25 + bench.shoe.view.elevation);
  Path edge;
  constexpr int kSteps = 16;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    const Point near = Along(shape.topline, share).point;
    const Point chord = Between(a, b, share);
    edge.push_back({near.x, (IsBoot(bench.shoe) ? chord.y : near.y) +
                                lift * std::sin(std::numbers::pi * share)});
  }
  return edge;
}

Path AroundSole(const Bench& bench, double from, double to) {
  Path line;
  constexpr int kSteps = 20;
  for (int i = 0; i <= kSteps; ++i)
    line.push_back(bench.Over(from + (to - from) * i / kSteps, -0.01));
  return line;
}

// A panel cut from the upper: only what lies on it shows.
void LayPanel(const Bench& bench, const Path& outline, const Path& seam, Rgb colour) {
  bench.canvas.Clip(bench.shape.upper);
  bench.canvas.Fill(outline, colour);
  bench.Seam(seam, colour);
  bench.canvas.Unclip();
  bench.canvas.Lay(bench.Piece());
}

void DrawToeCap(const Bench& bench) {
  const double back = bench.shoe.category == ShoeCategory::kTrainer ? 0.78 : 0.82;
  const double bend = bench.shoe.category == ShoeCategory::kTrainer ? 0.06 : 0.035;
  const Path edge = Smooth({bench.Over(back - 0.02, -0.01), bench.Over(back + bend, 0.06),
                            bench.Over(back + bend, 0.11), bench.Over(back + 0.02, 0.2)});
  const Path outline = Joined(edge, {bench.Over(1.15, 0.2), bench.Over(1.15, -0.02)});
  LayPanel(bench, outline, Shifted(edge, 0.014, 0), bench.shoe.panel);
}

void DrawCounter(const Bench& bench) {
  const double seat = bench.shape.seat;
  const double high = bench.shoe.category == ShoeCategory::kPump ? 0.17 : 0.2;
  const Path edge = Smooth({{-0.06, seat + high},
                            {0.06, seat + high - 0.005},
                            {0.15, seat + 0.6 * high},
                            bench.Over(0.24, 0.02),
                            bench.Over(0.26, -0.02)});
  const Path outline = Joined(edge, {{-0.06, seat - 0.03}});
  LayPanel(bench, outline, Shifted(edge, -0.012, -0.012), bench.shoe.panel);
}

// Two slanting stripes, half the accent's colour: seen, but not taken for tabs.
void DrawStripes(const Bench& bench) {
  bench.canvas.Clip(bench.shape.upper);
  for (const double x : {0.33, 0.395}) {
    bench.canvas.Fill(Band(bench.Over(x, -0.01), bench.Over(x + 0.08, 0.15), 0.022, -0.012),
                      Mix(bench.shoe.upper, bench.shoe.accent, 0.4));
  }
  bench.canvas.Unclip();
  bench.canvas.Lay(bench.Piece());
}

// A tab or loop at the back of the heel to pull the shoe on by.
void DrawPullTab(const Bench& bench) {
  const Point top = bench.shape.topline.back();
  const double rise = IsBoot(bench.shoe) ? 0.045 : 0.03;
  const Path tab = Smooth({{top.x - 0.01, top.y - 0.06},
                           {top.x - 0.016, top.y + 0.4 * rise},
                           {top.x - 0.002, top.y + rise},
                           {top.x + 0.016, top.y + 0.7 * rise},
                           {top.x + 0.018, top.y - 0.06}});
  bench.canvas.Fill(tab, Mix(bench.shoe.panel, bench.shoe.accent, 0.35));
  bench.canvas.Lay(bench.Cloth());
}

// Binding or padding along the opening's near edge.
void DrawTopline(const Bench& bench) {
  const Shoe& shoe = bench.shoe;
  const bool padded = shoe.category == ShoeCategory::kTrainer;
  const Rgb colour = padded ? bench.shoe.panel : Mix(shoe.upper, bench.shoe.panel, 0.5);
  const double width = padded ? 0.032 : 0.013;
  bench.canvas.Stroke(Inset(bench.shape.topline, 0.3 * width), width, colour);
  Finish finish = bench.Piece();
  finish.height = padded ? 0.018 : 0.007;
  finish.edge = padded ? 0.03 : 0.012;
  bench.canvas.Lay(finish);
}

void DrawFur(const Bench& bench) {
  const Rgb upper = bench.shoe.upper;
  const Rgb fur = Lighter(upper, Luminance(upper) < 0.3 ? 0.5 : 0.62);
  constexpr int kTufts = 26;
  for (int i = 0; i <= kTufts; ++i) {
    const Point at = Along(bench.shape.topline, static_cast<double>(i) / kTufts).point;
    const double size = 0.024 + 0.007 * std::sin(i * 2.4) + 0.004 * std::sin(i * 5.1);
    bench.canvas.Fill(Ellipse({at.x, at.y - 0.004 + 0.004 * std::sin(i * 3.3)}, size, size), fur);
  }
  bench.canvas.Lay({.surface = PlushSurface(), .height = 0.03, .edge = 0.035, .shadow = 0.4});
}

// Seams that a category shows beneath its panels. On the body's layer.
void DrawSeams(const Bench& bench) {
  const Rgb upper = bench.shoe.upper;
  const double seat = bench.shape.seat;
  switch (bench.shoe.category) {
    case ShoeCategory::kBoot: {
      const Path quarter = Smooth({bench.Over(0.5, 0.27), bench.Over(0.56, 0.16),
                                   bench.Over(0.6, 0.08), bench.Over(0.52, -0.01)});
      bench.Seam(quarter, upper);
      bench.Seam(Shifted(quarter, 0.014, 0), upper);
      bench.Seam(Smooth({{0.13, seat + bench.shoe.shaft}, {0.12, seat + 0.3}, {0.1, seat + 0.2}}),
                 upper);
      break;
    }
    case ShoeCategory::kSlipper: {
      const Path apron = Smooth({bench.Over(0.56, 0.1), bench.Over(0.7, 0.085),
                                 bench.Over(0.86, 0.06), bench.Over(0.98, 0.05)});
      bench.canvas.Stroke(Shifted(apron, 0, 0.006), 0.006, Darker(upper, 0.25));
      bench.Seam(apron, upper);
      break;
    }
    case ShoeCategory::kPump:
      bench.Seam(Smooth({bench.Over(0.3, 0.11), bench.Over(0.34, 0.05), bench.Over(0.34, -0.01)}),
                 upper);
      break;
    case ShoeCategory::kTrainer: {
      const Path quarter = Smooth({bench.Over(0.62, 0.2), bench.Over(0.66, 0.1),
                                   bench.Over(0.58, 0.03), bench.Over(0.5, -0.01)});
      bench.Seam(quarter, upper);
      bench.Seam(Shifted(quarter, 0.014, 0), upper);
      break;
    }
    case ShoeCategory::kSandal:
      break;
  }
}

}  // namespace

void DrawInside(const Bench& bench) {
  Canvas& canvas = bench.canvas;
  const Path far = FarEdge(bench);
  const Path inside = Joined(bench.shape.topline, Reversed(far));
  const bool plush = bench.shoe.category == ShoeCategory::kSlipper;
  const Rgb lining = plush ? Lighter(bench.shoe.upper, 0.45) : bench.shoe.lining;
  canvas.Fill(inside, lining);
  canvas.Clip(inside);
  // Darker the deeper: along the near edge.
  for (double width = 0.02; width < 0.13; width += 0.02) {
    canvas.Stroke(bench.shape.topline, width, {0.05, 0.04, 0.04}, 0.16);
  }
  canvas.Unclip();
  canvas.Stroke(far, 0.014, bench.shoe.upper);
  canvas.Lay({.surface = plush ? PlushSurface() : Surface{}, .edge = 0.012, .own_form = true});
}

void DrawUpper(const Bench& bench) {
  const Shoe& shoe = bench.shoe;
  bench.canvas.Fill(bench.shape.upper, shoe.upper);
  bench.canvas.Clip(bench.shape.upper);
  DrawSeams(bench);
  // Where the upper meets the sole little light falls.
  const Path foot = AroundSole(bench, -0.03, bench.shape.toe + 0.02);
  for (const double width : {0.06, 0.03}) bench.canvas.Stroke(foot, width, {0, 0, 0}, 0.16);
  bench.canvas.Unclip();
  bench.canvas.Lay({.surface = SurfaceOf(shoe.material),
                    .height = 0.012,
                    .edge = 0.02,
                    .bulge = 0.1,
                    .bulge_width = 0.17,
                    .own_form = true,
                    .shadow = 0.55,
                    .reach = 0.025});
  const bool sporty = shoe.category == ShoeCategory::kTrainer;
  if (sporty) DrawStripes(bench);
  const bool closed = shoe.toe_shape != ToeShape::kOpen;
  if (closed && shoe.category != ShoeCategory::kSlipper && (sporty || shoe.toe_cap)) {
    DrawToeCap(bench);
  }
  if (shoe.category != ShoeCategory::kSlipper && (sporty || shoe.counter)) DrawCounter(bench);
  if (shoe.category == ShoeCategory::kSlipper) {
    DrawFur(bench);
  } else {
    DrawTopline(bench);
    if (shoe.category != ShoeCategory::kPump) DrawPullTab(bench);
  }
  DrawToeOpening(bench);
}

void DrawToeOpening(const Bench& bench) {
  if (bench.shoe.toe_shape != ToeShape::kOpen) return;
  Canvas& canvas = bench.canvas;
  const Path& cut = bench.shape.toe_line;
  // The cut's other side, round the front of what would be the toes.
  Path rim;
  constexpr int kSteps = 12;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    const Point at = Along(cut, share).point;
    rim.push_back({at.x + (0.03 + 0.02 * bench.shoe.view.elevation) * std::sqrt(1 - share), at.y});
  }
  canvas.Fill(Joined(cut, Reversed(rim)), Darker(bench.shoe.lining, 0.25));
  canvas.Clip(Joined(cut, Reversed(rim)));
  for (double width = 0.02; width < 0.09; width += 0.02) canvas.Stroke(cut, width, {0, 0, 0}, 0.3);
  canvas.Unclip();
  canvas.LayFlat();
  canvas.Stroke(Part(rim, 0.12, 1), 0.012, Darker(bench.shoe.upper, 0.2));
  canvas.Lay(bench.Piece());
  // The insole that runs out of it, and the cut's own binding.
  Path insole;
  for (double x = cut.front().x - 0.02; x < bench.shape.toe - 0.005; x += 0.01) {
    insole.push_back({x, bench.shape.Bed(x) + 0.007});
  }
  canvas.Stroke(insole, 0.014, bench.shoe.lining);
  canvas.Lay({.height = 0.006, .edge = 0.012, .shadow = 0.2});
  canvas.Stroke(cut, 0.016, Mix(bench.shoe.upper, bench.shoe.panel, 0.5));
  canvas.Lay(bench.Piece());
}

}  // namespace csn
