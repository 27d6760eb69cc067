// csn_catalogue as a user runs it.
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;

json Check(const std::string& folder, const std::string& arguments, int status) {
  const ProcessResult result =
      RunCommand("csn_catalogue check " + arguments + " --format json", folder);
  EXPECT_EQ(result.status, status) << result.err;
  return json::parse(result.out);
}

TEST(CatalogueProgramTest, DrawnShoesAreTheSameForTheSameSeedAndPassTheCheck) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 12 --seed 5 --out a --threads 1", folder.path());
  RunOk("csn_catalogue shoes --count 12 --seed 5 --out b --threads 2", folder.path());
  RunOk("diff -r a b", folder.path());
  const json found = Check(folder.path(), "a/catalogue.csv", 0);
  EXPECT_EQ(found["rows"], 12);
  EXPECT_EQ(found["accepted"], 12);
  EXPECT_EQ(found["rejected"], 0);
  EXPECT_EQ(found["identical_groups"], 0);
  EXPECT_EQ(found["columns"].size(), 6);
  EXPECT_EQ(found["columns"][2]["name"], "heel_height");
  EXPECT_EQ(found["columns"][2]["type"], "number");
  EXPECT_EQ(found["columns"][2]["present"], 12);
  // Drawn apart: what pairs there are of six columns.
  EXPECT_EQ(found["associations"].size(), 15);
  EXPECT_EQ(found["associations"][0]["columns"], json({"category", "closure"}));
  EXPECT_EQ(found["associations"][0]["measure"], "cramers_v");
  EXPECT_EQ(found["associations_left_out"], json::array());
  // The same through a flag, as a table for people, with nothing else on stdout.
  const std::string table =
      RunOk("csn_catalogue check --catalogue a/catalogue.csv --format table", folder.path());
  EXPECT_THAT(table, testing::HasSubstr("heel_height"));
  EXPECT_THAT(table, testing::HasSubstr("12 rows: 12 good, 0 rejected"));
  ExpectError("csn_catalogue shoes --count 1 --out a", 2, "exists already", folder.path());
}

TEST(CatalogueProgramTest, SaysWhatWouldBeRejectedAndWhatOccursTwice) {
  const TempDir folder;
  WritePng(folder / "1.png", TestImage(20, 20, 1));
  WritePng(folder / "2.png", TestImage(20, 20, 2));
  WriteText(folder / "broken.jpg", "\xff\xd8\xff no");
  WriteText(folder / "c.csv",
            "sku,image,size,tags,price\na,1.png,38,x|y,10\nb,2.png,XL,x,NA\nc,1.png,39,,12.5\n"
            "d,broken.jpg,40,y,1\ne,none.png,41,y,2\na,2.png,42,y,3\nf,1.png,38,,4\n");
  const json found = Check(folder.path(), "c.csv --rejects bad.tsv", 4);
  EXPECT_EQ(found["rows"], 7);
  EXPECT_EQ(found["accepted"], 4);
  EXPECT_EQ(found["rejected"], 3);
  EXPECT_EQ(found["rejected_images"], 2);
  EXPECT_EQ(found["first_rejected"][0]["line"], 5);
  EXPECT_EQ(found["first_rejected"][0]["sku"], "d");
  EXPECT_EQ(found["identical_groups"], 1);
  EXPECT_EQ(found["first_identical"][0]["skus"], json({"a", "c", "f"}));
  EXPECT_EQ(found["columns"][0]["type"], "text");
  EXPECT_EQ(found["columns"][1]["type"], "list");
  EXPECT_EQ(found["columns"][2]["type"], "number");
  EXPECT_EQ(found["columns"][2]["missing"], 1);
  const std::string rejects = ReadTextFile(folder / "bad.tsv");
  EXPECT_EQ(std::count(rejects.begin(), rejects.end(), '\n'), 1 + 3);
  // Declared to be a number, size rejects the row that is none.
  EXPECT_EQ(Check(folder.path(), "c.csv --column size:number", 4)["rejected"], 4);
}

TEST(CatalogueProgramTest, SaysWhichColumnsGoTogether) {
  const TempDir folder;
  WritePng(folder / "1.png", TestImage(20, 20, 1));
  std::string catalogue = "sku,image,heel,style,name,tags\n";
  for (int i = 0; i < 80; ++i) {
    catalogue += fmt::format("{0},1.png,{1},{2},name {0},x|y\n", i, i % 4 * 2.5,
                             i % 4 < 2 ? "flat" : "high");
  }
  catalogue += "gone,none.png,100,odd,name 0,x\n";  // rejected: does not count
  WriteText(folder / "c.csv", catalogue);
  const json found = Check(folder.path(), "c.csv", 4);
  ASSERT_EQ(found["associations"].size(), 1);
  const json& pair = found["associations"][0];
  EXPECT_EQ(pair["columns"], json({"heel", "style"}));
  EXPECT_EQ(pair["measure"], "correlation_ratio");
  EXPECT_EQ(pair["rows"], 80);
  EXPECT_EQ(pair["strong"], true);
  // Heels 0, 2.5 and 5, 7.5: within 125, in all 625.
  EXPECT_NEAR(pair["value"].get<double>(), std::sqrt(1 - (125.0 / 78) / (625.0 / 79)), 1e-9);
  ASSERT_EQ(found["associations_left_out"].size(), 2);
  EXPECT_EQ(found["associations_left_out"][0]["column"], "name");
  const std::string table =
      RunCommand("csn_catalogue check c.csv --format table", folder.path()).out;
  EXPECT_THAT(table, testing::HasSubstr("heel and style go together: 0.89"));
  EXPECT_THAT(table, testing::HasSubstr("without name: more than 64 different texts"));
}

