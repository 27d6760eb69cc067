#include "indexer/training_set.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

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

constexpr int kItems = 200;
constexpr int kSide = 32;

// Item i: closure of i % 3 (missing for every 10th), heel of (i % 7) / 2, style of i / 4 (missing
// for the last ones), tags a list. Every 20th photograph repeats the one before it.
class TrainingSetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    std::string csv = "sku,image,closure,heel_height,style,tags\n";
    for (int i = 0; i < kItems; ++i) {
      const int drawn = i % 20 == 19 ? i - 1 : i;
      WritePng(*folder_ / fmt::format("{}.png", i), TestImage(20 + drawn % 5, 24, drawn));
      csv += fmt::format("s{:03},{}.png,{},{},{},a|b{}\n", i, i, Closure(i), (i % 7) / 2.0,
                         i < kItems - 8 ? fmt::format("style{}", i / 4) : "", i);
    }
    WriteText(*folder_ / "catalogue.csv", csv);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string Closure(int i) {
    return i % 10 == 5 ? "" : std::vector<std::string>{"lace", "zip", "none"}[i % 3];
  }

  static TrainingSetOptions Options(const std::vector<std::string>& notions) {
    TrainingSetOptions options;
    for (const std::string& notion : notions) options.notions.push_back(ParseNotionSpec(notion));
    options.stream.preprocessing.size = kSide;
    options.stream.threads = 2;
    return options;
  }

  static TrainingSet Make(const TrainingSetOptions& options) {
    RejectFile rejects("");
    return MakeTrainingSet(Catalogue::Open(*folder_ / "catalogue.csv"), options, rejects, {},
                           nullptr);
  }

  static std::vector<uint8_t> FileBytes(int i) {
    return ReadFile(*folder_ / fmt::format("{}.png", i));
  }

  static void ExpectLoadsRight(const TrainingSet& set, int i) {
    std::vector<uint8_t> rgb(3 * kSide * kSide);
    set.data.photographs->Load(i, rgb.data());
    EXPECT_EQ(rgb, PrepareImage(FileBytes(i), {.size = kSide})) << "item " << i;
  }

  static TempDir* folder_;
};

TempDir* TrainingSetTest::folder_ = nullptr;

TEST_F(TrainingSetTest, LabelsAreTheColumns) {
  const TrainingSet set = Make(Options({"closure", "heel=heel-height:numeric,near=0.5,far=1.5"}));
  const LabelTable& labels = set.data.labels;
  ASSERT_EQ(labels.size(), kItems);
  EXPECT_EQ(labels.notions()[1].column, "heel_height");
  for (int a = 0; a < kItems; a += 3) {
    EXPECT_EQ(labels.Known(0, a), !Closure(a).empty());
    for (int b = 0; b < kItems; b += 7) {
      const bool both = !Closure(a).empty() && !Closure(b).empty();
      EXPECT_EQ(labels.Close(0, a, b), both && Closure(a) == Closure(b));
      EXPECT_EQ(labels.Far(0, a, b), both && Closure(a) != Closure(b));
      const double difference = std::abs(a % 7 - b % 7) / 2.0;
      EXPECT_EQ(labels.Close(1, a, b), difference <= 0.5);
      EXPECT_EQ(labels.Far(1, a, b), difference >= 1.5);
    }
  }
}

TEST_F(TrainingSetTest, CategoricalNotionOfANumberColumnGoesByTheNumber) {
  const TrainingSet set = Make(Options({"heel-height"}));
  const LabelTable& labels = set.data.labels;
  EXPECT_EQ(labels.notions()[0].kind, NotionKind::kCategorical);
  for (int a = 0; a < 20; ++a) {
    for (int b = 0; b < 20; ++b) EXPECT_EQ(labels.Close(0, a, b), a % 7 == b % 7);
  }
}

TEST_F(TrainingSetTest, ThresholdsDefaultToPercentilesOfTheLabels) {
  const TrainingSet set = Make(Options({"heel-height=heel_height:numeric"}));
  std::vector<double> differences;
  for (int a = 0; a < kItems; ++a) {
    for (int b = 0; b < a; ++b) differences.push_back(std::abs(a % 7 - b % 7) / 2.0);
  }
  std::sort(differences.begin(), differences.end());
  const Notion& notion = set.data.labels.notions()[0];
  EXPECT_EQ(notion.near, differences[differences.size() / 10]);
  EXPECT_EQ(notion.far, differences[differences.size() / 2]);
}

TEST_F(TrainingSetTest, EveryItemIsInOneSplitAndSeenMeansTrainedOrValidatedOn) {
  const TrainingSet set = Make(Options({"closure"}));
  ASSERT_EQ(set.splits.size(), kItems);
  EXPECT_EQ(set.counts.accepted, kItems);
  std::set<uint64_t> seen;
  std::vector<uint32_t> train, validation;
  std::map<uint64_t, Split> split_of;
  for (int i = 0; i < kItems; ++i) {
    const uint64_t hash = Hash64(FileBytes(i));
    EXPECT_EQ(split_of.emplace(hash, set.splits[i]).first->second, set.splits[i])
        << "item " << i << " shares its photograph with one of another split";
    if (set.splits[i] == Split::kTrain) train.push_back(i);
    if (set.splits[i] == Split::kValidation) validation.push_back(i);
    if (set.splits[i] != Split::kTest) seen.insert(hash);
  }
  EXPECT_EQ(set.data.train, train);
  EXPECT_EQ(set.data.validation, validation);
  EXPECT_EQ(set.seen_photographs, std::vector<uint64_t>(seen.begin(), seen.end()));
  // 70/10/20 within what 200 drawn groups can be expected to deviate.
  EXPECT_NEAR(static_cast<double>(train.size()), 0.7 * kItems, 25);
  EXPECT_NEAR(static_cast<double>(validation.size()), 0.1 * kItems, 15);
}

