// The fastenings drawn onto a shoe. Internal to tools/draw.
#pragma once

#include "tools/draw/canvas.h"
#include "tools/draw/shoe.h"
#include "tools/draw/shoe_shape.h"

namespace csn {

// The line fastenings lie along, ball to ankle. A pump cut low has one in the air: where the instep
// would be.
Path FasteningRidge(const Shoe& shoe, const ShoeShape& shape);

// Laces, straps with buckles, a zip, an elastic panel or tabs, over a shoe whose upper is drawn
// already.
void DrawClosure(Canvas& canvas, const Shoe& shoe, const ShoeShape& shape);

// A band from `from` to `to`, `width` wide, bent sideways by `bend` at its middle.
Path Band(Point from, Point to, double width, double bend = 0);

}  // namespace csn
