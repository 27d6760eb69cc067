// Views, materials, backdrops and things in the way: each shows, none hangs on a label, and the
// labels stay to be seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tests/draw/pixels.h"
#include "tools/draw/shoe.h"

namespace csn {
namespace {

// Which pixels a change of the shoe reaches.
std::vector<bool> Changed(const Image& a, const Image& b, double threshold = 12) {
  std::vector<bool> changed;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const Pixel p = At(a, x, y), q = At(b, x, y);
      changed.push_back(std::max({std::abs(p.r - q.r), std::abs(p.g - q.g), std::abs(p.b - q.b)}) >
                        threshold);
    }
  }
  return changed;
}

size_t Count(const std::vector<bool>& mask) {
  return static_cast<size_t>(std::count(mask.begin(), mask.end(), true));
}

Rgb Opposite(Rgb colour) { return {1 - colour.r, colour.g < 0.5 ? 1.0 : 0.0, 1 - colour.b}; }

// Pixels that show the upper, with the sole if so asked: those that change with its colour.
std::vector<bool> UpperOf(Shoe shoe, int size, bool and_sole = false) {
  shoe.scene.noise = 0;
  const Image image = DrawShoe(shoe, size);
  shoe.upper = shoe.panel = Opposite(shoe.upper);
  if (and_sole) shoe.sole = Opposite(shoe.sole);
  return Changed(image, DrawShoe(shoe, size));
}

// One thing drawn for a shoe, as a number below `values`.
struct Drawn {
  std::string name;
  int values;
  std::function<int(const Shoe&)> of;
};

int Bin(double value, double low, double high, int bins) {
  return std::clamp(static_cast<int>(bins * (value - low) / (high - low)), 0, bins - 1);
}

TEST(Appearance, HangsOnNoLabel) {
  constexpr int kShoes = 8000;
  const uint64_t seed = 12;
  SCOPED_TRACE(seed);
  const std::vector<Drawn> labels = {
      {"category", kShoeCategories, [](const Shoe& s) { return static_cast<int>(s.category); }},
      {"closure", kShoeClosures, [](const Shoe& s) { return static_cast<int>(s.closure); }},
      {"toe", kToeShapes, [](const Shoe& s) { return static_cast<int>(s.toe_shape); }},
      {"colour", kShoeColours, [](const Shoe& s) { return static_cast<int>(s.colour); }},
      {"heel", 5, [](const Shoe& s) { return Bin(s.heel_height_cm, kMinHeelCm, kMaxHeelCm, 5); }},
      {"price", 4, [](const Shoe& s) { return Bin(std::log(s.price), 3, 5.5, 4); }}};
  const std::vector<Drawn> looks = {
      {"material", kMaterials, [](const Shoe& s) { return static_cast<int>(s.material); }},
      {"backdrop", kBackdrops, [](const Shoe& s) { return static_cast<int>(s.scene.backdrop); }},
      {"prop", kProps, [](const Shoe& s) { return static_cast<int>(s.scene.prop); }},
      {"pair", 2, [](const Shoe& s) { return s.scene.pair ? 1 : 0; }},
      {"facing", 2, [](const Shoe& s) { return s.view.faces_left ? 1 : 0; }},
      {"zoom", 3, [](const Shoe& s) { return s.view.zoom > 1       ? 2
                                             : s.view.length < 0.8 ? 1
                                                                   : 0; }},
      {"turn", 2, [](const Shoe& s) { return s.view.turn < 1 ? 1 : 0; }},
      {"roll", 4, [](const Shoe& s) { return Bin(s.view.roll, -0.1, 0.1, 4); }},
      {"light", 4, [](const Shoe& s) { return Bin(s.scene.light.x, -0.5, 0.5, 4); }},
      {"exposure", 4, [](const Shoe& s) { return Bin(s.scene.exposure, 0.9, 1.08, 4); }},
      {"background", 4,
       [](const Shoe& s) { return Bin(Luminance(s.scene.background), 0.5, 1, 4); }},
      {"bulk", 4, [](const Shoe& s) { return Bin(s.bulk, 0.92, 1.1, 4); }},
      {"fastenings", 3, [](const Shoe& s) { return s.fastenings - 1; }},
      {"welt", 2, [](const Shoe& s) { return s.welt ? 1 : 0; }}};
  std::vector<std::vector<int>> label_values(labels.size()), look_values(looks.size());
  Rng rng(seed);
  for (int i = 0; i < kShoes; ++i) {
    const Shoe shoe = SampleShoe(rng);
    for (size_t l = 0; l < labels.size(); ++l) label_values[l].push_back(labels[l].of(shoe));
    for (size_t l = 0; l < looks.size(); ++l) look_values[l].push_back(looks[l].of(shoe));
  }
  for (size_t look = 0; look < looks.size(); ++look) {
    for (int value = 0; value < looks[look].values; ++value) {
      EXPECT_GT(std::count(look_values[look].begin(), look_values[look].end(), value), 0)
          << looks[look].name << " is never " << value;
    }
    for (size_t label = 0; label < labels.size(); ++label) {
      // Independent columns of 8,000 come out at about sqrt(degrees of freedom / 8000 / smaller
      // side), 0.02 to 0.035 here.
      EXPECT_LT(CramersV(label_values[label], look_values[look], labels[label].values,
                         looks[look].values),
                0.05)
          << labels[label].name << " and " << looks[look].name;
    }
  }
}

