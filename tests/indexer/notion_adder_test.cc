#include "indexer/notion_adder.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "embedder/model_file.h"
#include "query/model_check.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::ThrowsError;
using testing::HasSubstr;

constexpr size_t kItems = 400, kDim = 6;

ino_t Inode(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_ino;
}

// An index of two notions, and a catalogue whose column `colour` tells dimension 4's sign.
class AddNotionTest : public testing::Test {
 protected:
  AddNotionTest() {
    test::EmbeddingWorld world = test::MakeEmbeddingWorld(kItems, kDim, 2, 23);
    std::string csv = "sku,image,colour,weight\n";
    std::vector<Item> items = test::MakeTestItems(kItems);
    for (size_t i = 0; i < kItems; ++i) {
      items[i].values = {Value(0.5 * static_cast<double>(i))};
      const float value = world.embeddings.Row(i)[4];
      csv += fmt::format("{},none.png,{},{}\n", items[i].sku, value > 0 ? "red" : "blue", value);
    }
    test::WriteTestIndex(index(), world.embeddings, world.masks, items,
                         {.columns = {{"price", ColumnType::kNumber}}});
    test::WriteText(folder_ / "c.csv", csv);
    embeddings_ = std::move(world.embeddings);
  }

  std::string index() const { return folder_ / "idx"; }
  Generation Live() const { return Generation::Open(index()); }

  AddNotionOptions Options(const std::string& notion) const {
    return {.index = index(),
            .notion = ParseNotionSpec(notion),
            .rejects = folder_ / "rejects.tsv",
            .created_by = "a test",
            .threads = 2};
  }
  AddNotionReport Add(const std::string& notion, const std::string& file = "c.csv") const {
    return AddNotion(Options(notion), Catalogue::Open(folder_ / file), {}, nullptr);
  }

  std::string Answers(const std::string& notions) const {
    const QueryEngine engine = QueryEngine::Open(index());
    std::string text;
    for (const char* sku : {"sku-000003", "sku-000111", "sku-000399"}) {
      Answer answer =
          engine.Search({.liked = {sku}, .notions = ParseNotionWeights(notions), .k = 20});
      for (const Hit& hit : answer.hits) text += fmt::format("{} {}\n", hit.item.sku, hit.score);
    }
    return text;
  }

  test::TempDir folder_;
  Matrix embeddings_;
};

TEST_F(AddNotionTest, PublishesAGenerationThatSharesAllButTheNew) {
  const Generation before = Live();
  const std::string old_answers = Answers("notion-0=2,notion-1");
  const std::vector<uint8_t> old_model = ReadFile(before.folder() + "/" + layout::kModel);
  const AddNotionReport report = Add("colour");
  EXPECT_EQ(report.generation, "000002");
  EXPECT_EQ(report.labelled, kItems);
  EXPECT_EQ(report.items, kItems);
  EXPECT_EQ(report.parent_id, before.manifest().model_id);
  EXPECT_LT(report.fit.error, 0.2);
  EXPECT_LT(report.fit.error, report.fit.whole_error);

  const Generation after = Live();
  EXPECT_EQ(after.name(), "000002");
  EXPECT_EQ(after.manifest().notions.back().name, "colour");
  EXPECT_EQ(after.manifest().model_id, report.model_id);
  for (const auto& [file, entry] : before.manifest().files) {
    if (file == layout::kModel || file.starts_with("metadata/")) continue;
    EXPECT_EQ(Inode(after.folder() + "/" + file), Inode(before.folder() + "/" + file)) << file;
  }
  // The old generation is as it was, and the new one sound.
  EXPECT_EQ(ReadFile(before.folder() + "/" + layout::kModel), old_model);
  before.Verify({});
  CheckModel(before);
  after.Verify({});
  CheckModel(after);
  EXPECT_EQ(Answers("notion-0=2,notion-1"), old_answers);

  const Model model = LoadModel(after.folder() + "/" + layout::kModel);
  EXPECT_EQ(model.parent, before.manifest().model_id);
  EXPECT_EQ(model.notions.size(), 3u);
  const Model parent = ParseModel(old_model, "old");
  EXPECT_EQ(model.tensors.size(), parent.tensors.size());
  EXPECT_EQ(model.training.seed, parent.training.seed);
}

// By definition, coded here: the distance of the mask in the manifest, over the scale of all pairs.
TEST_F(AddNotionTest, AnswersInTheNewNotionByItsMask) {
  const AddNotionReport report = Add("colour");
  const QueryEngine engine = QueryEngine::Open(index());
  const auto distance = [&](size_t a, size_t b) {
    double sum = 0;
    for (size_t k = 0; k < kDim; ++k) {
      const double m = report.fit.weights[k];
      sum += m * m * std::pow(double{embeddings_.Row(a)[k]} - embeddings_.Row(b)[k], 2);
    }
    return sum;
  };
  double scale = 0;
  for (size_t a = 0; a < kItems; ++a) {
    for (size_t b = 0; b < kItems; ++b) scale += distance(a, b) / (kItems * kItems);
  }
  std::vector<std::pair<double, size_t>> expected;
  for (size_t i = 0; i < kItems; ++i) {
    if (i != 7) expected.push_back({distance(7, i) / scale, i});
  }
  std::sort(expected.begin(), expected.end());
  const Answer answer =
      engine.Search({.liked = {"sku-000007"}, .notions = {{.name = "colour"}}, .k = 25});
  ASSERT_EQ(answer.hits.size(), 25u);
  for (size_t i = 0; i < 25; ++i) {
    EXPECT_NEAR(answer.hits[i].score, expected[i].first, 1e-9 * (1 + expected[i].first));
  }
}

