// Options from the environment and the config file, as a user gives them.
#include <filesystem>

#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A config file in a folder of its own, and commands that read it.
class SettingsTest : public testing::Test {
 protected:
  void Write(const std::string& text) { WriteText(file(), text); }
  std::string file() const { return folder_ / "config"; }
  // `environment` is what stands in front of a command: "CSN_QUERY_K=3".
  std::string Command(const std::string& environment, const std::string& command) const {
    return "CSN_CONFIG=" + file() + " " + environment + " " + command;
  }
  // The answer of csn_query about one shoe, by what the file, the environment and flags say.
  json Ask(const std::string& environment, const std::string& flags) const {
    return json::parse(
        RunOk(Command(environment, QueryCommand("--sku SHOE-00007 --format json " + flags))));
  }
  void ExpectRefused(const std::string& environment, const std::string& command, int status,
                     const std::vector<std::string>& parts) const {
    SCOPED_TRACE(environment + " " + command);
    const ProcessResult result = RunCommand(Command(environment, command));
    EXPECT_EQ(result.status, status);
    EXPECT_EQ(result.out, "");
    for (const std::string& part : parts) EXPECT_THAT(result.err, HasSubstr(part));
  }

 private:
  const TempDir folder_;
};

// The notions that a hit's score is made of.
std::vector<std::string> ScoredNotions(const json& answer) {
  std::vector<std::string> names;
  for (const auto& [name, part] : answer["hits"][0]["notions"].items()) {
    if (part["share"].get<double>() > 0) names.push_back(name);
  }
  return names;
}

TEST_F(SettingsTest, AFlagGoesBeforeTheEnvironmentAndThatBeforeTheFile) {
  Write("[csn_query]\nk = 3\nno-item = true\nnotion = closure\n");
  using Names = std::vector<std::string>;
  const json by_file = Ask("", "");
  EXPECT_EQ(by_file["hits"].size(), 3);
  EXPECT_FALSE(by_file["hits"][0].contains("item"));
  EXPECT_EQ(ScoredNotions(by_file), Names({"closure"}));

  const std::string environment =
      "CSN_QUERY_K=4 CSN_QUERY_NO_ITEM=false CSN_QUERY_NOTION=heel-height";
  const json by_environment = Ask(environment, "");
  EXPECT_EQ(by_environment["hits"].size(), 4);
  EXPECT_TRUE(by_environment["hits"][0].contains("item"));
  EXPECT_EQ(ScoredNotions(by_environment), Names({"heel-height"}));

  // What a flag repeats takes the place of all that others say, it does not add to it.
  const json by_flag = Ask(environment, "-k 5 --no-item --notion closure");
  EXPECT_EQ(by_flag["hits"].size(), 5);
  EXPECT_FALSE(by_flag["hits"][0].contains("item"));
  EXPECT_EQ(ScoredNotions(by_flag), Names({"closure"}));
  EXPECT_TRUE(Ask("", "--no-item=false")["hits"][0].contains("item"));

  // Variables that are empty count as not set.
  EXPECT_EQ(Ask("CSN_QUERY_K=", "")["hits"].size(), 3);
}

TEST_F(SettingsTest, AKeyIsRepeatedForSeveralValues) {
  Write("[csn_query]\nnotion = closure\nnotion = heel-height=2\n");
  EXPECT_EQ(ScoredNotions(Ask("", "")).size(), 2);
}

TEST_F(SettingsTest, WhatIsForOneProgramGoesBeforeWhatIsForAll) {
  const std::string& index = Shop::Get().index();
  Write("# for all\nindex = none\nformat = jsonl\n\n[csn_index.list]\nindex = " + index + "\n");
  EXPECT_NO_THROW(RunOk(Command("", "csn_index list")));
  ExpectRefused("", "csn_index verify", 3, {"none"});
  ExpectRefused("", "csn_query --notion closure --sku SHOE-00007", 3, {"none"});
  EXPECT_NO_THROW(RunOk(Command("CSN_INDEX=" + index, "csn_index verify")));
  ExpectRefused("CSN_INDEX=nowhere CSN_INDEX_LIST_INDEX=none", "csn_index list", 3, {"none"});
  // Programs without an option take no notice of it.
  EXPECT_NO_THROW(RunOk(Command("CSN_THREADS=x CSN_FORMAT=x", "csn_index list --format table")));
}