TEST(Appearance, EveryMaterialLooksDifferentAndPatentShinesMost) {
  Shoe shoe;
  shoe.upper = shoe.panel = {0.5, 0.2, 0.2};
  std::vector<Image> images;
  std::array<double, kMaterials> brightest{};
  const std::vector<bool> upper = UpperOf(shoe, 160);
  for (int material = 0; material < kMaterials; ++material) {
    shoe.material = static_cast<Material>(material);
    images.push_back(DrawShoe(shoe));
    std::vector<double> values;
    for (int i = 0; i < 160 * 160; ++i) {
      if (upper[i]) values.push_back(At(images.back(), i % 160, i / 160).b);
    }
    std::sort(values.begin(), values.end());
    brightest[material] = values[values.size() * 97 / 100];
    for (int other = 0; other < material; ++other) {
      EXPECT_GT(DifferingPixels(images[material], images[other], 6), 300) << material << other;
    }
  }
  const auto patent = static_cast<size_t>(Material::kPatent);
  for (size_t material = 0; material < kMaterials; ++material) {
    if (material == patent) continue;
    EXPECT_GT(brightest[patent], brightest[material] + 20) << material;
  }
}

TEST(Appearance, EveryBackdropFillsThePictureAndLooksDifferent) {
  Shoe shoe;
  std::vector<Image> images;
  for (int backdrop = 0; backdrop < kBackdrops; ++backdrop) {
    shoe.scene.backdrop = static_cast<Backdrop>(backdrop);
    shoe.scene.background = {0.8, 0.7, 0.6};
    images.push_back(DrawShoe(shoe));
    for (const auto& [x, y] : {std::pair{0, 0}, {159, 0}, {0, 159}, {159, 159}}) {
      const Pixel corner = At(images.back(), x, y);
      EXPECT_GT(corner.r, 90) << backdrop;
      EXPECT_GT(corner.r, corner.b) << backdrop;
    }
    for (int other = 0; other < backdrop; ++other) {
      // Studio and paper are one sweep in other colours, which here are the same.
      const bool sweeps = backdrop == static_cast<int>(Backdrop::kPaper) &&
                          other == static_cast<int>(Backdrop::kStudio);
      if (sweeps) continue;
      EXPECT_GT(DifferingPixels(images[backdrop], images[other], 6), 2000)
          << backdrop << " and " << other;
    }
  }
}

