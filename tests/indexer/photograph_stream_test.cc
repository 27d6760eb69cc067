#include "indexer/photograph_stream.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::TestImage;
using test::ThrowsError;
using test::WritePng;
using test::WriteText;
using testing::ElementsAre;
using testing::HasSubstr;

// catalogue.csv with `count` photographs, every third of them large, so that decoding ends out of
// order.
std::string WriteCatalogue(const TempDir& folder, int count) {
  std::string csv = "sku,image\n";
  for (int i = 0; i < count; ++i) {
    const int side = i % 3 == 0 ? 400 : 24;
    WritePng(folder / fmt::format("{}.png", i), TestImage(side, side + i % 7, i));
    csv += fmt::format("s{},{}.png\n", i, i);
  }
  WriteText(folder / "catalogue.csv", csv);
  return folder / "catalogue.csv";
}

struct Streamed {
  StreamCounts counts;
  std::vector<PreparedPhotograph> photographs;
};

Streamed StreamAll(const std::string& path, const StreamOptions& options, RejectFile& rejects) {
  Streamed streamed;
  streamed.counts = StreamPhotographs(
      Catalogue::Open(path), options, rejects,
      [&](PreparedPhotograph&& photograph) {
        streamed.photographs.push_back(std::move(photograph));
      },
      {}, nullptr);
  return streamed;
}

TEST(PhotographStreamTest, HandsOverEveryPhotographInTheCataloguesOrder) {
  const TempDir folder;
  const std::string path = WriteCatalogue(folder, 40);
  for (const size_t in_flight : {size_t{1}, size_t{3}, size_t{256}}) {
    for (const int threads : {1, 4}) {
      SCOPED_TRACE(fmt::format("in flight {}, threads {}", in_flight, threads));
      const StreamOptions options{
          .preprocessing = {.size = 32}, .threads = threads, .in_flight = in_flight};
      RejectFile rejects("");
      const Streamed streamed = StreamAll(path, options, rejects);
      EXPECT_EQ(streamed.counts.rows, 40);
      EXPECT_EQ(streamed.counts.accepted, 40);
      EXPECT_EQ(streamed.counts.rejected, 0);
      ASSERT_EQ(streamed.photographs.size(), 40);
      for (int i = 0; i < 40; ++i) {
        const PreparedPhotograph& photograph = streamed.photographs[i];
        const std::vector<uint8_t> bytes = ReadFile(folder / fmt::format("{}.png", i));
        ASSERT_EQ(photograph.item.sku, fmt::format("s{}", i));
        ASSERT_EQ(photograph.hash, Hash64(bytes));
        ASSERT_EQ(photograph.rgb, PrepareImage(bytes, options.preprocessing));
      }
    }
  }
}

TEST(PhotographStreamTest, RejectsTheRowAndGoesOnWhereAnImageIsBad) {
  const TempDir folder;
  WritePng(folder / "good.png", TestImage(30, 20, 100));
  const std::string png = ReadTextFile(folder / "good.png");
  WriteText(folder / "cut.png", png.substr(0, png.size() / 2));
  WriteText(folder / "words.png", "no picture at all");
  WritePng(folder / "large.png", TestImage(200, 200, 1));
  std::filesystem::create_directory(folder / "folder.png");
  WriteText(folder / "catalogue.csv",
            "sku,image\na,good.png\nb,missing.png\nc,cut.png\nd,words.png\na,good.png\n"
            "e,large.png\nf,folder.png\ng,good.png\n");
  StreamOptions options{.preprocessing = {.size = 32}, .threads = 3};
  options.limits.max_pixels = 1000;
  RejectFile rejects(folder / "rejects.tsv");
  const Streamed streamed = StreamAll(folder / "catalogue.csv", options, rejects);

  EXPECT_EQ(streamed.counts.rows, 8);
  EXPECT_EQ(streamed.counts.accepted, 2);
  EXPECT_EQ(streamed.counts.rejected, 6);
  EXPECT_EQ(streamed.counts.rejected_images, 5);  // the repeated sku is none of them
  EXPECT_EQ(streamed.counts.first_rejected.size(), 5);
  ASSERT_EQ(streamed.photographs.size(), 2);
  EXPECT_EQ(streamed.photographs[0].item.sku, "a");
  EXPECT_EQ(streamed.photographs[1].item.sku, "g");
  rejects.Commit();
  std::vector<std::string> lines;
  std::istringstream file(ReadTextFile(folder / "rejects.tsv"));
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  using testing::AllOf;
  using testing::StartsWith;
  EXPECT_THAT(
      lines, ElementsAre("line\tsku\treason", AllOf(StartsWith("3\tb\t"), HasSubstr("missing.png")),
                         AllOf(StartsWith("4\tc\t"), HasSubstr("cut.png")),
                         AllOf(StartsWith("5\td\t"), HasSubstr("words.png")), StartsWith("6\ta\t"),
                         AllOf(StartsWith("7\te\t"), HasSubstr("large.png")),
                         AllOf(StartsWith("8\tf\t"), HasSubstr("folder.png"))));
}

