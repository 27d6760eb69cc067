#include "tools/draw/scene.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tools/draw/noise.h"

namespace csn {
namespace {

Rgb SampleBackground(Backdrop backdrop, Rng& rng) {
  const std::vector<Rgb> papers = {{0.93, 0.80, 0.80}, {0.74, 0.84, 0.90}, {0.80, 0.88, 0.76},
                                   {0.95, 0.89, 0.70}, {0.80, 0.76, 0.88}, {0.42, 0.48, 0.56},
                                   {0.86, 0.62, 0.50}, {0.62, 0.72, 0.70}};
  const std::vector<Rgb> woods = {
      {0.74, 0.58, 0.42}, {0.55, 0.39, 0.27}, {0.82, 0.72, 0.60}, {0.62, 0.60, 0.57}};
  const std::vector<Rgb> cloths = {
      {0.86, 0.83, 0.77}, {0.55, 0.57, 0.60}, {0.70, 0.62, 0.54}, {0.77, 0.79, 0.84}};
  const std::vector<Rgb> tiles = {
      {0.88, 0.88, 0.87}, {0.66, 0.68, 0.69}, {0.80, 0.74, 0.67}, {0.58, 0.63, 0.62}};
  const uint64_t pick = rng.Next();
  const double brightness = rng.Uniform(0.84, 0.98), cast = rng.Uniform(-0.02, 0.02);
  const auto of = [&](const std::vector<Rgb>& colours) {
    return Mix(colours[pick % colours.size()], {brightness, brightness, brightness},
               0.15 + 5 * std::abs(cast));
  };
  switch (backdrop) {
    case Backdrop::kPlain:
    case Backdrop::kStudio:
      break;
    case Backdrop::kPaper:
      return of(papers);
    case Backdrop::kWood:
      return of(woods);
    case Backdrop::kFabric:
      return of(cloths);
    case Backdrop::kTiles:
      return of(tiles);
  }
  return Clamped({brightness + cast, brightness, brightness - cast});
}

float Smoothed(float low, float high, float value) {
  const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

// Looks at one place of a floor that runs away from the camera.
class Floor {
 public:
  Floor(const Scene& scene, int size, double ground_row)
      : scene_(scene), size_(static_cast<float>(size)) {
    horizon_ = static_cast<float>(ground_row / size - scene.horizon);
  }

  // Brightness of the backdrop at a pixel, as a factor on its colour.
  float At(int x, int y) const {
    const float u = (static_cast<float>(x) + 0.5f) / size_ - 0.5f;
    const float below = (static_cast<float>(y) + 0.5f) / size_ - horizon_;
    switch (scene_.backdrop) {
      case Backdrop::kPlain:
        return 1;
      case Backdrop::kStudio:
      case Backdrop::kPaper:
        return Sweep(u, below);
      case Backdrop::kWood:
        return below < 0 ? Wall(u, below) : Planks(u, below);
      case Backdrop::kFabric:
        return Cloth(u, below);
      case Backdrop::kTiles:
        return below < 0 ? Wall(u, below) : Tiling(u, below);
    }
    return 1;
  }

 private:
  // Paper that bends from the floor up a wall: darkest in the bend's shade, a lamp's pool before
  // it.
  float Sweep(float u, float below) const {
    const float bend = 0.07f * std::exp(-30 * (below + 0.05f) * (below + 0.05f));
    const float side = u + 0.8f * static_cast<float>(scene_.light.x);
    const float lit = 0.1f * std::exp(-3 * (side * side + (below - 0.15f) * (below - 0.15f)));
    return 0.96f - bend + lit - 0.06f * Smoothed(0, 0.9f, -below);
  }
  float Wall(float u, float below) const {
    return 1.06f - 0.12f * std::abs(u) + 0.1f * below -
           0.25f * std::exp(-400 * below * below);  // a skirting's shade
  }
  // How far away, and how far to the side there: in units of the floor.
  static float Away(float below) { return 1 / (below + 0.16f); }

  float Planks(float u, float below) const {
    const float away = Away(below), x = u * away * 2.2f + 40;
    const float plank = std::floor(x), within = x - plank;
    const auto number = static_cast<int>(plank);
    const float tone = CellNoise(number, 0, scene_.pattern);
    const float along = away * 1.7f + 9 * tone;
    const float end = along - std::floor(along);
    const float rings = SmoothNoise(within * 9 + 2 * SmoothNoise(along * 2, plank, 5),
                                    along * 1.4f + plank * 7, scene_.pattern + 1);
    const float fine = SmoothNoise(x * 60, along * 5, scene_.pattern + 2);
    float shade = 0.86f + 0.14f * tone + 0.14f * rings + 0.07f * fine;
    if (within < 0.035f || (end < 0.02f && tone > 0.3f)) shade *= 0.62f;
    return shade;
  }
  float Tiling(float u, float below) const {
    const float away = Away(below), x = u * away * 1.3f + 40.5f, z = away * 1.15f + 3;
    const float across = x - std::floor(x), along = z - std::floor(z);
    const int column = static_cast<int>(std::floor(x)), row = static_cast<int>(std::floor(z));
    const float tone = CellNoise(column, row, scene_.pattern);
    const float stone = SmoothNoise(x * 6, z * 6, scene_.pattern + 1);
    if (across < 0.035f || along < 0.035f) return 0.72f;
    return 0.92f + 0.06f * tone + 0.08f * stone + 0.05f * below;
  }
  // A cloth with folds, threads running askew.
  float Cloth(float u, float below) const {
    const float fold = SmoothNoise(u * 3 + below * 2, below * 5 - u, scene_.pattern);
    const float crease = SmoothNoise(u * 9 - below * 4, below * 8 + u * 3, scene_.pattern + 1);
    const float a = std::sin((u + 0.3f * below) * 260), b = std::sin((below - 0.1f * u) * 300);
    return 0.86f + 0.2f * fold + 0.07f * crease + 0.022f * (a + b);
  }

  const Scene& scene_;
  float size_, horizon_;
};

}  // namespace

Scene SampleScene(Rng& rng) {
  Scene scene;
  // Half of all photographs are a studio's.
  constexpr Backdrop kPlaces[] = {Backdrop::kPlain,  Backdrop::kStudio, Backdrop::kStudio,
                                  Backdrop::kStudio, Backdrop::kPaper,  Backdrop::kPaper,
                                  Backdrop::kPaper,  Backdrop::kStudio, Backdrop::kStudio,
                                  Backdrop::kWood,   Backdrop::kFabric, Backdrop::kTiles};
  scene.backdrop = kPlaces[rng.Below(std::size(kPlaces))];
  scene.background = SampleBackground(scene.backdrop, rng);
  scene.horizon = rng.Uniform(0.08, 0.3);
  scene.pattern = static_cast<uint32_t>(rng.Next());
  scene.light.x = rng.Uniform(-0.5, 0.5);
  scene.light.y = rng.Uniform(0.35, 0.68);
  scene.light.strength = rng.Uniform(0.7, 1.15);
  scene.ground_shadow = rng.Uniform(0.35, 0.8);
  scene.pair = rng.Below(7) == 0;
  scene.pair_x = rng.Uniform(-0.16, 0.16);
  const uint64_t prop = rng.Below(30);
  scene.prop = prop < 4 ? static_cast<Prop>(1 + prop) : Prop::kNone;
  scene.prop_place = rng.Uniform();
  const std::vector<Rgb> cloths = {
      {0.20, 0.25, 0.36}, {0.30, 0.30, 0.31}, {0.58, 0.50, 0.38}, {0.85, 0.84, 0.80}};
  scene.prop_colour = cloths[rng.Below(cloths.size())];
  scene.exposure = rng.Uniform(0.9, 1.08);
  scene.warmth = rng.Uniform(-0.04, 0.04);
  scene.vignette = std::max(0.0, rng.Uniform(-0.12, 0.18));
  scene.softness = 0.003 * std::max(0.0, rng.Uniform(-1, 1));
  scene.noise = rng.Uniform(0, 0.008);
  return scene;
}

void PaintBackdrop(Picture& picture, const Scene& scene, double ground_row) {
  const Floor floor(scene, picture.size, ground_row);
  const float colour[] = {static_cast<float>(scene.background.r),
                          static_cast<float>(scene.background.g),
                          static_cast<float>(scene.background.b)};
  size_t at = 0;
  for (int y = 0; y < picture.size; ++y) {
    for (int x = 0; x < picture.size; ++x) {
      const float shade = floor.At(x, y);
      for (const float channel : colour) picture.rgb[at++] = channel * shade;
    }
  }
}

namespace {

// Mixes in what a lens out of focus sees.
void Soften(std::vector<float>& rgb, int size, double radius) {
  if (radius < 0.05) return;
  const int whole = static_cast<int>(std::ceil(radius));
  const auto share = static_cast<float>(radius / whole);
  std::vector<float> plane(static_cast<size_t>(size) * size), scratch;
  for (int c = 0; c < 3; ++c) {
    for (size_t i = 0; i < plane.size(); ++i) plane[i] = rgb[3 * i + c];
    Blur(plane, size, size, whole, scratch);
    for (size_t i = 0; i < plane.size(); ++i) rgb[3 * i + c] += share * (plane[i] - rgb[3 * i + c]);
  }
}

}  // namespace

Image Develop(const Picture& picture, const Scene& scene) {
  const int size = picture.size;
  std::vector<float> rgb = picture.rgb;
  Soften(rgb, size, scene.softness * size);
  Image image{size, size, std::vector<uint8_t>(rgb.size())};
  const double balance[] = {scene.exposure * (1 + scene.warmth), scene.exposure,
                            scene.exposure * (1 - scene.warmth)};
  size_t at = 0;
  for (int y = 0; y < size; ++y) {
    const double v = 2 * (y + 0.5) / size - 1;
    for (int x = 0; x < size; ++x) {
      const double u = 2 * (x + 0.5) / size - 1;
      const double falloff = 1 - scene.vignette * 0.5 * (u * u + v * v);
      // The sum of three is near enough to a normal number.
      const double grain = CellNoise(x, y, scene.pattern) + CellNoise(x, y, scene.pattern + 1) +
                           CellNoise(x, y, scene.pattern + 2) - 1.5;
      for (const double factor : balance) {
        const double value = rgb[at] * factor * falloff + 2 * scene.noise * grain;
        image.rgb[at++] = static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
      }
    }
  }
  return image;
}

}  // namespace csn