TEST(Appearance, RollLiftsTheHeelAndZoomCutsOff) {
  Shoe shoe;
  shoe.scene.background = kMagenta;
  shoe.scene.ground_shadow = 0;
  struct Extent {
    int left = 160, right = -1, lowest_back = -1, lowest_front = -1;
  };
  const auto measure = [&] {
    const Image image = DrawShoe(shoe);
    Extent extent;
    for (int y = 0; y < 160; ++y) {
      for (int x = 0; x < 160; ++x) {
        if (IsMagenta(At(image, x, y))) continue;
        extent.left = std::min(extent.left, x);
        extent.right = std::max(extent.right, x);
        (x < 80 ? extent.lowest_back : extent.lowest_front) = y;
      }
    }
    return extent;
  };
  const Extent plain = measure();
  EXPECT_GT(plain.left, 0);
  EXPECT_LT(plain.right, 159);
  shoe.view.roll = 0.2;
  const Extent rolled = measure();
  EXPECT_LT(rolled.lowest_back - rolled.lowest_front,
            plain.lowest_back - plain.lowest_front - 8);  // rows count downwards
  shoe.view.roll = 0;
  shoe.view.length = 0.6;
  const Extent small = measure();
  EXPECT_LT(small.right - small.left, 0.75 * (plain.right - plain.left));
  shoe.view = {.zoom = 1.3};
  shoe.view.shift_x = 1;
  const Extent cut = measure();
  EXPECT_TRUE((cut.left == 0) != (cut.right == 159)) << cut.left << " to " << cut.right;
  shoe.view = {.turn = 0.8};
  const Extent turned = measure();
  EXPECT_LE(turned.right - turned.left, plain.right - plain.left);
}

TEST(Appearance, WhatStandsInTheWayHidesAPartOnly) {
  const uint64_t seed = 6;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  std::array<double, kProps> hidden{};
  constexpr int kShoes = 60;
  for (int i = 0; i < kShoes; ++i) {
    Shoe shoe = SampleShoe(rng);
    shoe.scene.pair = false;
    shoe.scene.prop = Prop::kNone;
    const std::vector<bool> whole = UpperOf(shoe, 96, true);
    for (int prop = 1; prop < kProps; ++prop) {
      shoe.scene.prop = static_cast<Prop>(prop);
      const std::vector<bool> left = UpperOf(shoe, 96, true);
      const double share = 1 - static_cast<double>(Count(left)) / static_cast<double>(Count(whole));
      EXPECT_LT(share, 0.75) << "shoe " << i << ", prop " << prop;
      hidden[prop] += share / kShoes;
    }
  }
  for (int prop = 1; prop < kProps; ++prop) {
    EXPECT_GT(hidden[prop], 0.005) << prop;
    EXPECT_LT(hidden[prop], 0.35) << prop;
  }
}

// In whatever light: the mean colour of the upper lies nearest to its label's among the colours
// that other shoes of the labels show.
TEST(Appearance, TheColourOfTheLabelIsRecognisedInAnyScene) {
  const uint64_t seed = 8;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  constexpr int kShoes = 600, kSize = 64;
  std::vector<std::array<double, 3>> means;
  std::vector<int> labels;
  for (int i = 0; i < kShoes; ++i) {
    const Shoe shoe = SampleShoe(rng);
    const std::vector<bool> upper = UpperOf(shoe, kSize);
    const Image image = DrawShoe(shoe, kSize);
    std::array<double, 3> mean{};
    for (int p = 0; p < kSize * kSize; ++p) {
      if (!upper[p]) continue;
      for (int c = 0; c < 3; ++c)
        mean[c] += image.rgb[3 * p + c] / static_cast<double>(Count(upper));
    }
    means.push_back(mean);
    labels.push_back(static_cast<int>(shoe.colour));
  }
  std::array<std::array<double, 3>, kShoeColours> centres{};
  std::array<int, kShoeColours> counts{};
  for (int i = 0; i < kShoes / 2; ++i) {
    ++counts[labels[i]];
    for (int c = 0; c < 3; ++c) centres[labels[i]][c] += means[i][c];
  }
  int right = 0;
  for (int i = kShoes / 2; i < kShoes; ++i) {
    const auto distance = [&](int colour) {
      double sum = 0;
      for (int c = 0; c < 3; ++c)
        sum += std::pow(centres[colour][c] / counts[colour] - means[i][c], 2);
      return sum;
    };
    int nearest = 0;
    for (int colour = 1; colour < kShoeColours; ++colour) {
      if (distance(colour) < distance(nearest)) nearest = colour;
    }
    right += nearest == labels[i] ? 1 : 0;
  }
  EXPECT_GE(right, 0.9 * kShoes / 2);
}

}  // namespace
}  // namespace csn
