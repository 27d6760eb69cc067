// Written catalogues of letters: the same bytes whatever the threads, complete or not there.
#include "tools/fonts/font_catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/file.h"
#include "base/hash.h"
#include "base/image.h"
#include "base/text.h"
#include "tests/support/made_fonts.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

FontCatalogueOptions Options(const std::string& directory, const std::string& fonts,
                             int threads = 2) {
  FontCatalogueOptions options;
  options.directory = directory;
  options.fonts = fonts;
  options.threads = threads;
  return options;
}

// The file's lines without the last, empty, one.
std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines = SplitText(ReadTextFile(path), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

TEST(FontCatalogue, HasARowAndAPictureForEachCharacterOfEachFace) {
  const TempDir dir;
  test::CopyDejaVu(dir / "fonts");
  const FontCatalogueReport report =
      WriteFontCatalogue(Options(dir / "a/new/folder", dir / "fonts"));
  EXPECT_EQ(report.found, 6u);
  EXPECT_EQ(report.families, 3u);
  EXPECT_EQ(report.faces, 6u);
  EXPECT_EQ(report.pictures, 372u);
  EXPECT_EQ(report.not_chosen, 0u);
  const std::vector<std::string> lines = Lines(dir / "a/new/folder/catalogue.csv");
  ASSERT_EQ(lines.size(), 1u + 6 * 62);
  EXPECT_EQ(lines[0], "sku,image,character,kind,font,style,weight,slant,width,serif,spacing,file");
  EXPECT_EQ(lines[1],
            "dejavu-sans-book-0041,images/dejavu-sans-book/0041.png,A,capital,DejaVu Sans,Book,400,"
            "roman,100,sans,proportional,DejaVuSans.ttf");
  EXPECT_EQ(
      lines[5 * 62 + 27],
      "dejavu-serif-bold-0061,images/dejavu-serif-bold/0061.png,a,small,DejaVu Serif,Bold,700,"
      "roman,100,serif,proportional,DejaVuSerif-Bold.ttf");
  EXPECT_EQ(lines[3 * 62 - 9],
            "dejavu-sans-mono-book-0030,images/dejavu-sans-mono-book/0030.png,0,digit,"
            "DejaVu Sans Mono,Book,400,roman,100,sans,monospaced,DejaVuSansMono.ttf");
  std::set<std::string> names;
  std::set<uint64_t> pictures;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = SplitText(lines[i], ',');
    ASSERT_EQ(fields.size(), 12u) << lines[i];
    names.insert(LowerCase(fields[0]));
    names.insert(LowerCase(fields[1]));
    const Image picture = DecodeImage(ReadFile(dir / ("a/new/folder/" + fields[1])));
    EXPECT_EQ(picture.width, 64);
    EXPECT_EQ(picture.height, 64);
    pictures.insert(Hash64(picture.rgb));
  }
  EXPECT_EQ(names.size(), 2 * 372u) << "where letters' case does not count, too";
  EXPECT_EQ(pictures.size(), 372u);
  EXPECT_EQ(Lines(dir / "a/new/folder/left-out.tsv").size(), 1u);
}

TEST(FontCatalogue, TheSameBytesWhateverTheThreads) {
  const TempDir dir;
  test::CopyDejaVu(dir / "fonts");
  WriteFontCatalogue(Options(dir / "one", dir / "fonts", 1));
  WriteFontCatalogue(Options(dir / "two", dir / "fonts", 2));
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir / "one")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = std::filesystem::relative(entry.path(), dir / "one").string();
    EXPECT_EQ(ReadFile(dir / ("one/" + name)), ReadFile(dir / ("two/" + name))) << name;
    ++files;
  }
  EXPECT_EQ(files, 372u + 2);
}

TEST(FontCatalogue, SaysWhatIsLeftOutAndWhy) {
  const TempDir dir;
  const std::vector<uint8_t> sans = test::DejaVu("DejaVuSans.ttf");
  test::WriteFont(dir / "fonts/1.ttf", sans);
  test::WriteFont(dir / "fonts/copy.ttf", sans);
  test::WriteFont(dir / "fonts/alias.ttf", test::Renamed(sans, "DejaVu", "Vujade"));
  test::WriteFont(dir / "fonts/lacking.ttf",
                  test::WithoutFrom(test::DejaVu("DejaVuSerif.ttf"), 'x'));
  test::WriteText(dir / "fonts/dots.bdf", test::BitmapFont());
  test::WriteText(dir / "fonts/README", "read me");
  const FontCatalogueReport report = WriteFontCatalogue(Options(dir / "out", dir / "fonts"));
  EXPECT_EQ(report.found, 5u);
  EXPECT_EQ(report.faces, 1u);
  EXPECT_EQ(report.pictures, 62u);
  EXPECT_EQ(report.unreadable, std::vector<std::string>{dir / "fonts/README"});
  for (const auto& [reason, count] : {std::pair{LeftOut::kRepeatedStyle, 1u},
                                      {LeftOut::kDrawnBefore, 1u},
                                      {LeftOut::kMissingCharacters, 1u},
                                      {LeftOut::kNoOutlines, 1u},
                                      {LeftOut::kSymbols, 0u}}) {
    EXPECT_EQ(report.left_out[static_cast<size_t>(reason)], count) << LeftOutReason(reason);
  }
  EXPECT_EQ(
      Lines(dir / "out/left-out.tsv"),
      (std::vector<std::string>{
          "file\tindex\tfamily\tstyle\treason", dir / "fonts/README\t\t\t\tis no font",
          dir / "fonts/copy.ttf\t0\tDejaVu Sans\tBook\thas the family and style of one before it",
          dir / "fonts/lacking.ttf\t0\tDejaVu Serif\tBook\tlacks one of the 62 characters",
          dir / "fonts/dots.bdf\t0\tDots\tRegular\thas no outlines",
          dir / "fonts/alias.ttf\t0\tVujade Sans\tBook\t"
                "draws half of its pictures or more as ones before it"}));
}

