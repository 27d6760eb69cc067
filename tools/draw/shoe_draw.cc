// DrawShoe: backdrop, shadows, the shoe from its parts, what lies before it, the photograph.
#include <algorithm>

#include "base/error.h"
#include "tools/draw/shoe_parts.h"

namespace csn {

Finish Bench::Piece() const {
  return {.surface = SurfaceOf(shoe.material),
          .height = 0.006,
          .edge = 0.009,
          .shadow = 0.5,
          .reach = 0.009};
}

Finish Bench::Metal() const {
  return {.surface = MetalSurface(), .height = 0.012, .edge = 0.012, .shadow = 0.6, .reach = 0.012};
}

Finish Bench::Cloth() const {
  return {.surface = ClothSurface(), .height = 0.009, .edge = 0.011, .shadow = 0.5, .reach = 0.012};
}

Rgb Bench::Stitching(Rgb on) const {
  return Luminance(on) < 0.35 ? Lighter(on, 0.38) : Darker(on, 0.42);
}

void Bench::Seam(const Path& line, Rgb on) const {
  canvas.StrokeDashed(line, 0.006, Stitching(on), 0.013, 0.008);
}

namespace {

void DrawOne(const Bench& bench) {
  DrawGroundShadow(bench);
  if (bench.shoe.category == ShoeCategory::kSandal) {
    DrawSole(bench);
    DrawFoot(bench);
    DrawSandal(bench);
  } else {
    DrawInside(bench);
    DrawFoot(bench);
    DrawSole(bench);
    DrawUpper(bench);
  }
  DrawClosure(bench);
}

}  // namespace

void DrawGroundShadow(const Bench& bench) {
  Canvas& canvas = bench.canvas;
  const ShoeShape& shape = bench.shape;
  const Rgb ink{0.07, 0.07, 0.09};
  const double strength = bench.shoe.scene.ground_shadow;
  const double drift = -0.12 * bench.shoe.scene.light.x;
  canvas.FillSoft({0.5 * shape.toe + drift, -0.01}, 0.72, 0.085, ink, 0.3 * strength);
  canvas.FillSoft({0.76 * shape.toe, 0.004}, 0.36, 0.03, ink, 0.8 * strength);
  canvas.FillSoft({0.1, 0.002}, shape.heel.empty() ? 0.4 : 0.17, 0.03, ink, 0.9 * strength);
  canvas.LayFlat();
}

Image DrawShoe(const Shoe& shoe, int size) {
  Require(size >= 16 && size <= 4096, "drawing a shoe: {} pixels wide, expected 16 to 4096", size);
  Require(shoe.heel_height_cm >= kMinHeelCm && shoe.heel_height_cm <= kMaxHeelCm,
          "drawing a shoe: heel height {} cm, expected {} to {}", shoe.heel_height_cm, kMinHeelCm,
          kMaxHeelCm);
  const ShoeShape shape = MakeShoeShape(shoe);
  // What the shoe covers in units, with room for bows, fur and the shadow.
  constexpr double kLeft = 0.035, kBelow = 0.05;
  const double width = shape.toe + 0.08, height = shape.top + 0.13;
  const Projection whole(shoe.view, size, width, height);
  const Projection projection = whole.Behind({kLeft, kBelow}, 1);

  Picture picture(size);
  PaintBackdrop(picture, shoe.scene, projection({0.5, 0}).y);
  Canvas canvas(picture, shoe.scene.light, projection);
  const Bench bench{canvas, shoe, shape};
  if (shoe.scene.pair) {
    canvas.LookFrom(projection.Behind({shoe.scene.pair_x, 0.085}, 0.94));
    DrawOne(bench);
    canvas.LookFrom(projection);
  }
  DrawOne(bench);
  DrawProp(bench);
  return Develop(picture, shoe.scene);
}

}  // namespace csn
