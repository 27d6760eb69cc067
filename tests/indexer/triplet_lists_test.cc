#include "indexer/triplet_lists.h"

#include <filesystem>
#include <set>

#include "indexer/training_set.h"
#include "tests/support/test_support.h"
#include "tests/support/zappos.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;
using test::WriteText;

const std::vector<Notion> kNotions = {{.name = "class", .column = "Category"},
                                      {.name = "closure", .column = "Closure"}};

TEST(TripletListsTest, ReadsTheReleasedLists) {
  const TempDir folder;
  const test::ZapposTree tree = test::WriteZapposTree(folder.path());
  const TripletLists lists = ReadTripletLists(folder.path(), kNotions);
  EXPECT_EQ(lists.images, tree.images);
  EXPECT_EQ(lists.train, tree.train);
  EXPECT_EQ(lists.validation, tree.validation);
}

TEST(TripletListsTest, NamesFileAndLineOfWhatIsWrong) {
  const TempDir folder;
  test::WriteZapposTree(folder.path());
  const std::string list = folder / "tripletlists/closure_tripletlist_val.txt";
  for (const char* line : {"1 2", "1 2 3 4", "1 2 60", "1 2 x", "1 2 -3", "", "1,2,3"}) {
    SCOPED_TRACE(line);
    WriteText(list, std::string("1 2 3\n") + line + "\n4 5 6\n");
    EXPECT_THAT([&] { ReadTripletLists(folder.path(), kNotions); },
                ThrowsError(ErrorCode::kInvalidArgument,
                            list + ": line 2: expected three row numbers below 60"));
  }
  WriteText(list, "");
  EXPECT_THAT([&] { ReadTripletLists(folder.path(), kNotions); },
              ThrowsError(ErrorCode::kInvalidArgument, "holds no triplet"));
  std::filesystem::remove(list);
  EXPECT_THAT([&] { ReadTripletLists(folder.path(), kNotions); },
              ThrowsError(ErrorCode::kNotFound, "closure_tripletlist_val.txt"));
}

TEST(ImageRowsTest, FindsPathsThatBeginFurtherUp) {
  const std::vector<std::string> images = {"a/b.jpg", "b.jpg", "c.jpg"};
  const ImageRows rows(images);
  EXPECT_EQ(rows.Find("a/b.jpg"), 0u);
  EXPECT_EQ(rows.Find("images/a/b.jpg"), 0u);
  EXPECT_EQ(rows.Find("x/b.jpg"), 1u);
  EXPECT_EQ(rows.Find("xc.jpg"), 3u);
}

TrainingSet Make(const std::string& folder, int64_t limit) {
  TrainingSetOptions options;
  for (const Notion& notion : kNotions) {
    options.notions.push_back(
        {.name = notion.name, .column = notion.column, .near = {}, .far = {}});
  }
  options.stream.preprocessing.size = 32;
  options.triplets = folder;
  options.fixed_triplets = limit;
  RejectFile rejects("");
  return MakeTrainingSet(Catalogue::Open(folder), options, rejects, {}, nullptr);
}

// Items are in the catalogue's order, which is not that of the file names.
TEST(TripletListsTest, BecomeTripletsOfTheCataloguesItems) {
  const TempDir folder;
  const test::ZapposTree tree = test::WriteZapposTree(folder.path());
  const auto n = static_cast<uint32_t>(tree.images.size());
  const TrainingSet set = Make(folder.path(), 0);
  const auto item = [&](uint32_t row) { return n - 1 - row; };
  for (NotionId c = 0; c < 2; ++c) {
    ASSERT_EQ(set.data.train_triplets[c].size(), tree.train[c].size());
    for (size_t i = 0; i < tree.train[c].size(); ++i) {
      const Triplet& given = tree.train[c][i];
      EXPECT_EQ(set.data.train_triplets[c][i],
                (Triplet{item(given.anchor), item(given.positive), item(given.negative)}));
    }
    EXPECT_EQ(set.data.validation_triplets[c].size(), tree.validation[c].size());
  }
  std::set<uint32_t> trains;
  for (const auto& list : tree.train) {
    for (const Triplet& t : list) {
      for (const uint32_t row : {t.anchor, t.positive, t.negative}) trains.insert(item(row));
    }
  }
  EXPECT_EQ(set.data.train, std::vector<uint32_t>(trains.begin(), trains.end()));
  EXPECT_EQ(Make(folder.path(), 10).data.train_triplets[1].size(), 10u);
}

TEST(TripletListsTest, TripletsOfMissingImagesAreLeftOutAndCounted) {
  const TempDir folder;
  const test::ZapposTree tree = test::WriteZapposTree(folder.path());
  const uint32_t gone = tree.train[0][0].anchor;
  std::filesystem::remove(folder / ("ut-zap50k-images/" + tree.images[gone]));
  size_t dropped = 0;
  for (const auto* lists : {&tree.train, &tree.validation}) {
    for (const auto& list : *lists) {
      for (const Triplet& t : list) {
        dropped += t.anchor == gone || t.positive == gone || t.negative == gone ? 1 : 0;
      }
    }
  }
  const TrainingSet set = Make(folder.path(), 0);
  EXPECT_EQ(set.counts.rejected, 1u);
  EXPECT_EQ(
      set.notes.back(),
      fmt::format("{} triplets left out: the catalogue has not all of their images", dropped));
}

}  // namespace
}  // namespace csn
