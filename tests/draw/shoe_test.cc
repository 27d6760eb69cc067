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

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

// No shoe is magenta: what is, in shadow or not, is background.
constexpr Rgb kMagenta{1, 0, 1};
// For fastenings, where they must not be mistaken for a sole.
constexpr Rgb kCyan{0, 1, 1};

struct Pixel {
  double r, g, b;  // 0..255
};

Pixel At(const Image& image, int x, int y) {
  const uint8_t* p = &image.rgb[(static_cast<size_t>(y) * image.width + x) * 3];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

bool IsMagenta(Pixel p) { return p.r > p.g + 50 && p.b > p.g + 50; }

double SquaredDistance(Pixel p, Rgb c) {
  const double dr = p.r - 255 * c.r, dg = p.g - 255 * c.g, db = p.b - 255 * c.b;
  return dr * dr + dg * dg + db * db;
}

// The heel's height in centimetres, measured in a picture on magenta with cyan fastenings: near the
// heel's back, from the ground up to where the colour is no longer the sole's. A pointed toe
// reaches a tenth beyond the shoe's length.
double MeasureHeel(const Shoe& shoe, const Image& image) {
  int first = image.width, last = -1;
  for (int x = 0; x < image.width; ++x) {
    for (int y = 0; y < image.height; ++y) {
      if (IsMagenta(At(image, x, y))) continue;
      first = std::min(first, x);
      last = std::max(last, x);
    }
  }
  const double length = (last - first + 1) / (shoe.toe_shape == ToeShape::kPointed ? 1.1 : 1.0);
  const int inset = static_cast<int>(std::lround(0.09 * length));
  const int column = shoe.faces_left ? last - inset : first + inset;
  int ground = image.height - 1;
  while (ground > 0 && IsMagenta(At(image, column, ground))) --ground;
  int y = ground - 1;  // the lowest pixel is the outline's
  while (y > 0) {
    const Pixel p = At(image, column, y);
    const double to_sole = SquaredDistance(p, shoe.sole);
    if (IsMagenta(p) || SquaredDistance(p, shoe.upper) < to_sole ||
        SquaredDistance(p, kCyan) < to_sole) {
      break;
    }
    --y;
  }
  return (ground - y) / length * kShoeLengthCm;
}

double Pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / n;
    my += y[i] / n;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

// Association of two categorical columns: 0 independent, 1 one decides the other.
double CramersV(const std::vector<int>& a, const std::vector<int>& b, int na, int nb) {
  std::vector<double> joint(static_cast<size_t>(na) * nb), rows(na), columns(nb);
  for (size_t i = 0; i < a.size(); ++i) {
    ++joint[static_cast<size_t>(a[i]) * nb + b[i]];
    ++rows[a[i]];
    ++columns[b[i]];
  }
  const double n = static_cast<double>(a.size());
  double chi2 = 0;
  for (int i = 0; i < na; ++i) {
    for (int j = 0; j < nb; ++j) {
      const double expected = rows[i] * columns[j] / n;
      const double off = joint[static_cast<size_t>(i) * nb + j] - expected;
      chi2 += off * off / expected;
    }
  }
  return std::sqrt(chi2 / (n * (std::min(na, nb) - 1)));
}

int DifferingPixels(const Image& a, const Image& b, double threshold) {
  int count = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const Pixel p = At(a, x, y), q = At(b, x, y);
      const double most = std::max({std::abs(p.r - q.r), std::abs(p.g - q.g), std::abs(p.b - q.b)});
      if (most > threshold) ++count;
    }
  }
  return count;
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
      Shoe shoe = SampleShoe(rng);
      shoe.background = kMagenta;
      shoe.accent = shoe.metal = kCyan;
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
          shoe.length = 1;
          shoe.background = kMagenta;
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
  shoe.shift_x = 0;
  const Image right = DrawShoe(shoe);
  shoe.faces_left = true;
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
