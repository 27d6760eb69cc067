// Questions by photograph and answers as pages, as a user asks for them.
#include <filesystem>

#include "base/file.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string Photograph(const std::string& sku) {
  return Shop::Get().folder() + "/shoes/images/" + sku + ".png";
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(ImageQueryTest, AnIndexedPhotographFindsItsItemFirst) {
  for (const char* sku : {"SHOE-00001", "SHOE-00077", "SHOE-00150"}) {
    for (const char* notion : {"closure", "heel-height", "closure=2,heel-height"}) {
      const json answer = json::parse(RunOk(QueryCommand(
          fmt::format("--image {} --notion {} -k 3 --format json", Photograph(sku), notion))));
      EXPECT_EQ(answer["hits"][0]["sku"], sku) << notion;
      EXPECT_EQ(answer["hits"][0]["score"], 0) << notion;
      EXPECT_EQ(answer["answer"]["exact"], true);
    }
  }
}

TEST(ImageQueryTest, APhotographAndAnItemTogether) {
  const json both = json::parse(
      RunOk(QueryCommand("--notion closure,heel-height -k 150 --format json --sku SHOE-00004 "
                         "--image " +
                         Photograph("SHOE-00003"))));
  const json skus = json::parse(RunOk(QueryCommand(
      "--notion closure,heel-height -k 150 --format json --sku SHOE-00004 --sku SHOE-00003")));
  // The photograph's own item is not left out; all others are as by its sku.
  ASSERT_EQ(both["hits"].size(), skus["hits"].size() + 1);
  std::vector<json> others;
  for (const json& hit : both["hits"]) {
    if (hit["sku"] != "SHOE-00003") others.push_back(hit["sku"]);
  }
  for (size_t i = 0; i < others.size(); ++i) EXPECT_EQ(others[i], skus["hits"][i]["sku"]);
}

TEST(ImageQueryTest, RefusesWithTheFilesName) {
  const TempDir folder;
  WriteText(folder / "text.jpg", "no picture");
  ExpectError(QueryCommand("--notion closure --image text.jpg"), 2,
              "text.jpg: unknown image format", folder.path());
  ExpectError(QueryCommand("--notion closure --image none.jpg"), 3, "none.jpg", folder.path());
  ExpectError(QueryCommand("--notion closure --sku SHOE-00001 --image none.jpg"), 3, "none.jpg",
              folder.path());

  // Another training's weights, of the same shapes and with the same masks in the header.
  fs::copy(Shop::Get().index(), folder / "idx", fs::copy_options::recursive);
  const std::string model = Generation::Open(folder / "idx").folder() + "/" + layout::kModel;
  std::vector<uint8_t> bytes = ReadFile(model);
  bytes[bytes.size() / 2] ^= 1;
  WriteFileAtomically(model, bytes);
  ExpectError("csn_query --index idx --notion closure --image " + Photograph("SHOE-00001"), 5,
              "model.csn", folder.path());
}

TEST(QueryPageTest, HasARowANotionAndOneForTheMixture) {
  const std::string html =
      RunOk(QueryCommand("--sku SHOE-00007 --notion closure=2,heel-height -k 4 --format html"));
  EXPECT_EQ(Count(html, "<section class=\"row\">"), 3);
  EXPECT_EQ(Count(html, "<li class=\"hit\">"), 12);
  EXPECT_EQ(Count(html, "<img src=\"data:image/jpeg;base64,"), 13);
  EXPECT_EQ(Count(html, "mixture"), 1);
  // One notion: its own row first, the other to compare. None: all of them, alike.
  EXPECT_EQ(Count(RunOk(QueryCommand("--sku SHOE-00007 --notion heel-height -k 4 --format html")),
                  "<section class=\"row\">"),
            2);
  EXPECT_THAT(RunOk(QueryCommand("--image " + Photograph("SHOE-00003") + " -k 2 --format html")),
              HasSubstr("Items like the photograph"));
}

TEST(QueryPageTest, SaysWhichPhotographsItMisses) {
  const ProcessResult result = RunCommand(
      QueryCommand("--sku SHOE-00007 --notion closure -k 4 --format html --photographs /nowhere"));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("photographs cannot be shown; the first: "));
  EXPECT_THAT(result.err, HasSubstr("/nowhere/images/SHOE-"));
  EXPECT_THAT(result.out, HasSubstr("no photograph of SHOE-"));
}

TEST(QueryPageTest, OpensInTheDesktopsBrowser) {
  const TempDir folder;
  WriteText(folder / "bin/xdg-open", "#!/bin/sh\ncp \"$1\" shown.html\n");
  WriteText(folder / "bad/xdg-open", "#!/bin/sh\nexit 3\n");
  for (const char* path : {"bin/xdg-open", "bad/xdg-open"}) {
    fs::permissions(folder / path, fs::perms::owner_all);
  }
  fs::create_directory(folder / "tmp");
  const std::string ask = QueryCommand("--sku SHOE-00007 --notion closure -k 2 --open");
  const std::string with = "TMPDIR=tmp PATH=\"$PWD/{}:$PATH\" ";
  const ProcessResult opened =
      RunCommand(fmt::format(fmt::runtime(with), "bin") + ask, folder.path());
  EXPECT_EQ(opened.status, 0) << opened.err;
  EXPECT_EQ(opened.out, "");
  EXPECT_THAT(opened.err, HasSubstr("tmp/csn-query-"));
  EXPECT_THAT(ReadTextFile(folder / "shown.html"), HasSubstr("<!DOCTYPE html>"));
  const ProcessResult failed =
      RunCommand(fmt::format(fmt::runtime(with), "bad") + ask, folder.path());
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("the page is tmp/csn-query-"));
  ExpectError(QueryCommand("--sku SHOE-00007 --notion closure --open --format csv"), 2, "--open");
}

}  // namespace
}  // namespace csn::test