// Photographs that are gone once the first one is handed over were not decoded ahead.
TEST(PhotographStreamTest, DecodesNoFurtherAheadThanAskedFor) {
  const TempDir folder;
  const std::string path = WriteCatalogue(folder, 60);
  constexpr uint64_t kInFlight = 4;
  RejectFile rejects("");
  bool first = true;
  const StreamCounts counts = StreamPhotographs(
      Catalogue::Open(path), {.preprocessing = {.size = 32}, .threads = 2, .in_flight = kInFlight},
      rejects,
      [&](PreparedPhotograph&&) {
        if (!std::exchange(first, false)) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        for (int i = 0; i < 60; ++i) std::filesystem::remove(folder / fmt::format("{}.png", i));
      },
      {}, nullptr);
  EXPECT_EQ(counts.rows, 60);
  // The one in hand, those in flight, and at most one that each decoder had opened.
  EXPECT_LE(counts.accepted, 1 + kInFlight + 2);
  EXPECT_GE(counts.accepted, 1);
}

// As above, but of one photograph that all rows show, with room for all of them in flight.
TEST(PhotographStreamTest, DecodesNothingWhileTheSinkTakesAllProcessors) {
  constexpr uint64_t kRows = 5000;
  const TempDir folder;
  WritePng(folder / "shoe.png", TestImage(30, 20, 1));
  std::string csv = "sku,image\n";
  for (uint64_t i = 0; i < kRows; ++i) csv += fmt::format("s{},shoe.png\n", i);
  WriteText(folder / "catalogue.csv", csv);
  RejectFile rejects("");
  bool first = true;
  const StreamCounts counts = StreamPhotographs(
      Catalogue::Open(folder / "catalogue.csv"),
      {.preprocessing = {.size = 32},
       .threads = 2,
       .in_flight = kRows,
       .sink_takes_all_processors = true},
      rejects,
      [&](PreparedPhotograph&&) {
        if (!std::exchange(first, false)) return;
        // Time to decode thousands.
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        std::filesystem::remove(folder / "shoe.png");
      },
      {}, nullptr);
  EXPECT_EQ(counts.rows, kRows);
  EXPECT_LT(counts.accepted, kRows / 2);
}

TEST(PhotographStreamTest, PassesOnWhatTheSinkThrows) {
  const TempDir folder;
  const std::string path = WriteCatalogue(folder, 30);
  RejectFile rejects("");
  int seen = 0;
  const auto stream = [&] {
    StreamPhotographs(
        Catalogue::Open(path),
        {.preprocessing = {.size = 32},
         .threads = 2,
         .in_flight = 2,
         .sink_takes_all_processors = true},
        rejects,
        [&](PreparedPhotograph&&) {
          if (++seen == 5) throw std::runtime_error("enough");
        },
        {}, nullptr);
  };
  EXPECT_THROW(stream(), std::runtime_error);
  EXPECT_EQ(seen, 5);
}

TEST(PhotographStreamTest, StopsWhereAskedTo) {
  const TempDir folder;
  const std::string path = WriteCatalogue(folder, 30);
  RejectFile rejects("");
  StopFlag stop;
  uint64_t told = 0;
  const auto stream = [&] {
    StreamPhotographs(
        Catalogue::Open(path), {.preprocessing = {.size = 32}, .threads = 2}, rejects,
        [](PreparedPhotograph&&) {},
        [&](const Progress& progress) {
          EXPECT_EQ(progress.total, 30);
          told = progress.done;
          if (told == 7) stop.signal = 15;
        },
        &stop);
  };
  EXPECT_THAT(stream, ThrowsError(ErrorCode::kInterrupted, "signal 15"));
  EXPECT_EQ(told, 7);
}

TEST(PhotographStreamTest, FailsWhereTheCatalogueChanged) {
  const TempDir folder;
  const std::string path = WriteCatalogue(folder, 3);
  const Catalogue catalogue = Catalogue::Open(path);
  WriteText(path, ReadTextFile(path) + "late,0.png\n");
  RejectFile rejects("");
  EXPECT_THAT(
      [&] {
        StreamPhotographs(
            catalogue, {.preprocessing = {.size = 32}}, rejects, [](PreparedPhotograph&&) {}, {},
            nullptr);
      },
      ThrowsError(ErrorCode::kFailed, "catalogue.csv"));
}

}  // namespace
}  // namespace csn