TEST_F(AddNotionTest, ItemsGetTheColumnTheyLack) {
  Add("colour");
  const Generation first = Live();
  ASSERT_EQ(first.manifest().columns.size(), 2u);
  EXPECT_EQ(first.manifest().columns[1].name, "colour");
  const std::vector<uint32_t> rows = {0, 399};
  for (const Item& item : first.metadata().GetMany(rows)) {
    const std::string value = ValueText(item.values[1]);
    EXPECT_TRUE(value == "red" || value == "blue");
    EXPECT_EQ(item.values.size(), 2u);
  }
  // The second time it is there, and the store is shared too.
  Add("shade=colour");
  const Generation second = Live();
  EXPECT_EQ(second.manifest().columns, first.manifest().columns);
  EXPECT_EQ(second.manifest().notions.size(), 4u);
  for (const auto& [file, entry] : second.manifest().files) {
    if (!file.starts_with("metadata/")) continue;
    EXPECT_EQ(Inode(second.folder() + "/" + file), Inode(first.folder() + "/" + file)) << file;
  }
  EXPECT_EQ(LoadModel(second.folder() + "/" + layout::kModel).parent, first.manifest().model_id);
  second.Verify({});
}

TEST_F(AddNotionTest, NumbersMakeANotionToo) {
  const AddNotionReport report = Add("weight=weight:numeric");
  EXPECT_EQ(report.notion.kind, NotionKind::kNumeric);
  EXPECT_GT(report.notion.far, report.notion.near);
  EXPECT_LT(report.fit.error, 0.15);
}

TEST_F(AddNotionTest, LabelsOfSomeItemsAndOfStrangersAndBrokenRows) {
  std::string csv = "sku,image,colour\nstranger,x.png,red\n,x.png,red\n";
  for (size_t i = 0; i < kItems; i += 2) {
    csv += fmt::format("sku-{:06},x.png,{}\n", i, embeddings_.Row(i)[4] > 0 ? "red" : "blue");
  }
  test::WriteText(folder_ / "half.csv", csv);
  const AddNotionReport report = Add("colour", "half.csv");
  EXPECT_EQ(report.labelled, kItems / 2);
  EXPECT_EQ(report.unknown_rows, 1u);
  EXPECT_EQ(report.counts.rejected, 1u);
  EXPECT_EQ(report.counts.rows, kItems / 2 + 2);
  EXPECT_THAT(ReadTextFile(folder_ / "rejects.tsv"), HasSubstr("3\t\t"));
  const std::vector<uint32_t> rows = {1};
  EXPECT_EQ(Live().metadata().GetMany(rows)[0].values[1], Value());
}

TEST_F(AddNotionTest, PublishesNothingWhereItCannot) {
  Rng rng(3);
  std::string noise = "sku,image,coin\n", alike = "sku,image,one\n";
  for (size_t i = 0; i < kItems; ++i) {
    noise += fmt::format("sku-{:06},x.png,{}\n", i, rng.Below(2));
    alike += fmt::format("sku-{:06},x.png,a\n", i);
  }
  test::WriteText(folder_ / "noise.csv", noise);
  test::WriteText(folder_ / "alike.csv", alike);
  EXPECT_THAT([&] { Add("notion_0=colour"); },
              ThrowsError(ErrorCode::kInvalidArgument, "has one called notion-0"));
  EXPECT_THAT([&] { Add("hue"); }, ThrowsError(ErrorCode::kInvalidArgument, "hue"));
  EXPECT_THAT([&] { Add("colour=colour:numeric"); },
              ThrowsError(ErrorCode::kInvalidArgument, "numeric, but column colour"));
  EXPECT_THAT([&] { Add("one", "alike.csv"); },
              ThrowsError(ErrorCode::kInvalidArgument, "hold no triplet"));
  EXPECT_THAT([&] { Add("coin", "noise.csv"); },
              ThrowsError(ErrorCode::kTargetNotMet, "no better than chance"));
  AddNotionOptions nowhere = Options("colour");
  nowhere.index = folder_ / "none";
  EXPECT_THAT([&] { AddNotion(nowhere, Catalogue::Open(folder_ / "c.csv"), {}, nullptr); },
              ThrowsError(ErrorCode::kNotFound, folder_ / "none"));
  EXPECT_FALSE(fs::exists(folder_ / "none"));
  const StopFlag stopped{.signal = 15};
  EXPECT_THAT(
      [&] { AddNotion(Options("colour"), Catalogue::Open(folder_ / "c.csv"), {}, &stopped); },
      ThrowsError(ErrorCode::kInterrupted, "15"));
  EXPECT_EQ(Live().name(), "000001");
  EXPECT_FALSE(fs::exists(layout::BuildFolder(index())));
}

// What is shared is checked on the way: a new manifest must not vouch for damage.
TEST_F(AddNotionTest, DamageIsNotHandedOn) {
  const std::string path = Live().folder() + "/" + layout::NotionIndex(1);
  std::vector<uint8_t> bytes = ReadFile(path);
  bytes[bytes.size() - 3] ^= 4;
  WriteFileAtomically(path, bytes);
  EXPECT_THAT([&] { Add("colour"); }, ThrowsError(ErrorCode::kCorruption, path));
  EXPECT_EQ(Live().name(), "000001");
}

}  // namespace
}  // namespace csn
