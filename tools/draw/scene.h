// What stands around a shoe, and the camera that takes it. Independent of the shoe. Internal to
// tools/draw.
#pragma once

#include "base/image.h"
#include "base/random.h"
#include "tools/draw/colour.h"
#include "tools/draw/relief.h"

namespace csn {

// The order of the enumerators is part of what a seed draws: append only.
enum class Backdrop { kPlain, kStudio, kPaper, kWood, kFabric, kTiles };
inline constexpr int kBackdrops = 6;
// Things that hide a part of the shoe.
enum class Prop { kNone, kTrouserLeg, kTissue, kHangTag, kBox };
inline constexpr int kProps = 5;

// The defaults are a shoe cut out and laid on one colour by a perfect camera.
struct Scene {
  Backdrop backdrop = Backdrop::kPlain;
  Rgb background{0.95, 0.95, 0.95};
  double horizon = 0.2;  // of the picture's side above the ground the shoe stands on
  uint32_t pattern = 0;  // which planks, threads and grain of noise
  Light light{};
  double ground_shadow = 0.5;  // 0..1
  bool pair = false;           // the other shoe stands behind
  double pair_x = 0.08;        // how far it is to the front of the first, units
  Prop prop = Prop::kNone;
  double prop_place = 0.5;  // 0..1 along the shoe
  Rgb prop_colour{0.9, 0.9, 0.9};
  // The camera's.
  double exposure = 1;  // factor on the light
  double warmth = 0;    // of white balance: reds up, blues down by this share
  double vignette = 0;  // share of the light that the corners lose
  double softness = 0;  // radius of what focus and compression blur, of the side
  double noise = 0;     // standard deviation of a pixel's value
};

Scene SampleScene(Rng& rng);

// Fills the picture. `ground_row`: where the shoe stands, in pixels from the top.
void PaintBackdrop(Picture& picture, const Scene& scene, double ground_row);

// The finished picture as the camera stores it.
Image Develop(const Picture& picture, const Scene& scene);

}  // namespace csn
