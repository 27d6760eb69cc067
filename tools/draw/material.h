// What surfaces look like under light. Internal to tools/draw.
#pragma once

#include <cstdint>

namespace csn {

// The order of the enumerators is part of what a seed draws: append only.
enum class Material { kLeather, kSuede, kPatent, kCanvas, kKnit };
inline constexpr int kMaterials = 5;

// Threads seen in a surface.
enum class Weave { kNone, kPlain, kKnit, kRib };

// Sizes in units of the shoe's length.
struct Surface {
  double gloss = 0.15;    // strength of the highlight, 0..1
  double sharpness = 14;  // exponent of the highlight: greater is smaller and harder
  double reflection = 0;  // how much of the studio's lamps is mirrored, 0..1
  double grain = 0;       // slope of the small bumps
  double grain_size = 0.012;
  double mottle = 0;  // share by which the colour wanders
  Weave weave = Weave::kNone;
  double weave_depth = 0;  // slope of the threads
  double weave_size = 0.02;
};

Surface SurfaceOf(Material material);
Surface RubberSurface();
Surface MetalSurface();
Surface ClothSurface();  // laces, webbing, zip tape
Surface PlushSurface();  // fur and fleece

}  // namespace csn
