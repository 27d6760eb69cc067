// A drawing surface in layers: shapes are drawn flat, antialiased, onto a layer, and the layer is
// then laid over the picture with form and light. The only place that knows Cairo is its .cc.
// Internal to tools/draw.
#pragma once

#include <memory>

#include "tools/draw/colour.h"
#include "tools/draw/path.h"
#include "tools/draw/relief.h"
#include "tools/draw/view.h"

namespace csn {

// Coordinates and widths are those of the projection's frame: x right, y up.
class Canvas {
 public:
  // Draws onto `picture`, which must outlive it.
  Canvas(Picture& picture, const Light& light, const Projection& projection);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  // What is drawn from now on is seen so. The layer must be empty.
  void LookFrom(const Projection& projection);

  void Fill(const Path& polygon, Rgb colour, double alpha = 1);
  // A spot that fades to nothing at its rim.
  void FillSoft(Point centre, double rx, double ry, Rgb colour, double alpha);
  void Stroke(const Path& line, double width, Rgb colour, double alpha = 1);
  void StrokeClosed(const Path& polygon, double width, Rgb colour, double alpha = 1);
  // Dashes with gaps between, ends cut straight.
  void StrokeDashed(const Path& line, double width, Rgb colour, double on, double off);
  // Until Unclip nothing is drawn outside `polygon`. A second Clip leaves what is inside both.
  void Clip(const Path& polygon);
  void Unclip();

  // Lays the layer over the picture; a new one begins.
  void Lay(const Finish& finish);
  // The same without form and light: for shadows on the ground and dark openings.
  void LayFlat();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace csn