TEST_F(SettingsTest, WhatIsWrongIsNamedWithItsPlace) {
  const std::string query = QueryCommand("--notion closure --sku SHOE-00007");
  Write("");
  ExpectRefused("CSN_QUERY_K=few", query, 2,
                {"environment CSN_QUERY_K: ", "expected a whole number"});
  ExpectRefused("CSN_QUERY_K=0", query, 2, {"--k: expected", "from environment CSN_QUERY_K"});
  ExpectRefused("CSN_QUERY_RAW=perhaps", query, 2, {"environment CSN_QUERY_RAW: "});
  ExpectRefused("CSN_FORMAT=xml", query, 2, {"'xml'", "from environment CSN_FORMAT"});

  const auto expect = [&](const std::string& text, const std::vector<std::string>& parts) {
    Write(text);
    ExpectRefused("", query, 2, parts);
  };
  const std::string line = "config " + file() + ", line ";
  expect("[csn_query]\nk = few\n", {line + "2, [csn_query] k: ", "expected a whole number"});
  expect("[csn_query]\n\nk = 0\n", {"--k: expected", "from " + line + "3, [csn_query] k"});
  expect("format = xml\n", {"'xml'", "from " + line + "1, format"});
  expect("[csn_query]\nk = 1\nk = 2\n", {line + "2, [csn_query] k: "});
  expect("[csn_query]\nnotoin = closure\n",
         {line + "2, [csn_query]: unknown key 'notoin'", "did you mean notion?"});
  expect("[csn_query]\nconfig = other\n", {line + "2, [csn_query]: unknown key 'config'"});
  expect("thread = 2\n", {line + "1: 'thread'", "did you mean threads?"});
  expect("k = 5\n", {line + "1: 'k'", "such as [csn_query]"});
  expect("[csn_qurey]\n", {line + "1: unknown section [csn_qurey]; did you mean csn_query?"});
  expect("[csn_query.build]\n", {"unknown section [csn_query.build]"});
  expect("[]\n", {line + "1: expected [SECTION]"});
  expect("threads\n", {line + "1: expected KEY = VALUE or [SECTION], got 'threads'"});
  expect("= 2\n", {line + "1: expected KEY = VALUE"});

  Write("[csn_index.lsit]\n");
  ExpectRefused("", "csn_index list", 2, {"unknown section", "did you mean csn_index.list"});
  ExpectRefused("CSN_CONFIG=none", query, 3, {"CSN_CONFIG: config file none does not exist"});
  ExpectRefused("", query + " --config none", 3, {"--config: config file none does not exist"});
  ExpectRefused("", query + " --config /", 2, {"config /: expected a regular file"});
  // What helps to mend it is there whatever is wrong.
  EXPECT_NO_THROW(RunOk(Command("CSN_INDEX_LIST_TOP=x", "csn_index list --help")));
}

TEST_F(SettingsTest, WhatARunHasNoUseForIsNoError) {
  Write(
      "threads = 2\nprogress = none\nformat = table\n[csn_query]\nlines = image\npool = 9\n"
      "beta = 0.5\nno-item = true\ncursor = x\n[csn_index.list]\ntop = 3\nwhere = price < 5\n"
      "[csn_train]\nsteps = x\n");
  const std::string query = QueryCommand("--notion closure --sku SHOE-00007 ");
  EXPECT_THAT(RunOk(Command("CSN_QUERY_CURSOR=", QueryCommand("--sku SHOE-00007 --format html"))),
              HasSubstr("<html"));
  Write(
      "threads = 2\nprogress = none\nformat = table\n[csn_query]\nlines = image\npool = 9\n"
      "beta = 0.5\n[csn_index.list]\ntop = 3\nwhere = price < 5\n[csn_train]\nsteps = x\n");
  EXPECT_THAT(RunOk(Command("", query)), HasSubstr("rank"));
  EXPECT_EQ(JsonLines(RunOk("echo SHOE-00007 | " +
                            Command("CSN_QUERY_OPEN=true",
                                    QueryCommand("--notion closure --batch - --lines sku"))))
                .size(),
            1);
  EXPECT_NO_THROW(RunOk(Command("", "csn_index list --index " + Shop::Get().index())));
  // The same flags are.
  ExpectRefused("", query + "--lines sku", 2, {"--lines: expected --batch beside it"});
  ExpectRefused("", query + "--pool 9", 2, {"--pool: expected --diversity beside it"});
}

TEST_F(SettingsTest, OfOptionsThatExcludeEachOtherTheStrongestStands) {
  Write("[csn_index.list]\nfacets = closure\n");
  const std::string list = "csn_index list --format jsonl --index " + Shop::Get().index();
  EXPECT_EQ(JsonLines(RunOk(Command("", list))).size(), 1);
  const size_t columns = JsonLines(RunOk(Command("", list + " --columns"))).size();
  EXPECT_GT(columns, 1);
  EXPECT_EQ(JsonLines(RunOk(Command("CSN_INDEX_LIST_COLUMNS=yes", list))).size(), columns);
  EXPECT_EQ(JsonLines(RunOk(Command("CSN_INDEX_LIST_COLUMNS=no", list))).size(), 1);
  ExpectRefused("", list + " --columns --facets closure", 2, {"expected one of them"});

  // All is well here but for the catalogue, which is looked at after the options.
  Write("[csn_train]\nminutes = 30\nspecialists = true\nmodel = " + file() + ".csn\n");
  const std::string train = "csn_train --notion a --catalogue none ";
  ExpectRefused("", train + "--steps 2 --masks none", 3, {"none"});
  ExpectRefused("CSN_TRAIN_EPOCHS=2", train, 3, {"none"});
  ExpectRefused("", train + "--steps 2 --minutes 1", 2, {"give one of them"});
  ExpectRefused("CSN_TRAIN_STEPS=1 CSN_TRAIN_EPOCHS=2", train, 2,
                {"give one of them", "--epochs is from environment CSN_TRAIN_EPOCHS"});
}

TEST_F(SettingsTest, TheFileIsLookedForInTheUsersFolders) {
  const TempDir home;
  WriteText(home / ".config/csn/config", "index = " + Shop::Get().index() + "\n");
  const std::string here = "env -u CSN_CONFIG -u XDG_CONFIG_HOME HOME=" + home.path();
  EXPECT_NO_THROW(RunOk(here + " csn_index list"));
  const TempDir other;
  WriteText(other / "csn/config", "index = none\n");
  EXPECT_EQ(RunCommand(here + " XDG_CONFIG_HOME=" + other.path() + " csn_index list").status, 3);
  EXPECT_EQ(RunCommand(here + " CSN_CONFIG=/dev/null csn_index list").status, 2);
  EXPECT_NO_THROW(RunOk(here + " XDG_CONFIG_HOME=" + other.path() + " csn_index list --config " +
                        (home / ".config/csn/config")));
}

}  // namespace
}  // namespace csn::test
