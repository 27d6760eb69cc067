// Sole, heel and tread.
#include <algorithm>
#include <cmath>

#include "tools/draw/shoe_parts.h"

namespace csn {
namespace {

Finish SoleFinish() {
  return {.surface = RubberSurface(),
          .height = 0.02,
          .edge = 0.022,
          .bulge = 0.012,
          .bulge_width = 0.06,
          .own_form = true,
          .shadow = 0.3,
          .reach = 0.02};
}

// The footbed's line, `drop` below it.
Path BedLine(const ShoeShape& shape, double from, double to, double drop) {
  Path line;
  constexpr int kSteps = 40;
  for (int i = 0; i <= kSteps; ++i) {
    const double x = from + (to - from) * i / kSteps;
    line.push_back({x, shape.Bed(x) - drop});
  }
  return line;
}

// Layers of leather, or the rope of an espadrille: lines across the sole's or heel's height.
void DrawLifts(const Bench& bench, const Path& outline, double step, double strength) {
  bench.canvas.Clip(outline);
  const Rgb line = Darker(bench.shoe.sole, strength);
  for (double y = step; y < bench.shape.seat - 0.4 * step; y += step) {
    bench.canvas.Stroke({{-0.05, y}, {1.15, y}}, 0.25 * step, line, 0.7);
  }
  bench.canvas.Unclip();
}

void DrawHeel(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  if (shape.heel.empty()) return;
  Canvas& canvas = bench.canvas;
  canvas.Fill(shape.heel, Darker(bench.shoe.sole, 0.06));
  if (bench.shoe.heel_style == HeelStyle::kBlock) DrawLifts(bench, shape.heel, 0.028, 0.22);
  // What touches the ground is hard rubber.
  canvas.Clip(shape.heel);
  canvas.Fill({{-0.1, -0.01}, {0.4, -0.01}, {0.4, 0.012}, {-0.1, 0.012}},
              Darker(bench.shoe.sole, 0.55));
  canvas.Unclip();
  Finish finish = SoleFinish();
  finish.surface.gloss = 0.3;
  finish.bulge = 0.05;
  finish.bulge_width = 0.07;
  canvas.Lay(finish);
}

// Ribs along the ground and grooves along the foot.
void DrawTrainerSole(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  Canvas& canvas = bench.canvas;
  const Rgb sole = bench.shoe.sole;
  canvas.Clip(shape.sole);
  const Rgb outsole = Luminance(sole) > 0.5 ? Darker(sole, 0.5) : Darker(sole, 0.35);
  Path tread;
  constexpr int kSteps = 40;
  for (int i = 0; i <= kSteps; ++i) {
    const double x = -0.05 + 1.2 * i / kSteps;
    const double spring = std::max(0.0, (x - 0.74) / 0.26);
    tread.push_back({x, 0.004 + 0.022 * spring * spring});
  }
  canvas.Stroke(tread, 0.024, outsole);
  canvas.StrokeDashed(Shifted(tread, 0, -0.006), 0.018, Darker(outsole, 0.5), 0.008, 0.022);
  canvas.Stroke(BedLine(shape, -0.05, shape.toe + 0.03, 0.015), 0.005, Darker(sole, 0.3), 0.9);
  if (shape.seat > 0.07) {
    const Path flow = Smooth({{-0.03, 0.55 * shape.seat},
                              {0.2, 0.5 * shape.seat},
                              {0.45, 0.45 * shape.Bed(0.45)},
                              {0.62, 0.5 * shape.Bed(0.62)}});
    canvas.Stroke(flow, 0.014, Darker(sole, 0.2), 0.9);
  }
  canvas.Unclip();
}

void DrawRim(const Bench& bench) {
  const ShoeShape& shape = bench.shape;
  Canvas& canvas = bench.canvas;
  const Rgb sole = bench.shoe.sole;
  canvas.Clip(shape.sole);
  const bool solid = shape.heel.empty();
  if (solid && bench.shoe.welt && bench.shoe.category != ShoeCategory::kBoot) {
    DrawLifts(bench, shape.sole, 0.02, 0.3);
    canvas.Clip(shape.sole);
  }
  if (bench.shoe.welt) {
    const Path welt = BedLine(shape, -0.02, shape.toe + 0.02, 0.006);
    canvas.Stroke(welt, 0.014, Luminance(sole) > 0.5 ? Darker(sole, 0.16) : Lighter(sole, 0.16));
    canvas.StrokeDashed(welt, 0.005, bench.Stitching(sole), 0.011, 0.009);
  }
  if (bench.shoe.category == ShoeCategory::kBoot && shape.front > 0.025) {
    canvas.StrokeDashed({{0.26, 0}, {0.76, 0}, {shape.toe, 0.022}}, 0.018, Darker(sole, 0.45), 0.02,
                        0.014);
  }
  canvas.Unclip();
}

}  // namespace

void DrawSole(const Bench& bench) {
  DrawHeel(bench);
  bench.canvas.Fill(bench.shape.sole, bench.shoe.sole);
  if (bench.shoe.category == ShoeCategory::kTrainer) {
    DrawTrainerSole(bench);
  } else {
    DrawRim(bench);
  }
  bench.canvas.Lay(SoleFinish());
}

}  // namespace csn