TEST_F(TrainingSetTest, SplitsByAColumn) {
  TrainingSetOptions options = Options({"closure"});
  options.split.by = "style";
  const TrainingSet set = Make(options);
  for (int i = 0; i < kItems - 8; ++i) EXPECT_EQ(set.splits[i], set.splits[i / 4 * 4]);
  // Photographs that repeat (the 20th and the one before) are of one style here, so styles are the
  // groups.
  for (int i = 0; i < kItems - 8; ++i) {
    EXPECT_EQ(set.splits[i], SplitOf(options.split, fmt::format("style{}", i / 4)));
  }
  EXPECT_EQ(set.splits[kItems - 5], SplitOf(options.split, fmt::format("s{}", kItems - 5)));
}

TEST_F(TrainingSetTest, LoadsTheSamePixelsFromMemoryAndFromTheFile) {
  constexpr uint64_t kPhotograph = 3 * kSide * kSide;
  for (const uint64_t kept : {0, 10, kItems}) {
    SCOPED_TRACE(kept);
    TrainingSetOptions options = Options({"closure"});
    options.cache_bytes = kept * kPhotograph + kPhotograph / 2;
    const TrainingSet set = Make(options);
    const uint64_t used = set.data.train.size() + set.data.validation.size();
    EXPECT_LE(set.cached, kept);
    if (kept == kItems) {
      // Nothing that can be asked for is missing, but for what moved with a repeated photograph.
      EXPECT_GE(set.cached + kItems / 20, used);
      EXPECT_LE(set.cached, used);
    }
    for (int i = 0; i < kItems; i += 9) ExpectLoadsRight(set, i);
  }
}

TEST_F(TrainingSetTest, LoadingFailsWhereTheFileIsGoneOrAnother) {
  const TempDir folder;
  std::string csv = "sku,image,colour\n";
  for (int i = 0; i < 4; ++i) {
    WritePng(folder / fmt::format("{}.png", i), TestImage(20, 20, 50 * i));
    csv += fmt::format("s{},{}.png,c{}\n", i, i, i);
  }
  WriteText(folder / "c.csv", csv);
  TrainingSetOptions options = Options({"colour"});
  options.cache_bytes = 0;
  RejectFile rejects("");
  const TrainingSet set =
      MakeTrainingSet(Catalogue::Open(folder / "c.csv"), options, rejects, {}, nullptr);
  std::filesystem::remove(folder / "1.png");
  WritePng(folder / "2.png", TestImage(20, 20, 7));
  std::vector<uint8_t> rgb(3 * kSide * kSide);
  const auto load = [&](uint32_t i) {
    return [&set, &rgb, i] { set.data.photographs->Load(i, rgb.data()); };
  };
  EXPECT_NO_THROW(load(0)());
  EXPECT_THAT(load(1), ThrowsError(ErrorCode::kNotFound, "1.png"));
  EXPECT_THAT(load(2), ThrowsError(ErrorCode::kFailed, "2.png: the file changed"));
}

TEST_F(TrainingSetTest, RefusesNotionsThatTheCatalogueCannotServe) {
  const auto make = [](const std::vector<std::string>& notions) {
    return [notions] { Make(Options(notions)); };
  };
  EXPECT_THAT(make({"closur"}), ThrowsError(ErrorCode::kInvalidArgument, "closure"));
  EXPECT_THAT(make({"closure=closure:numeric"}),
              ThrowsError(ErrorCode::kInvalidArgument, "notion closure: numeric"));
  EXPECT_THAT(make({"tags=tags:numeric"}),
              ThrowsError(ErrorCode::kInvalidArgument, "column tags holds list"));
  EXPECT_NO_THROW(make({"tags"})());
  EXPECT_THAT(make({"heel-height", "heel_height=closure"}),
              ThrowsError(ErrorCode::kInvalidArgument, "named twice"));
  EXPECT_THAT(make({}), ThrowsError(ErrorCode::kInvalidArgument, "at least one notion"));
  TrainingSetOptions options = Options({"closure"});
  options.split.by = "stile";
  EXPECT_THAT([&] { Make(options); }, ThrowsError(ErrorCode::kInvalidArgument, "style"));
}

TEST_F(TrainingSetTest, FailsWhereNoRowIsAccepted) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,image,colour\na,gone.png,red\nb,gone.png,blue\n");
  RejectFile rejects("");
  EXPECT_THAT(
      [&] {
        MakeTrainingSet(Catalogue::Open(folder / "c.csv"), Options({"colour"}), rejects, {},
                        nullptr);
      },
      ThrowsError(ErrorCode::kFailed, "none of its 2 rows"));
  EXPECT_EQ(rejects.count(), 2);
}

}  // namespace
}  // namespace csn
