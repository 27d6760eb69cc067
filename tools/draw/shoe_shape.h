// The outlines of a shoe seen from the side, from its attributes. Internal to tools/draw.
//
// The frame: the heel's back at x = 0, a round toe's tip at x = 1, the ground at y = 0; one unit is
// kShoeLengthCm.
#pragma once

#include "tools/draw/path.h"
#include "tools/draw/shoe.h"

namespace csn {

struct ShoeShape {
  double seat = 0;   // height of the footbed under the heel: the labelled heel height
  double front = 0;  // thickness of the sole under the ball
  double toe = 1;    // x of the toe's tip
  double top = 0;    // y of the highest point
  Path toe_line;     // the top of the toe box, tip to ball; an open toe's begins at the cut
  Path ridge;        // the top of the foot, ball to ankle: fastenings sit along it
  Path topline;      // the edge of the opening, from the ridge's end to the back of the heel
  Path upper;        // closed outline; a sandal's is only a volume that its straps lie on
  Path sole;
  Path heel;  // empty where the sole itself lifts the heel

  // Height of the footbed, on which the upper stands.
  double Bed(double x) const;
  // The line that fastenings lie along, ball to ankle. A pump cut low has one in the air: where the
  // instep would be.
  Path fastening;
};

// The shape of any combination of attributes.
ShoeShape MakeShoeShape(const Shoe& shoe);

}  // namespace csn
