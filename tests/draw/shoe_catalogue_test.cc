// Written catalogues of drawn shoes: the same bytes whatever the threads, never over another
// catalogue.
#include "tools/draw/shoe_catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

ShoeCatalogueOptions Options(const std::string& directory, size_t count, uint64_t seed,
                             int threads = 2) {
  ShoeCatalogueOptions options;
  options.directory = directory;
  options.count = count;
  options.seed = seed;
  options.threads = threads;
  return options;
}

// The csv's lines without the last, empty, one.
std::vector<std::string> Lines(const std::string& directory) {
  std::vector<std::string> lines = SplitText(ReadTextFile(directory + "/catalogue.csv"), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

size_t FilesIn(const std::string& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(ShoeCatalogue, RowsAndPhotographsAreTheShoesOfTheSeed) {
  const TempDir dir;
  const uint64_t seed = 42;
  SCOPED_TRACE(seed);
  WriteShoeCatalogue(Options(dir / "a/new/folder", 12, seed));
  const std::vector<std::string> lines = Lines(dir / "a/new/folder");
  ASSERT_EQ(lines.size(), 13u);
  EXPECT_EQ(lines[0], "sku,image,category,closure,heel_height,toe_shape,colour,price");
  EXPECT_EQ(FilesIn(dir / "a/new/folder/images"), 12u);
  for (size_t i = 0; i < 12; ++i) {
    const Shoe shoe = CatalogueShoe(seed, i);
    const std::vector<std::string> fields = SplitText(lines[i + 1], ',');
    ASSERT_EQ(fields.size(), 8u) << lines[i + 1];
    EXPECT_EQ(fields[0],
              i < 9 ? "SHOE-0000" + std::to_string(i + 1) : "SHOE-000" + std::to_string(i + 1));
    EXPECT_EQ(fields[1], "images/" + fields[0] + ".png");
    EXPECT_EQ(fields[2], ShoeCategoryName(shoe.category));
    EXPECT_EQ(fields[3], ShoeClosureName(shoe.closure));
    EXPECT_NEAR(ParseNumber(fields[4]).value(), shoe.heel_height_cm, 1e-9);
    EXPECT_EQ(fields[4].size() - fields[4].find('.'), 2u) << "one decimal: " << fields[4];
    EXPECT_EQ(fields[5], ToeShapeName(shoe.toe_shape));
    EXPECT_EQ(fields[6], ShoeColourName(shoe.colour));
    EXPECT_NEAR(ParseNumber(fields[7]).value(), shoe.price, 1e-9);
    EXPECT_EQ(fields[7].size() - fields[7].find('.'), 3u) << "two decimals: " << fields[7];
    EXPECT_EQ(DecodeImage(ReadFile(dir / ("a/new/folder/" + fields[1]))).rgb, DrawShoe(shoe).rgb);
  }
}

TEST(ShoeCatalogue, TheSameBytesWhateverTheThreads) {
  const TempDir dir;
  const uint64_t seed = 7;
  SCOPED_TRACE(seed);
  WriteShoeCatalogue(Options(dir / "one", 25, seed, 1));
  WriteShoeCatalogue(Options(dir / "two", 25, seed, 2));
  EXPECT_EQ(ReadTextFile(dir / "one/catalogue.csv"), ReadTextFile(dir / "two/catalogue.csv"));
  for (const auto& entry : std::filesystem::directory_iterator(dir / "one/images")) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(ReadFile(dir / ("one/images/" + name)), ReadFile(dir / ("two/images/" + name)));
  }
  WriteShoeCatalogue(Options(dir / "other", 25, seed + 1));
  EXPECT_NE(ReadTextFile(dir / "one/catalogue.csv"), ReadTextFile(dir / "other/catalogue.csv"));
}

TEST(ShoeCatalogue, ALargerOneBeginsWithTheSmaller) {
  const TempDir dir;
  WriteShoeCatalogue(Options(dir / "small", 3, 1));
  WriteShoeCatalogue(Options(dir / "large", 5, 1));
  std::vector<std::string> large = Lines(dir / "large");
  large.resize(4);
  EXPECT_EQ(Lines(dir / "small"), large);
}

TEST(ShoeCatalogue, AnExistingCatalogueIsRefusedAndStands) {
  const TempDir dir;
  test::WriteText(dir / "catalogue.csv", "sku,image\nmine,mine.png\n");
  EXPECT_THAT([&] { WriteShoeCatalogue(Options(dir.path(), 3, 1)); },
              ThrowsError(ErrorCode::kInvalidArgument, "catalogue.csv exists already"));
  EXPECT_EQ(ReadTextFile(dir / "catalogue.csv"), "sku,image\nmine,mine.png\n");
  EXPECT_FALSE(std::filesystem::exists(dir / "images"));
}

TEST(ShoeCatalogue, ImpossibleOptionsAreRefused) {
  const TempDir dir;
  EXPECT_THAT([&] { WriteShoeCatalogue(Options(dir.path(), 0, 1)); },
              ThrowsError(ErrorCode::kInvalidArgument, "count 0"));
  EXPECT_THAT([&] { WriteShoeCatalogue(Options(dir.path(), 1, 1, -1)); },
              ThrowsError(ErrorCode::kInvalidArgument, "threads -1"));
  EXPECT_THAT([&] { WriteShoeCatalogue(Options("", 1, 1)); },
              ThrowsError(ErrorCode::kInvalidArgument, "no folder"));
  test::WriteText(dir / "file", "not a folder");
  EXPECT_THAT([&] { WriteShoeCatalogue(Options(dir / "file", 1, 1)); },
              ThrowsError(ErrorCode::kFailed, "file"));
}

TEST(ShoeCatalogue, AStopLeavesNoCatalogueAndARepetitionCompletesIt) {
  const TempDir dir;
  StopFlag stop;
  ShoeCatalogueOptions options = Options(dir / "shoes", 30, 4, 1);
  options.stop = &stop;
  options.progress = [&](const Progress& progress) {
    if (progress.done == 5) stop.signal = 2;
  };
  EXPECT_THAT([&] { WriteShoeCatalogue(options); },
              ThrowsError(ErrorCode::kInterrupted, "signal 2"));
  EXPECT_FALSE(std::filesystem::exists(dir / "shoes/catalogue.csv"));
  std::vector<uint64_t> reports;
  options.stop = nullptr;
  options.threads = 2;
  options.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.total, 30u);
    reports.push_back(progress.done);
  };
  WriteShoeCatalogue(options);
  EXPECT_EQ(Lines(dir / "shoes").size(), 31u);
  ASSERT_EQ(reports.size(), 30u);
  for (size_t i = 0; i < reports.size(); ++i) EXPECT_EQ(reports[i], i + 1);
}

}  // namespace
}  // namespace csn