TEST(FontCatalogue, NamesOfFacesAreToldApartAndQuoted) {
  const TempDir dir;
  test::WriteFont(dir / "fonts/1.ttf", test::DejaVu("DejaVuSans.ttf"));
  // Another family whose plain name is the same, and needs quoting.
  test::WriteFont(dir / "fonts/2.ttf",
                  test::Renamed(test::DejaVu("DejaVuSerif.ttf"), "DejaVu Serif", "DejaVu, Sans"));
  WriteFontCatalogue(Options(dir / "out", dir / "fonts"));
  const std::vector<std::string> lines = Lines(dir / "out/catalogue.csv");
  ASSERT_EQ(lines.size(), 125u);
  EXPECT_TRUE(lines[1].starts_with("dejavu-sans-book-0041,images/dejavu-sans-book/0041.png,A,"));
  EXPECT_TRUE(
      lines[63].starts_with("dejavu-sans-book-2-0041,images/dejavu-sans-book-2/"
                            "0041.png,A,capital,\"DejaVu, Sans\",Book,"));
}

TEST(FontCatalogue, DrawsAsManyAndAsLargeAsAsked) {
  const TempDir dir;
  test::CopyDejaVu(dir / "fonts");
  FontCatalogueOptions options = Options(dir / "out", dir / "fonts");
  options.choice = {.families = 2, .faces_per_family = 1, .seed = 3};
  options.size = 40;
  const FontCatalogueReport report = WriteFontCatalogue(options);
  EXPECT_EQ(report.families, 2u);
  EXPECT_EQ(report.faces, 2u);
  EXPECT_EQ(report.not_chosen, 4u);
  for (const std::string& line : Lines(dir / "out/catalogue.csv")) {
    const std::vector<std::string> fields = SplitText(line, ',');
    if (fields[0] == "sku") continue;
    EXPECT_EQ(fields[5], "Book");
    EXPECT_EQ(DecodeImage(ReadFile(dir / ("out/" + fields[1]))).width, 40);
  }
}

TEST(FontCatalogue, RefusesAnExistingOneAndImpossibleOptions) {
  const TempDir dir;
  test::CopyDejaVu(dir / "fonts");
  test::WriteText(dir / "catalogue.csv", "mine");
  EXPECT_THAT([&] { WriteFontCatalogue(Options(dir.path(), dir / "fonts")); },
              ThrowsError(ErrorCode::kInvalidArgument, "catalogue.csv exists already"));
  EXPECT_EQ(ReadTextFile(dir / "catalogue.csv"), "mine");
  EXPECT_THAT([&] { WriteFontCatalogue(Options(dir / "out", dir / "none")); },
              ThrowsError(ErrorCode::kNotFound, dir / "none"));
  EXPECT_THAT([&] { WriteFontCatalogue(Options("", dir / "fonts")); },
              ThrowsError(ErrorCode::kInvalidArgument, "no folder"));
  test::WriteText(dir / "empty/README", "no font");
  EXPECT_THAT([&] { WriteFontCatalogue(Options(dir / "out", dir / "empty")); },
              ThrowsError(ErrorCode::kFailed, "none of 0 faces in " + (dir / "empty")));
  for (const int size : {15, 513}) {
    FontCatalogueOptions options = Options(dir / "out", dir / "fonts");
    options.size = size;
    EXPECT_THAT([&] { WriteFontCatalogue(options); },
                ThrowsError(ErrorCode::kInvalidArgument, "expected 16 to 512"));
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "out"));
}

TEST(FontCatalogue, AStopLeavesNoCatalogueAndARepetitionCompletesIt) {
  const TempDir dir;
  test::CopyDejaVu(dir / "fonts");
  StopFlag stop;
  FontCatalogueOptions options = Options(dir / "out", dir / "fonts", 1);
  options.stop = &stop;
  options.progress = [&](const Progress& progress) {
    if (progress.stage == "drawing fonts" && progress.done == 3) stop.signal = 2;
  };
  EXPECT_THAT([&] { WriteFontCatalogue(options); },
              ThrowsError(ErrorCode::kInterrupted, "signal 2"));
  EXPECT_TRUE(std::filesystem::exists(dir / "out/images/dejavu-sans-book/0041.png"));
  EXPECT_FALSE(std::filesystem::exists(dir / "out/catalogue.csv"));
  EXPECT_EQ(WriteFontCatalogue(Options(dir / "out", dir / "fonts")).pictures, 372u);
  EXPECT_EQ(Lines(dir / "out/catalogue.csv").size(), 373u);
}

}  // namespace
}  // namespace csn
