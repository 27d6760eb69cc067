// The drawn shoes: what their labels promise must be in the picture, and nothing else may hang on
// the labels.
#include "tools/draw/shoe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "tests/draw/pixels.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

// A shoe in two hues on a third, seen straight from the side: whatever shade falls on a pixel, it
// tells sole, upper and background apart.
Shoe InThreeHues(Shoe shoe) {
  shoe.upper = shoe.panel = shoe.accent = shoe.metal = shoe.lining = {0.1, 0.8, 0.8};
  shoe.sole = {0.8, 0.8, 0.1};
  shoe.material = Material::kSuede;
  shoe.view = {.faces_left = shoe.view.faces_left};
  shoe.scene = {.background = kMagenta, .ground_shadow = 0};
  return shoe;
}

bool IsSole(Pixel p) { return p.r > 1.25 * p.b && p.g > 1.25 * p.b; }

// The length in units that MakeShoeShape gives a shoe, tip to back, sole included.
double UnitsLong(const Shoe& shoe) {
  const double tip = shoe.toe_shape == ToeShape::kPointed  ? 1.14
                     : shoe.toe_shape == ToeShape::kSquare ? 1.02
                                                           : 1.0;
  return tip + (shoe.category == ShoeCategory::kTrainer ? 0.045 : 0.02);
}

// The heel's height in centimetres, measured in a picture in three hues: near the heel's back, from
// the ground up to where the hue is no longer the sole's.
double MeasureHeel(const Shoe& shoe, const Image& image) {
  int first = image.width, last = -1;
  for (int x = 0; x < image.width; ++x) {
    for (int y = 0; y < image.height; ++y) {
      if (IsMagenta(At(image, x, y))) continue;
      first = std::min(first, x);
      last = std::max(last, x);
    }
  }
  const double unit = (last - first + 1) / UnitsLong(shoe);
  const int inset = static_cast<int>(std::lround(0.09 * unit));
  const int column = shoe.view.faces_left ? last - inset : first + inset;
  int ground = image.height - 1;
  while (ground > 0 && IsMagenta(At(image, column, ground))) --ground;
  int y = ground - 1;  // the lowest pixel is half the background's
  while (y > 0 && IsSole(At(image, column, y))) --y;
  return (ground - y) / unit * kShoeLengthCm;
}

TEST(Shoe, TheSameShoeIsDrawnInTheSameBytes) {
  const uint64_t seed = 11;
  SCOPED_TRACE(seed);
  Rng first(seed), second(seed);
  for (int i = 0; i < 20; ++i) {
    const Shoe a = SampleShoe(first), b = SampleShoe(second);
    const Image image = DrawShoe(a);
    EXPECT_EQ(image.width, 160);
    EXPECT_EQ(image.height, 160);
    ASSERT_EQ(image.rgb.size(), 160u * 160 * 3);
    EXPECT_EQ(image.rgb, DrawShoe(b).rgb) << "shoe " << i;
  }
}

TEST(Shoe, HeelHeightCanBeReadOffThePicture) {
  const uint64_t seed = 5;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  for (const int size : {160, 64}) {
    std::vector<double> drawn, measured;
    for (int i = 0; i < 400; ++i) {
      const Shoe shoe = InThreeHues(SampleShoe(rng));
      drawn.push_back(shoe.heel_height_cm);
      measured.push_back(MeasureHeel(shoe, DrawShoe(shoe, size)));
    }
    EXPECT_GT(Pearson(drawn, measured), 0.97) << size << " pixels";
    double error = 0;
    for (size_t i = 0; i < drawn.size(); ++i) error += std::abs(drawn[i] - measured[i]);
    EXPECT_LT(error / static_cast<double>(drawn.size()), size == 160 ? 0.5 : 0.9)
        << "centimetres, " << size << " pixels";
  }
}

TEST(Shoe, LabelsAreDrawnIndependently) {
  const uint64_t seed = 3;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  struct Label {
    const char* name;
    int values;
    std::vector<int> drawn;
  };
  std::array<Label, 5> labels = {{{"category", kShoeCategories, {}},
                                  {"closure", kShoeClosures, {}},
                                  {"toe", kToeShapes, {}},
                                  {"colour", kShoeColours, {}},
                                  {"heel", 5, {}}}};
  std::vector<double> heels, prices;
  for (int i = 0; i < 5000; ++i) {
    const Shoe shoe = SampleShoe(rng);
    ASSERT_GE(shoe.heel_height_cm, kMinHeelCm);
    ASSERT_LE(shoe.heel_height_cm, kMaxHeelCm);
    ASSERT_GT(shoe.price, 0);
    heels.push_back(shoe.heel_height_cm);
    prices.push_back(shoe.price);
    const double share = (shoe.heel_height_cm - kMinHeelCm) / (kMaxHeelCm - kMinHeelCm);
    labels[0].drawn.push_back(static_cast<int>(shoe.category));
    labels[1].drawn.push_back(static_cast<int>(shoe.closure));
    labels[2].drawn.push_back(static_cast<int>(shoe.toe_shape));
    labels[3].drawn.push_back(static_cast<int>(shoe.colour));
    labels[4].drawn.push_back(std::min(4, static_cast<int>(5 * share)));
  }
  for (size_t a = 0; a < labels.size(); ++a) {
    EXPECT_EQ(std::set<int>(labels[a].drawn.begin(), labels[a].drawn.end()).size(),
              static_cast<size_t>(labels[a].values))
        << labels[a].name;
    for (size_t b = a + 1; b < labels.size(); ++b) {
      EXPECT_LT(CramersV(labels[a].drawn, labels[b].drawn, labels[a].values, labels[b].values),
                0.06)
          << labels[a].name << " and " << labels[b].name;
    }
  }
  EXPECT_LT(std::abs(Pearson(heels, prices)), 0.05);
}

