// csn_index add-notion as a user runs it.
#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "storage/generation.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class AddNotionProgramTest : public testing::Test {
 protected:
  AddNotionProgramTest() {
    fs::copy(Shop::Get().index(), folder_ / "idx", fs::copy_options::recursive);
  }

  // A catalogue whose column `light` is what one dimension of the embeddings says: something that
  // even this hardly trained model knows.
  void WriteKnownLabels() const {
    const Generation generation = Generation::Open(folder_ / "idx");
    const MatrixView rows = generation.embeddings().All();
    std::vector<float> values;
    for (size_t row = 0; row < rows.rows; ++row) values.push_back(rows.Row(row)[0]);
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    std::string csv = "sku,image,light\n";
    for (uint32_t row = 0; row < rows.rows; ++row) {
      csv += fmt::format("{},x.png,{}\n", generation.metadata().GetMany({&row, 1})[0].sku,
                         rows.Row(row)[0] > *middle ? "yes" : "no");
    }
    WriteText(folder_ / "light.csv", csv);
  }

  std::string Command(const std::string& arguments) const {
    return "csn_index add-notion --index idx --catalogue " + Shop::Get().catalogue() + " " +
           arguments;
  }

  TempDir folder_;
};

TEST_F(AddNotionProgramTest, TheNewNotionAnswersAndTheOldOnesAsBefore) {
  const std::string ask =
      "csn_query --index idx --sku SHOE-00007 --notion closure=2,heel-height -k 9 --format json";
  const json before = json::parse(RunOk(ask, folder_.path()));
  const std::vector<uint8_t> model = ReadFile(Shop::Get().model());
  WriteKnownLabels();
  const json report = json::parse(RunOk(
      "csn_index add-notion --index idx --catalogue light.csv --notion light", folder_.path()));
  EXPECT_EQ(report["generation"], "000002");
  const std::string document = ReadTextFile(CSN_SOURCE_DIR "/docs/output.md");
  for (const auto& [key, value] : report.items()) EXPECT_THAT(document, HasSubstr("`" + key + "`"));
  EXPECT_EQ(report["notion"], "light");
  EXPECT_LT(report["triplet_error"], report["triplet_error_whole"]);
  EXPECT_EQ(report["labelled"], Shop::kItems);
  EXPECT_EQ(report["parent_id"], Shop::Get().trained()["model_id"]);
  EXPECT_NE(report["model_id"], report["parent_id"]);
  EXPECT_EQ(ReadFile(Shop::Get().model()), model);

  const json list = json::parse(RunOk("csn_index list --index idx --format json", folder_.path()));
  EXPECT_EQ(list["parent_id"], report["parent_id"]);
  EXPECT_EQ(list["notions"].size(), 3);
  EXPECT_EQ(list["notions"][2]["name"], "light");
  RunOk("csn_index verify --index idx", folder_.path());
  RunOk("csn_query --index idx --sku SHOE-00007 --notion light", folder_.path());

  const json after = json::parse(RunOk(ask, folder_.path()));
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(after["hits"][i]["sku"], before["hits"][i]["sku"]);
    EXPECT_EQ(after["hits"][i]["score"], before["hits"][i]["score"]);
  }
  // A photograph still finds its item: the network is the old one.
  const json by_photograph =
      json::parse(RunOk("csn_query --index idx --notion light --format json --image " +
                            Shop::Get().folder() + "/shoes/images/SHOE-00007.png",
                        folder_.path()));
  EXPECT_EQ(by_photograph["hits"][0]["sku"], "SHOE-00007");
  EXPECT_EQ(by_photograph["hits"][0]["score"], 0);
}

TEST_F(AddNotionProgramTest, RefusesAndPublishesNothing) {
  ExpectError(Command("--notion closure"), 2, "has one called closure", folder_.path());
  ExpectError(Command("--notion size=siz"), 2, "siz", folder_.path());
  ExpectError(Command("--notion toe_shape --index-key IVF"), 2, "IVF", folder_.path());
  ExpectError(
      "csn_index add-notion --index none --notion colour --catalogue " + Shop::Get().catalogue(), 3,
      "none", folder_.path());
  // A label that photographs cannot know.
  std::string csv = "sku,image,coin\n";
  for (int i = 1; i <= Shop::kItems; ++i) {
    csv += fmt::format("SHOE-{:05},x.png,{}\n", i, i * 7 % 13 % 2);
  }
  WriteText(folder_ / "coin.csv", csv);
  ExpectError("csn_index add-notion --index idx --notion coin --catalogue coin.csv", 7,
              "no better than chance", folder_.path());
  EXPECT_THAT(ReadTextFile(folder_ / "idx/CURRENT"), HasSubstr("000001 "));
}

}  // namespace
}  // namespace csn::test
