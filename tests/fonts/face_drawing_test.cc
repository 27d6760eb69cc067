// Letters as pictures: whole, to scale, on one baseline, in the middle.
#include "tools/fonts/face_drawing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/hash.h"
#include "tests/support/made_fonts.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;

using Bytes = std::vector<uint8_t>;

// The smallest box around all that is not white, its ends included.
struct Ink {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
};

Ink InkOf(const Bytes& picture, int size) {
  Ink ink;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      if (picture[static_cast<size_t>(y * size + x)] == 255) continue;
      ink = {std::min(ink.left, x), std::min(ink.top, y), std::max(ink.right, x),
             std::max(ink.bottom, y)};
    }
  }
  return ink;
}

FontFace FaceOf(const std::string& file) {
  FontFace face;
  face.file = file;
  return face;
}

// A font file in a folder of its own.
class Font {
 public:
  explicit Font(const Bytes& bytes) { test::WriteFont(dir_ / "font", bytes); }
  FontFace face() const { return FaceOf(dir_ / "font"); }

 private:
  TempDir dir_;
};

std::map<char, Ink> InksOf(const FaceDrawing& drawing, int size) {
  std::map<char, Ink> inks;
  for (size_t c = 0; c < kCharacterCount; ++c) {
    const Bytes picture = drawing.Draw(c, size);
    EXPECT_EQ(picture.size(), static_cast<size_t>(size * size));
    inks[kCharacters[c]] = InkOf(picture, size);
  }
  return inks;
}

class FaceDrawingTest : public testing::TestWithParam<const char*> {};

TEST_P(FaceDrawingTest, FillsTheSquareToItsMarginOnOneBaseline) {
  const Font font(test::DejaVu(GetParam()));
  const FaceDrawing drawing(font.face());
  ASSERT_EQ(drawing.undrawable(), std::nullopt);
  for (const int size : {16, 64, 100}) {
    SCOPED_TRACE(size);
    const int margin = size / 16;
    std::map<char, Ink> inks = InksOf(drawing, size);
    int top = size, bottom = 0, widest = 0;
    for (const auto& [character, ink] : inks) {
      SCOPED_TRACE(character);
      // Antialiasing may spill over the margin by a pixel, never more.
      EXPECT_GE(std::min({ink.left, ink.top, size - 1 - ink.right, size - 1 - ink.bottom}),
                std::max(margin - 1, 0));
      EXPECT_LE(std::abs(ink.left - (size - 1 - ink.right)), 1) << "in the middle";
      top = std::min(top, ink.top);
      bottom = std::max(bottom, ink.bottom);
      widest = std::max(widest, ink.width());
    }
    EXPECT_NEAR(std::max(bottom - top + 1, widest), size - 2 * size / 16.0, 2.0);
    EXPECT_LE(std::abs(top - (size - 1 - bottom)), 1) << "all of them in the middle";
    for (const char flat : {'A', 'E', 'H', 'T', 'f', 'h', 'm', 'x', '1', '4'}) {
      EXPECT_EQ(inks[flat].bottom, inks['H'].bottom) << flat << " stands on the baseline";
    }
    for (const char low : {'Q', 'g', 'j', 'p', 'q', 'y'}) {
      EXPECT_GT(inks[low].bottom, inks['H'].bottom) << low << " reaches below it";
    }
    EXPECT_LT(inks['x'].height(), inks['X'].height());
    EXPECT_EQ(inks['z'].top, inks['x'].top);
  }
}

TEST_P(FaceDrawingTest, EveryCharacterIsAPictureOfItsOwnAndTheSameEachTime) {
  const Font font(test::DejaVu(GetParam()));
  const FaceDrawing drawing(font.face()), again(font.face());
  std::set<uint64_t> pictures;
  for (size_t c = 0; c < kCharacterCount; ++c) {
    pictures.insert(Hash64(drawing.Draw(c, 64)));
    EXPECT_EQ(again.Draw(kCharacterCount - 1 - c, 64), drawing.Draw(kCharacterCount - 1 - c, 64));
  }
  EXPECT_EQ(pictures.size(), kCharacterCount);
}