TEST(Shoe, EveryClosureLooksDifferentOnEveryCategoryAsSmallAsANetworkSeesIt) {
  const uint64_t seed = 9;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  for (int category = 0; category < kShoeCategories; ++category) {
    for (int toe = 0; toe < kToeShapes; ++toe) {
      Shoe shoe = SampleShoe(rng);
      shoe.category = static_cast<ShoeCategory>(category);
      shoe.toe_shape = static_cast<ToeShape>(toe);
      shoe.view = {};
      shoe.scene.prop = Prop::kNone;
      std::vector<Image> images;
      for (int closure = 0; closure < kShoeClosures; ++closure) {
        shoe.closure = static_cast<ShoeClosure>(closure);
        images.push_back(DrawShoe(shoe, 64));
        for (int other = 0; other < closure; ++other) {
          EXPECT_GE(DifferingPixels(images[closure], images[other], 30), 20)
              << ShoeCategoryName(shoe.category) << ", " << ToeShapeName(shoe.toe_shape) << ": "
              << ShoeClosureName(shoe.closure) << " and "
              << ShoeClosureName(static_cast<ShoeClosure>(other));
        }
      }
    }
  }
}

TEST(Shoe, EveryCategoryAndToeShapeLooksDifferent) {
  Shoe shoe;
  std::vector<Image> images;
  for (int category = 0; category < kShoeCategories; ++category) {
    for (int toe = 0; toe < kToeShapes; ++toe) {
      shoe.category = static_cast<ShoeCategory>(category);
      shoe.toe_shape = static_cast<ToeShape>(toe);
      images.push_back(DrawShoe(shoe, 64));
    }
  }
  for (size_t a = 0; a < images.size(); ++a) {
    for (size_t b = 0; b < a; ++b) EXPECT_GE(DifferingPixels(images[a], images[b], 30), 10);
  }
}

TEST(Shoe, EveryHeelStyleAtBothEndsOfTheRangeStaysInsideThePicture) {
  for (const HeelStyle style :
       {HeelStyle::kBlock, HeelStyle::kStiletto, HeelStyle::kWedge, HeelStyle::kPlatform}) {
    for (const double heel : {kMinHeelCm, kMaxHeelCm}) {
      for (int category = 0; category < kShoeCategories; ++category) {
        for (int closure = 0; closure < kShoeClosures; ++closure) {
          Shoe shoe;
          shoe.category = static_cast<ShoeCategory>(category);
          shoe.closure = static_cast<ShoeClosure>(closure);
          shoe.heel_style = style;
          shoe.heel_height_cm = heel;
          shoe.toe_shape = ToeShape::kPointed;
          shoe.view.length = 1;
          shoe.scene.background = kMagenta;
          const Image image = DrawShoe(shoe, 96);
          int outside = 0;
          for (int i = 0; i < image.width; ++i) {
            for (const auto& [x, y] : {std::pair{i, 0}, {i, 95}, {0, i}, {95, i}}) {
              if (!IsMagenta(At(image, x, y))) ++outside;
            }
          }
          EXPECT_EQ(outside, 0) << ShoeCategoryName(shoe.category) << ", "
                                << ShoeClosureName(shoe.closure) << ", heel " << heel;
        }
      }
    }
  }
}

TEST(Shoe, FacingLeftIsTheMirroredPicture) {
  Shoe shoe;
  shoe.closure = ShoeClosure::kBuckle;
  shoe.scene.light.x = 0;
  const Image right = DrawShoe(shoe);
  shoe.view.faces_left = true;
  const Image left = DrawShoe(shoe);
  Image mirrored = right;
  for (int y = 0; y < right.height; ++y) {
    for (int x = 0; x < right.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        mirrored.rgb[(static_cast<size_t>(y) * 160 + x) * 3 + c] =
            right.rgb[(static_cast<size_t>(y) * 160 + 159 - x) * 3 + c];
      }
    }
  }
  EXPECT_LT(DifferingPixels(left, mirrored, 24), 20);  // antialiasing rounds either way
}

TEST(Shoe, NamesAreTheWordsOfACatalogue) {
  std::set<std::string> names;
  for (int i = 0; i < kShoeCategories; ++i) {
    names.insert(ShoeCategoryName(static_cast<ShoeCategory>(i)));
  }
  for (int i = 0; i < kShoeClosures; ++i) {
    names.insert(ShoeClosureName(static_cast<ShoeClosure>(i)));
  }
  for (int i = 0; i < kToeShapes; ++i) names.insert(ToeShapeName(static_cast<ToeShape>(i)));
  for (int i = 0; i < kShoeColours; ++i) names.insert(ShoeColourName(static_cast<ShoeColour>(i)));
  EXPECT_EQ(names.size(), 24u);  // all different, none empty
  EXPECT_EQ(names.count(""), 0u);
  EXPECT_EQ(ShoeClosureName(ShoeClosure::kHookAndLoop), "hook-and-loop");
}

TEST(Shoe, WhatCannotBeDrawnIsRefused) {
  Shoe shoe;
  EXPECT_THAT([&] { DrawShoe(shoe, 8); },
              ThrowsError(ErrorCode::kInvalidArgument, "8 pixels wide"));
  shoe.heel_height_cm = 13;
  EXPECT_THAT([&] { DrawShoe(shoe); }, ThrowsError(ErrorCode::kInvalidArgument, "13 cm"));
}

}  // namespace
}  // namespace csn
