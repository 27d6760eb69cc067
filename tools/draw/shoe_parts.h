// The parts that a shoe is drawn from, each laid over those before it. Internal to tools/draw.
#pragma once

#include "tools/draw/canvas.h"
#include "tools/draw/shoe.h"
#include "tools/draw/shoe_shape.h"

namespace csn {

// What every part needs.
struct Bench {
  Canvas& canvas;
  const Shoe& shoe;
  const ShoeShape& shape;

  // A place `height` above the footbed, as high as this shoe is bulky.
  Point Over(double x, double height) const { return {x, shape.Bed(x) + height * shoe.bulk}; }
  // Leather or cloth of the upper, cut as a flat piece that lies on what is beneath.
  Finish Piece() const;
  Finish Metal() const;
  Finish Cloth() const;
  Rgb Stitching(Rgb on) const;
  // A row of stitches along a line, drawn on the open layer.
  void Seam(const Path& line, Rgb on) const;
};

// The shoe's other side seen through its opening; sole and heel; the upper.
void DrawInside(const Bench& bench);
void DrawSole(const Bench& bench);
void DrawUpper(const Bench& bench);
// A sandal's straps in the upper's place.
void DrawSandal(const Bench& bench);
// The mouth in front of an open toe's cut.
void DrawToeOpening(const Bench& bench);

// Laces, straps with buckles, a zip, an elastic panel or tabs, over a shoe whose upper is drawn.
void DrawClosure(const Bench& bench);
void DrawLaces(const Bench& bench);
void DrawZip(const Bench& bench);

// The foot of somebody who wears it, before the upper.
void DrawFoot(const Bench& bench);
// What hides a part of the shoe, if anything does.
void DrawProp(const Bench& bench);
// Shadows on the ground, before the shoe.
void DrawGroundShadow(const Bench& bench);

}  // namespace csn
