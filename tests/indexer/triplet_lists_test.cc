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

TEST(TripletListsTest, ReadsEveryTestList) {
  const TempDir folder;
  const test::ZapposTree tree = test::WriteZapposTree(folder.path());
  WriteText(folder / "tripletlists/_tripletlist_test.txt", "no notion has no name");
  const TestLists lists = ReadTestLists(folder.path());
  EXPECT_EQ(lists.images, tree.images);
  ASSERT_EQ(lists.lists.size(), 2u);
  EXPECT_EQ(lists.lists[0].name, "class");
  EXPECT_EQ(lists.lists[0].triplets, tree.test[0]);
  EXPECT_EQ(lists.lists[1].name, "closure");
  EXPECT_EQ(lists.lists[1].triplets, tree.test[1]);
  WriteText(folder / "tripletlists/closure_tripletlist_test.txt", "1 2 3\n1 2\n");
  EXPECT_THAT([&] { ReadTestLists(folder.path()); },
              ThrowsError(ErrorCode::kInvalidArgument, "closure_tripletlist_test.txt: line 2"));
  std::filesystem::remove_all(folder / "tripletlists");
  EXPECT_THAT([&] { ReadTestLists(folder.path()); },
              ThrowsError(ErrorCode::kNotFound, "holds no NOTION_tripletlist_test.txt"));
}

TEST(TripletListsTest, ItemTripletsNameItemsAndCountWhatIsMissing) {
  // Images 3, 4 (beyond the last) and 0 are shown by items 0, 1 and 2 of a catalogue; image 1 by
  // none.
  const std::vector<size_t> rows = {3, 4, 0};
  const std::vector<uint32_t> item_of = ItemsOfRows(rows, 4);
  EXPECT_THAT(item_of, testing::ElementsAre(2, kNoItem, kNoItem, 0));
  const std::vector<Triplet> list = {{.anchor = 0, .positive = 3, .negative = 0},
                                     {.anchor = 0, .positive = 1, .negative = 3},
                                     {.anchor = 3, .positive = 3, .negative = 0}};
  uint64_t dropped = 5;
  const std::vector<Triplet> items = ItemTriplets(list, item_of, 0, 1, dropped);
  EXPECT_EQ(dropped, 6u);
  EXPECT_EQ(items, (std::vector<Triplet>{{.anchor = 2, .positive = 0, .negative = 2},
                                         {.anchor = 0, .positive = 0, .negative = 2}}));
  EXPECT_EQ(ItemTriplets(list, item_of, 1, 1, dropped).size(), 1u);
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
