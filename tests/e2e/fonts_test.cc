// csn_catalogue fonts as a user runs it, and training on what it draws.
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/file.h"
#include "embedder/split.h"
#include "tests/support/made_fonts.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(FontsProgramTest, DrawsACatalogueThatPassesTheCheck) {
  const TempDir folder;
  CopyDejaVu(folder / "ttf");
  const ProcessResult drawn = RunCommand(
      "csn_catalogue fonts --fonts ttf --out a --threads 1 --progress plain", folder.path());
  EXPECT_EQ(drawn.status, 0);
  EXPECT_EQ(drawn.out, "");
  EXPECT_THAT(drawn.err, HasSubstr("drawing fonts: 6/6 faces"));
  EXPECT_THAT(drawn.err, HasSubstr("a/catalogue.csv: 3 families, 6 faces, 372 pictures"));
  RunOk("csn_catalogue fonts --fonts ttf --out b --threads 2", folder.path());
  RunOk("diff -r a b", folder.path());
  const json found =
      json::parse(RunOk("csn_catalogue check a/catalogue.csv --format json", folder.path()));
  EXPECT_EQ(found["accepted"], 372);
  EXPECT_EQ(found["rejected"], 0);
  EXPECT_EQ(found["identical_groups"], 0);
  const auto column = [&](const std::string& name) {
    for (const json& each : found["columns"]) {
      if (each["name"] == name) return each;
    }
    return json();
  };
  EXPECT_EQ(column("character")["type"], "text");
  EXPECT_EQ(column("character")["distinct"], 62) << "a and A are two";
  EXPECT_EQ(column("font")["distinct"], 3);
  EXPECT_EQ(column("weight")["type"], "number");
  EXPECT_EQ(column("serif")["missing"], 0);
  ExpectError("csn_catalogue fonts --fonts ttf --out a", 2, "exists already", folder.path());
}

TEST(FontsProgramTest, TellsOfWhatItLeavesOut) {
  const TempDir folder;
  WriteFont(folder / "ttf/a.ttf", DejaVu("DejaVuSans.ttf"));
  WriteFont(folder / "ttf/b.ttf", DejaVu("DejaVuSans.ttf"));
  WriteFont(folder / "ttf/c.ttf", WithoutFrom(DejaVu("DejaVuSerif.ttf"), 'm'));
  WriteText(folder / "ttf/n\x1bo.ttf", "no font");
  const ProcessResult drawn =
      RunCommand("csn_catalogue fonts --fonts ttf --out out --progress none", folder.path());
  EXPECT_EQ(drawn.status, 0);
  EXPECT_THAT(drawn.err, HasSubstr("1 file without a font that can be read: ttf/n\\x1bo.ttf"));
  EXPECT_EQ(drawn.err.find('\x1b'), std::string::npos);
  const std::string report =
      RunCommand("csn_catalogue fonts --fonts ttf --out more --progress plain", folder.path()).err;
  EXPECT_THAT(report, HasSubstr("more/catalogue.csv: 1 families, 1 faces, 62 pictures"));
  EXPECT_THAT(report, HasSubstr("of 3 faces found, 2 are left out"));
  EXPECT_THAT(report, HasSubstr("     1  lacks one of the 62 characters"));
  EXPECT_THAT(report, HasSubstr("     1  has the family and style of one before it"));
  EXPECT_THAT(ReadTextFile(folder / "out/left-out.tsv"), HasSubstr("ttf/c.ttf\t0\tDejaVu Serif\t"));
}

TEST(FontsProgramTest, RefusesWhatCannotBe) {
  const TempDir folder;
  CopyDejaVu(folder / "ttf");
  WriteText(folder / "none/OFL.txt", "a licence");
  ExpectError("csn_catalogue fonts --fonts ttf", 2, "--out", folder.path());
  ExpectError("csn_catalogue fonts --fonts gone --out o", 3, "gone", folder.path());
  ExpectError("csn_catalogue fonts --fonts none --out o", 1, "none of 0 faces", folder.path());
  ExpectError("csn_catalogue fonts --fonts '' --out o", 2, "--fonts", folder.path());
  for (const char* wrong : {"--size 15", "--families 0", "--faces-per-family 0", "--seed -1"}) {
    ExpectError(std::string("csn_catalogue fonts --fonts ttf --out o ") + wrong, 2,
                std::string(wrong).substr(0, 6), folder.path());
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "o"));
}

TEST(FontPackagesTest, EachIsListedOnce) {
  std::set<std::string> packages;
  std::istringstream lines(ReadTextFile(CSN_SOURCE_DIR "/tools/fonts/packages.txt"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream names(line.substr(0, line.find('#')));
    for (std::string name; names >> name;) {
      EXPECT_TRUE(std::regex_match(name, std::regex("fonts-[a-z0-9][a-z0-9.+-]+"))) << name;
      EXPECT_TRUE(packages.insert(name).second) << name << " is there twice";
    }
  }
  EXPECT_GT(packages.size(), 100u);
  EXPECT_TRUE(packages.contains("fonts-lato"));
}

// Six families: three, and the same under another name in another weight, so that no picture is
// drawn twice.
TEST(FontsProgramTest, FamiliesAreLearntFromAndOthersAreAskedOf) {
  const TempDir folder;
  for (const std::string& name : std::vector<std::string>{"Sans", "SansMono", "Serif"}) {
    WriteFont(folder / ("ttf/" + name + ".ttf"), DejaVu("DejaVu" + name + ".ttf"));
    WriteFont(folder / ("ttf/" + name + "-Bold.ttf"),
              Renamed(DejaVu("DejaVu" + name + "-Bold.ttf"), "DejaVu", "Vujade"));
  }
  RunOk("csn_catalogue fonts --fonts ttf --out letters", folder.path());
  // A seed with two families on each of the three sides.
  SplitRule rule{.seed = 0, .by = "font"};
  std::map<Split, int> families;
  while (families[Split::kTrain] < 2 || families[Split::kValidation] < 2 ||
         families[Split::kTest] < 2) {
    families.clear();
    ++rule.seed;
    for (const char* font : {"DejaVu", "Vujade"}) {
      for (const char* kind : {" Sans", " Sans Mono", " Serif"}) {
        ++families[SplitOf(rule, std::string(font) + kind)];
      }
    }
  }
  SCOPED_TRACE(rule.seed);
  const json trained = json::parse(
      RunOk(fmt::format("csn_train --catalogue letters/catalogue.csv --notion character "
                        "--notion font --split-by font --augment none --model m.csn --steps 2 "
                        "--batch 32 --size 32 --dim 8 --seed {} --format json",
                        rule.seed),
            folder.path()));
  EXPECT_EQ(trained["items"]["train"], 62 * families[Split::kTrain]);
  EXPECT_EQ(trained["items"]["validation"], 62 * families[Split::kValidation]);
  const int test = 62 * families[Split::kTest];
  EXPECT_EQ(trained["items"]["test"], test);
  const json found = json::parse(RunOk(
      "csn_eval --model m.csn --catalogue letters/catalogue.csv --format json", folder.path()));
  EXPECT_EQ(found["test_items"], test);
  const json& font = found["precision_at_k"]["font"];
  EXPECT_EQ(font["queries"], test);
  // Of the other items, those of the same family, which was not seen.
  EXPECT_NEAR(font["chance"].get<double>(), 61.0 / (test - 1), 1e-9);
}

}  // namespace
}  // namespace csn::test
