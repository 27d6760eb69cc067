// Which faces a folder of font files holds, and what is said of them.
#include "tools/fonts/font_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/made_fonts.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

TEST(FontsIn, NamesFamilyStyleWeightAndSpacingPlainestFirst) {
  const TempDir dir;
  test::CopyDejaVu(dir / "below/here");
  const FoundFonts found = FontsIn(dir.path());
  EXPECT_TRUE(found.no_fonts.empty());
  ASSERT_EQ(found.faces.size(), 6u);
  const char* families[] = {"DejaVu Sans", "DejaVu Sans Mono", "DejaVu Serif"};
  for (size_t i = 0; i < 6; ++i) {
    const FontFace& face = found.faces[i];
    SCOPED_TRACE(face.file);
    const bool bold = i % 2 == 1;
    EXPECT_EQ(face.family, families[i / 2]);
    EXPECT_EQ(face.style, bold ? "Bold" : "Book");
    EXPECT_EQ(face.weight, bold ? 700 : 400);
    EXPECT_EQ(face.slant, Slant::kRoman);
    EXPECT_EQ(face.width, 100);
    EXPECT_EQ(face.monospaced, i / 2 == 1);
    EXPECT_EQ(face.index, 0);
    EXPECT_TRUE(face.outlines);
    EXPECT_TRUE(std::filesystem::exists(face.file));
  }
}

TEST(FontsIn, TellsWhatIsNoFont) {
  const TempDir dir;
  const std::vector<uint8_t> font = test::DejaVu("DejaVuSans.ttf");
  test::WriteFont(dir / "b.ttf", font);
  test::WriteText(dir / "OFL.txt", "a licence");
  test::WriteText(dir / "empty.ttf", "");
  test::WriteText(dir / "dots.bdf", test::BitmapFont());
  test::WriteFont(dir / "cut.ttf", {font.begin(), font.begin() + 300});
  std::filesystem::create_symlink("nowhere", dir / "dead.ttf");
  const FoundFonts found = FontsIn(dir.path());
  EXPECT_EQ(found.no_fonts,
            (std::vector<std::string>{dir / "OFL.txt", dir / "cut.ttf", dir / "empty.ttf"}));
  ASSERT_EQ(found.faces.size(), 2u);
  EXPECT_EQ(found.faces[0].family, "DejaVu Sans");
  EXPECT_EQ(found.faces[1].family, "Dots");
  EXPECT_FALSE(found.faces[1].outlines);
}

TEST(FontsIn, RefusesWhatIsNotThere) {
  const TempDir dir;
  EXPECT_THAT([&] { FontsIn(dir / "none"); }, ThrowsError(ErrorCode::kNotFound, dir / "none"));
  test::WriteText(dir / "file", "x");
  EXPECT_THAT([&] { FontsIn(dir / "file"); }, ThrowsError(ErrorCode::kFailed, dir / "file"));
  test::WriteText(dir / "folder/file", "x");
  StopFlag stop;
  stop.signal = 15;
  EXPECT_THAT([&] { FontsIn(dir / "folder", &stop); },
              ThrowsError(ErrorCode::kInterrupted, "signal 15"));
}

TEST(InstalledFonts, FindsDejaVuAndOrdersFaces) {
  const std::vector<FontFace> faces = InstalledFonts().faces;
  EXPECT_TRUE(std::ranges::is_sorted(faces, {}, &FontFace::family));
  EXPECT_EQ(std::ranges::count_if(faces,
                                  [](const FontFace& face) {
                                    return face.family == "DejaVu Serif" && face.style == "Bold" &&
                                           face.weight == 700;
                                  }),
            1);
}

}  // namespace
}  // namespace csn
