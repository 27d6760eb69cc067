#include "tools/draw/material.h"

namespace csn {

Surface SurfaceOf(Material material) {
  switch (material) {
    case Material::kLeather:
      return {.gloss = 0.34, .sharpness = 16, .reflection = 0.05, .grain = 0.05, .mottle = 0.03};
    case Material::kSuede:
      return {.gloss = 0.02, .grain = 0.2, .grain_size = 0.01, .mottle = 0.1};
    case Material::kPatent:
      return {.gloss = 0.75, .sharpness = 60, .reflection = 0.5};
    case Material::kCanvas:
      return {.gloss = 0.03,
              .mottle = 0.05,
              .weave = Weave::kPlain,
              .weave_depth = 0.3,
              .weave_size = 0.01};
    case Material::kKnit:
      return {.gloss = 0.05,
              .mottle = 0.06,
              .weave = Weave::kKnit,
              .weave_depth = 0.4,
              .weave_size = 0.017};
  }
  return {};
}

Surface RubberSurface() { return {.gloss = 0.12, .sharpness = 10, .mottle = 0.03}; }

Surface MetalSurface() { return {.gloss = 0.9, .sharpness = 24, .reflection = 0.55}; }

Surface ClothSurface() {
  return {.gloss = 0.03,
          .mottle = 0.05,
          .weave = Weave::kPlain,
          .weave_depth = 0.2,
          .weave_size = 0.012};
}

Surface PlushSurface() {
  return {.gloss = 0.02, .grain = 0.65, .grain_size = 0.016, .mottle = 0.16};
}

}  // namespace csn
