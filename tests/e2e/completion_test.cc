// What shells are offered at their completion key, and the shells' side of it.
#include <algorithm>

#include "base/text.h"
#include "tests/support/shop.h"
#include "tests/support/test_index.h"

namespace csn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Offers = std::vector<std::string>;

// The lines that a program answers with; `words` are as typed into a shell.
Offers Offered(const std::string& words, const std::string& environment = "") {
  const size_t at = words.find(' ');
  const ProcessResult result =
      RunCommand(environment + " " + words.substr(0, at) + " --complete" + words.substr(at));
  EXPECT_EQ(result.status, 0) << words;
  EXPECT_EQ(result.err, "") << words;
  EXPECT_TRUE(result.out.ends_with('\n')) << words;
  return SplitText(Trim(result.out), '\n');
}

std::string OnShop(const std::string& words) {
  return "csn_query --index " + Shop::Get().index() + " " + words;
}

TEST(CompletionTest, OffersCommandsAndFlags) {
  EXPECT_THAT(Offered("csn_index ''"), ElementsAre("words", "build", "add-notion", "plan", "verify",
                                                   "list", "--help", "--man", "--version"));
  EXPECT_THAT(Offered("csn_index l"), ElementsAre("words", "list"));
  EXPECT_EQ(RunOk("csn_index --complete nothing --f"), "");
  EXPECT_THAT(Offered("csn_index list --fa"), ElementsAre("words", "--facets"));
  EXPECT_THAT(Offered("csn_query --with"), ElementsAre("words", "--with-vectors"));
  // Those that are there already are left out, but where they may be repeated.
  EXPECT_THAT(Offered("csn_query -k 5 --raw --sku a --"), Not(Contains("--k")));
  EXPECT_THAT(Offered("csn_query -k5 --raw --sku a --"), Not(Contains("--k")));
  EXPECT_THAT(Offered("csn_query -k 5 --raw --sku a --"), Not(Contains("--raw")));
  EXPECT_THAT(Offered("csn_query -k 5 --raw --sku a --"), Contains("--sku"));
  EXPECT_THAT(Offered("csn_query --k=5 --"), Not(Contains("--k")));
  EXPECT_THAT(Offered("csn_query --sku --raw --"), Contains("--raw"));
  EXPECT_THAT(Offered("csn_query -h ''"), Not(Contains("--help")));
}

TEST(CompletionTest, OffersChoicesFilesAndFolders) {
  EXPECT_THAT(Offered("csn_query --format j"), ElementsAre("words", "jsonl", "json"));
  EXPECT_THAT(Offered("csn_query --format=j"),
              ElementsAre("words", "--format=jsonl", "--format=json"));
  EXPECT_THAT(Offered("csn_train --masks l"), ElementsAre("words", "learned"));
  EXPECT_THAT(Offered("csn_query --image ''"), ElementsAre("files"));
  EXPECT_THAT(Offered("csn_query --image=x"), ElementsAre("files"));
  EXPECT_THAT(Offered("csn_query --index ''"), ElementsAre("folders"));
  EXPECT_THAT(Offered("csn_catalogue check sh"), ElementsAre("files"));
  EXPECT_THAT(Offered("csn_catalogue check shop.csv ''"), Contains("--format"));
  EXPECT_THAT(Offered("csn_query -k ''"), ElementsAre("words"));
}

TEST(CompletionTest, OffersWhatTheIndexHolds) {
  EXPECT_THAT(Offered(OnShop("--notion ''")), ElementsAre("parts", "closure", "heel-height"));
  EXPECT_THAT(Offered(OnShop("--notion heel_")), ElementsAre("parts", "heel-height"));
  EXPECT_THAT(Offered(OnShop("--notion closure=2,")),
              ElementsAre("parts", "closure=2,heel-height"));
  EXPECT_THAT(Offered(OnShop("--notion=clo")), ElementsAre("parts", "--notion=closure"));
  EXPECT_THAT(Offered(OnShop("--require h")), ElementsAre("parts", "heel-height"));
  EXPECT_THAT(Offered(OnShop("--group-by c")),
              ElementsAre("words", "category", "closure", "colour"));
  EXPECT_THAT(Offered(OnShop("--fields price,he")), ElementsAre("parts", "price,heel_height"));
  EXPECT_THAT(Offered(OnShop("--fields im")), ElementsAre("parts", "image"));
  EXPECT_EQ(Offered(OnShop("--sku SHOE-0002")).size(), 11);
  EXPECT_EQ(Offered(OnShop("--sku ''")).size(), 51);
  EXPECT_THAT(Offered(OnShop("--sku SHOE-00150")), ElementsAre("words", "SHOE-00150"));
  EXPECT_THAT(Offered("csn_index list --index " + Shop::Get().index() + " --facets pr"),
              ElementsAre("words", "price"));
}

TEST(CompletionTest, TakesTheIndexFromEnvironmentAndConfigFile) {
  const TempDir folder;
  const std::string& index = Shop::Get().index();
  const std::string query = "csn_query --notion clo";
  EXPECT_THAT(Offered(query, "CSN_INDEX=" + index), ElementsAre("parts", "closure"));
  WriteText(folder / "c", "index = " + index + "\n");
  EXPECT_THAT(Offered(query, "CSN_CONFIG=" + (folder / "c")), ElementsAre("parts", "closure"));
  EXPECT_THAT(Offered("csn_query --config " + (folder / "c") + " --notion clo"),
              ElementsAre("parts", "closure"));
  // Without an index, or with a wrong one, nothing is offered and nothing is said.
  EXPECT_THAT(Offered(query), ElementsAre("words"));
  EXPECT_THAT(Offered("csn_query --index none --notion clo"), ElementsAre("words"));
  EXPECT_THAT(Offered(query, "CSN_CONFIG=none"), ElementsAre("words"));
  EXPECT_THAT(Offered("csn_query --exa", "CSN_CONFIG=none"), ElementsAre("words", "--exact"));
  WriteText(folder / "idx/CURRENT", "nonsense");
  EXPECT_THAT(Offered("csn_query --sku a", "CSN_INDEX=" + (folder / "idx")), ElementsAre("words"));
}