TEST(CatalogueProgramTest, ShoesAreDrawnAsLargeAsAsked) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 2 --size 96 --out s", folder.path());
  EXPECT_EQ(DecodeImage(ReadFile(folder / "s/images/SHOE-00002.png")).width, 96);
  ExpectError("csn_catalogue shoes --count 2 --size 63 --out t", 2, "--size", folder.path());
  ExpectError("csn_catalogue shoes --count 2 --size 1025 --out t", 2, "--size", folder.path());
}

TEST(CatalogueProgramTest, AGalleryShowsReadablePhotographsPickedBySeed) {
  const TempDir folder;
  WriteText(folder / "photos/broken.jpg", "\xff\xd8\xff no");
  for (int i = 0; i < 7; ++i) {
    WritePng(folder / fmt::format("photos/{}.png", i), TestImage(40, 20, 30 * i));
  }
  const auto gallery = [&](const std::string& arguments) {
    RunOk("csn_catalogue gallery photos --side 20 " + arguments, folder.path());
    return DecodeImage(ReadFile(folder / "g.png"));
  };
  const Image first = gallery("--out g.png --columns 3 --rows 2");
  EXPECT_EQ(first.width, 3 * 20 + 2 * 2);
  EXPECT_EQ(first.height, 2 * 20 + 2);
  // A picture is replaced; the same seed picks the same, another one others.
  EXPECT_EQ(gallery("--out g.png --columns 3 --rows 2").rgb, first.rgb);
  EXPECT_NE(gallery("--out g.png --columns 3 --rows 2 --seed 2").rgb, first.rgb);
  // All seven that can be read.
  EXPECT_EQ(gallery("--out g.png --columns 4 --rows 9 --progress none").height, 2 * 20 + 2);
  WriteText(folder / "notes.txt", "mine");
  ExpectError("csn_catalogue gallery photos --out notes.txt", 2, "notes.txt", folder.path());
  EXPECT_EQ(ReadTextFile(folder / "notes.txt"), "mine");
  ExpectError("csn_catalogue gallery photos", 2, "--out", folder.path());
  ExpectError("csn_catalogue gallery none.csv --out g.png", 3, "none.csv", folder.path());
  WriteText(folder / "bad.csv", "sku,image\na,photos/broken.jpg\n");
  ExpectError("csn_catalogue gallery bad.csv --out g.png", 1, "no row", folder.path());
}

TEST(CatalogueProgramTest, ChecksAFolderOfImages) {
  const TempDir folder;
  WritePng(folder / "photos/one.png", TestImage(20, 20, 1));
  WritePng(folder / "photos/more/two.png", TestImage(20, 20, 2));
  EXPECT_EQ(Check(folder.path(), "photos", 0)["accepted"], 2);
}

TEST(CatalogueProgramTest, NeverOverwritesTheCatalogueWithItsRejects) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,image\na,none.png\n");
  ExpectError("csn_catalogue check c.csv --rejects ./c.csv", 2, "./c.csv: holds something else",
              folder.path());
  EXPECT_EQ(ReadTextFile(folder / "c.csv"), "sku,image\na,none.png\n");
}

TEST(CatalogueProgramTest, ACataloguesTextCannotSteerTheTerminal) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,image\n\"a\x1b]0;evil\x07\nb\",no\x1bne.png\n");
  const ProcessResult check = RunCommand("csn_catalogue check c.csv --format table", folder.path());
  const ProcessResult build =
      RunCommand("csn_index build --catalogue c.csv --index idx --model " + Shop::Get().model(),
                 folder.path());
  EXPECT_EQ(check.status, 4);
  EXPECT_EQ(build.status, 1);
  for (const std::string& text : {check.out, check.err, build.err}) {
    for (const char control : {'\x1b', '\x07'}) EXPECT_EQ(text.find(control), std::string::npos);
  }
  EXPECT_THAT(check.out, testing::HasSubstr("a\\x1b]0;evil\\x07\\nb"));
}

TEST(CatalogueProgramTest, RefusesWhatIsNoCatalogue) {
  const TempDir folder;
  WriteText(folder / "c.csv", "name,image\na,b\n");
  ExpectError("csn_catalogue check none.csv", 3, "none.csv", folder.path());
  ExpectError("csn_catalogue check c.csv", 2, "sku", folder.path());
  ExpectError("csn_catalogue check c.csv --column name:integer", 2, "integer", folder.path());
  ExpectError("csn_catalogue check c.csv d.csv", 2, "'d.csv'", folder.path());
  ExpectError("csn_catalogue shoes --count 0 --out s", 2, "--count", folder.path());
}

}  // namespace
}  // namespace csn::test