INSTANTIATE_TEST_SUITE_P(DejaVu, FaceDrawingTest,
                         testing::Values("DejaVuSans.ttf", "DejaVuSansMono-Bold.ttf",
                                         "DejaVuSerif.ttf"));

TEST(FaceDrawing, IsBlackOnWhiteAndGreyAtEdges) {
  const Font font(test::DejaVu("DejaVuSans-Bold.ttf"));
  const Bytes o = FaceDrawing(font.face()).Draw(kCharacters.find('O'), 64);
  EXPECT_EQ(o[0], 255);
  EXPECT_EQ(o[32 * 64 + 32], 255) << "the hole of the O";
  EXPECT_GT(std::ranges::count(o, 0), 100);
  EXPECT_GT(std::ranges::count_if(o, [](uint8_t p) { return p > 0 && p < 255; }), 20);
}

TEST(FaceDrawing, SaysWhatTheFontSaysOfSerifs) {
  const auto serifs = [](const Bytes& bytes) {
    const Font font(bytes);
    return FaceDrawing(font.face()).HasSerifs();
  };
  Bytes font = test::DejaVu("DejaVuSerif.ttf");
  EXPECT_EQ(serifs(font), true);
  EXPECT_EQ(serifs(test::DejaVu("DejaVuSans.ttf")), false);
  const size_t os2 = test::TableAt(font, "OS/2");
  uint8_t& kind = font[os2 + test::kPanose];
  uint8_t& style = font[os2 + test::kPanose + 1];
  uint8_t& family = font[os2 + test::kFamilyClass];
  family = 8;
  EXPECT_EQ(serifs(font), true) << "PANOSE comes first";
  style = 0;
  EXPECT_EQ(serifs(font), false) << "by the family class where PANOSE is silent";
  family = 5;
  EXPECT_EQ(serifs(font), true);
  family = 10;  // scripts
  EXPECT_EQ(serifs(font), std::nullopt);
  style = 13;
  EXPECT_EQ(serifs(font), false);
  kind = 3;  // handwriting: its digits mean other things
  EXPECT_EQ(serifs(font), std::nullopt);
}

TEST(FaceDrawing, SaysWhyAFaceCannotBeDrawn) {
  const auto undrawable = [](const Bytes& bytes) {
    const Font font(bytes);
    return FaceDrawing(font.face()).undrawable();
  };
  const Bytes sans = test::DejaVu("DejaVuSans.ttf");
  EXPECT_EQ(undrawable(sans), std::nullopt);
  EXPECT_EQ(undrawable(test::WithoutFrom(sans, 'z')), Undrawable::kMissingCharacters);
  EXPECT_EQ(undrawable(test::WithoutFrom(sans, '{')), std::nullopt);
  const std::string dots = test::BitmapFont();
  EXPECT_EQ(undrawable(Bytes(dots.begin(), dots.end())), Undrawable::kNoOutlines);
  EXPECT_EQ(undrawable({1, 2, 3}), Undrawable::kUnreadable);
  EXPECT_EQ(FaceDrawing(FaceOf("none")).undrawable(), Undrawable::kUnreadable);
  const size_t os2 = test::TableAt(sans, "OS/2");
  Bytes symbols = sans;
  symbols[os2 + test::kPanose] = 5;
  EXPECT_EQ(undrawable(symbols), Undrawable::kSymbols);
  symbols = sans;
  symbols[os2 + test::kFamilyClass] = 12;
  EXPECT_EQ(undrawable(symbols), Undrawable::kSymbols);
  // Every glyph's outline taken from it: the index of glyphs says that all are empty.
  Bytes blank = sans;
  const size_t loca = test::TableAt(blank, "loca");
  std::fill_n(blank.begin() + static_cast<std::ptrdiff_t>(loca), 4 * 400, 0);
  EXPECT_EQ(undrawable(blank), Undrawable::kEmptyPictures);
}

}  // namespace
}  // namespace csn