// What bash's function leaves in COMPREPLY, where readline has cut `line` into `words`.
Offers InBash(const std::string& line, const std::string& words, const std::string& folder = "") {
  const TempDir script;
  WriteText(script / "s", "source '" CSN_BIN_DIR
                          "/../share/bash-completion/completions/csn.bash'\n"
                          "COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(" +
                              words +
                              ")\n"
                              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_csn\n"
                              "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
  std::string quoted;
  for (const char c : line) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const ProcessResult result = RunCommand("bash " + (script / "s") + " '" + quoted + "'", folder);
  EXPECT_EQ(result.status, 0) << line;
  EXPECT_EQ(result.err, "") << line;
  return SplitText(Trim(result.out), '\n');
}

TEST(CompletionTest, BashPutsWordsTogetherThatReadlineCuts) {
  const std::string at = "csn_query --index " + Shop::Get().index() + " ";
  EXPECT_THAT(InBash("csn_index ver", "csn_index ver"), ElementsAre("verify"));
  EXPECT_THAT(InBash(at + "--notion he", at + "--notion he"), ElementsAre("heel-height"));
  EXPECT_THAT(InBash(at + "--notion closure=2,he", at + "--notion closure = 2,he"),
              ElementsAre("2,heel-height"));
  EXPECT_THAT(InBash(at + "--notion=", at + "--notion ="), ElementsAre("closure", "heel-height"));
  EXPECT_THAT(InBash(at + "--notion=clo", at + "--notion = clo"), ElementsAre("closure"));
  EXPECT_THAT(InBash(at + "--notion \"clo", at + "--notion '\"clo'"), ElementsAre("closure"));
  EXPECT_THAT(InBash("csn_query --format=", "csn_query --format ="), Contains("html"));
  // The end of what a line is before the cursor is an empty word.
  EXPECT_THAT(InBash(at + "--notion ", at + "--notion ''"), ElementsAre("closure", "heel-height"));
}

TEST(CompletionTest, BashKeepsNamesThatAShellWouldCut) {
  const TempDir folder;
  EmbeddingWorld world = MakeEmbeddingWorld(7, 4, 1, 1);
  std::vector<Item> items = {
      {"A:1 b", "", {Value("x")}}, {"A:2", "", {Value("x")}}, {"A;$(touch made)", "", {Value("x")}},
      {"A`b`", "", {Value("x")}},  {"B!c", "", {Value("x")}}, {"B'c", "", {Value("x")}},
      {"Bc", "", {Value("x")}}};
  WriteTestIndex(folder / "an idx", world.embeddings, world.masks, items,
                 {.columns = {{"shoe size", ColumnType::kText}}, .notions = {"toe shape"}});
  const std::string at = "csn_query --index an\\ idx ", words = "csn_query --index 'an\\ idx' ";
  EXPECT_THAT(InBash(at + "--sku A:", words + "--sku A :", folder.path()),
              ElementsAre("1\\ b", "2"));
  EXPECT_THAT(InBash(at + "--sku A:1", words + "--sku A : 1", folder.path()), ElementsAre("1\\ b"));
  EXPECT_THAT(InBash(at + "--sku A\\;", words + "--sku 'A\\;'", folder.path()),
              ElementsAre("A\\;\\$\\(touch\\ made\\)"));
  EXPECT_THAT(InBash(at + "--sku 'A:1", words + "--sku \"'A:1\"", folder.path()),
              ElementsAre("A:1 b"));
  // Between quotes nothing is escaped, so what would run or end them is not offered.
  EXPECT_THAT(InBash(at + "--sku \"A", words + "--sku '\"A'", folder.path()),
              ElementsAre("A:1 b", "A:2"));
  EXPECT_THAT(InBash(at + "--sku \"B", words + "--sku '\"B'", folder.path()),
              ElementsAre("B'c", "Bc"));
  EXPECT_THAT(InBash(at + "--sku 'B", words + "--sku \"'B\"", folder.path()),
              ElementsAre("B!c", "Bc"));
  EXPECT_THAT(InBash(at + "--group-by sh", words + "--group-by sh", folder.path()),
              ElementsAre("shoe\\ size"));
  EXPECT_THAT(InBash(at + "--notion toe\\ s", words + "--notion 'toe\\ s'", folder.path()),
              ElementsAre("toe\\ shape"));
  // Files, too, behind a flag's =.
  WriteText(folder / "a b.jpg", "");
  EXPECT_THAT(InBash("csn_query --image=a", "csn_query --image = a", folder.path()),
              testing::UnorderedElementsAre("a b.jpg", "an idx"));
  EXPECT_THAT(InBash("csn_query --photographs a", "csn_query --photographs a", folder.path()),
              ElementsAre("an idx"));
}

TEST(CompletionTest, TheZshFunctionIsSound) {
  if (RunCommand("command -v zsh").status != 0) GTEST_SKIP() << "there is no zsh";
  RunOk("zsh -n '" CSN_BIN_DIR "/../share/zsh/site-functions/_csn'");
}

}  // namespace
}  // namespace csn::test
