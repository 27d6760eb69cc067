// csn_query as a user runs it.
#include <cmath>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "embedder/model_file.h"
#include "storage/generation.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr char kSku[] = "SHOE-00007";

std::string BySku(const std::string& more) {
  return QueryCommand(fmt::format("--notion heel-height=2,closure --sku {} {}", kSku, more));
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(QueryProgramTest, AnswersInEveryFormat) {
  const json answer = json::parse(RunOk(BySku("-k 7 --format json")));
  ASSERT_EQ(answer["hits"].size(), 7);
  EXPECT_EQ(answer["answer"]["exact"], true);
  EXPECT_EQ(answer["answer"]["shortfall"], 0);
  EXPECT_EQ(answer["answer"]["generation"], "000001");
  std::set<std::string> skus;
  double last = 0;
  for (const json& hit : answer["hits"]) {
    EXPECT_NE(hit["sku"], kSku);
    skus.insert(hit["sku"]);
    EXPECT_GE(hit["score"], last);
    last = hit["score"];
    double sum = 0;
    for (const auto& [notion, part] : hit["notions"].items()) sum += part["share"].get<double>();
    EXPECT_NEAR(sum, last, 1e-9 * (1 + last));
    EXPECT_TRUE(hit["item"].contains("heel_height"));
  }
  EXPECT_EQ(skus.size(), 7);

  // In a pipe, and by name, a line a hit and one about the answer.
  const std::vector<std::string> lines = Lines(RunOk(BySku("-k 7")));
  EXPECT_EQ(lines, Lines(RunOk(BySku("-k 7 --format jsonl"))));
  const std::vector<std::string> csv = Lines(RunOk(BySku("-k 7 --format csv")));
  const std::string table = RunOk(BySku("-k 7 --format table"));
  ASSERT_EQ(lines.size(), 8);
  ASSERT_EQ(csv.size(), 8);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(json::parse(lines[i]), answer["hits"][i]);
    const std::string sku = answer["hits"][i]["sku"];
    EXPECT_THAT(csv[i + 1], HasSubstr(sku));
    EXPECT_THAT(table, HasSubstr(sku));
  }
  EXPECT_EQ(json::parse(lines[7])["answer"], answer["answer"]);

  const std::vector<std::string> bare = Lines(RunOk(BySku("-k 7 --no-item")));
  ASSERT_EQ(bare.size(), 8);
  json first = answer["hits"][0];
  first.erase("item");
  EXPECT_EQ(json::parse(bare[0]), first);
}

TEST(QueryProgramTest, AnItemsOwnVectorFindsTheItemFirst) {
  const TempDir folder;
  const Generation generation = Generation::Open(Shop::Get().index());
  const uint32_t row = *generation.metadata().RowOf(kSku);
  const std::span<const float> vector = generation.embeddings().Row(row);
  WriteText(folder / "q.json", json(std::vector<float>(vector.begin(), vector.end())).dump());
  const json by_vector = json::parse(
      RunOk(QueryCommand("--notion heel-height=2,closure --vector q.json -k 8 --format json"),
            folder.path()));
  const json by_sku = json::parse(RunOk(BySku("-k 7 --format json")));
  EXPECT_EQ(by_vector["hits"][0]["sku"], kSku);
  EXPECT_EQ(by_vector["hits"][0]["score"], 0);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(by_vector["hits"][i + 1]["sku"], by_sku["hits"][i]["sku"]);
  }
}

TEST(QueryProgramTest, RefusesWithAHint) {
  ExpectError(QueryCommand("--notion closure --sku SHOE-0007"), 3, "SHOE-00007");
  ExpectError(QueryCommand("--notion closur --sku SHOE-00007"), 2, "closure");
  ExpectError(QueryCommand("--notion closure --sku SHOE-00007 -k 0"), 2, "--k");
  ExpectError(QueryCommand("--notion closure --sku SHOE-00007 -k few"), 2,
              "expected a whole number");
  ExpectError(QueryCommand("--notion closure --sku SHOE-00007 --format xml"), 2, "xml");
  ExpectError("csn_query --index none --notion closure --sku a", 3, "none");
  const TempDir folder;
  WriteText(folder / "q.json", "[1, 2]");
  ExpectError(QueryCommand("--notion closure --vector q.json"), 2, "q.json: 2 values, expected 16",
              folder.path());
}

TEST(QueryProgramTest, WithoutAnItemItGivesThreeCommandsThatWork) {
  const ProcessResult result = RunCommand(QueryCommand(""));
  EXPECT_EQ(result.status, 2);
  int commands = 0;
  for (const std::string& line : Lines(result.err)) {
    const size_t at = line.find("csn_query --");
    if (at == std::string::npos) continue;
    EXPECT_NO_THROW(RunOk(line.substr(at)));
    ++commands;
  }
  EXPECT_EQ(commands, 3);
  for (const char* command : {"csn_query", "CSN_INDEX= csn_query", "csn_query --index ''"}) {
    SCOPED_TRACE(command);
    const ProcessResult without = RunCommand(command);
    EXPECT_EQ(without.status, 2);
    EXPECT_EQ(Lines(without.err).size(), 4) << without.err;
  }
}

TEST(QueryProgramTest, NeverLoadsLibTorch) {
  const ProcessResult query = RunCommand("LD_DEBUG=files " + BySku(""));
  ASSERT_EQ(query.status, 0);
  EXPECT_THAT(query.err, HasSubstr("calling init"));
  EXPECT_THAT(query.err, Not(HasSubstr("libtorch")));
  EXPECT_THAT(query.err, Not(HasSubstr("csn_torch")));
  // The same look at a program that needs it, so that the test is known to see it.
  const Shop& shop = Shop::Get();
  const ProcessResult eval = RunCommand(fmt::format(
      "LD_DEBUG=files csn_eval --model {} --catalogue {}", shop.model(), shop.catalogue()));
  EXPECT_THAT(eval.err, HasSubstr("libtorch"));
}

TEST(QueryProgramTest, StdoutThatCannotBeWrittenIsAnErrorAndAClosedOneIsNot) {
  ExpectError(BySku("> /dev/full"), 1, "writing to stdout");
  const ProcessResult closed =
      RunCommand("{ sleep 1; " + BySku("-k 100") + "; echo status $? >&2; } | true");
  EXPECT_EQ(closed.err, "status 0\n");
}

TEST(QueryProgramTest, ASignalEndsItAtOnce) {
  const TempDir folder;
  const ProcessResult result =
      RunCommand("mkfifo v && { " + QueryCommand("--notion closure --vector v") +
                     " & pid=$!; sleep 1; kill -TERM $pid; wait $pid; }",
                 folder.path());
  EXPECT_EQ(result.status, 143) << result.err;
}

TEST(QueryProgramTest, CommandsToTryCanBeTyped) {
  const TempDir folder;
  std::filesystem::copy(Shop::Get().index(), folder / "it's idx",
                        std::filesystem::copy_options::recursive);
  const ProcessResult tried = RunCommand("csn_query --index \"it's idx\"", folder.path());
  EXPECT_EQ(tried.status, 2);
  const std::vector<std::string> lines = Lines(tried.err);
  ASSERT_EQ(lines.size(), 4) << tried.err;
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(RunCommand(lines[i], folder.path()).status, 0) << lines[i];
  }
}

TEST(QueryProgramTest, DamageIsTold) {
  const TempDir folder;
  std::filesystem::copy(Shop::Get().index(), folder / "idx",
                        std::filesystem::copy_options::recursive);
  const std::string path = Generation::Open(folder / "idx").folder() + "/MANIFEST.json";
  WriteText(path, ReadTextFile(path) + " ");
  ExpectError("csn_query --index idx --notion closure --sku SHOE-00001", 5, "MANIFEST.json",
              folder.path());
}

TEST(QueryProgramTest, AForeignModelIsTold) {
  const TempDir folder;
  std::filesystem::copy(Shop::Get().index(), folder / "idx",
                        std::filesystem::copy_options::recursive);
  const std::string path = Generation::Open(folder / "idx").folder() + "/model.csn";
  Model model = LoadModel(path);
  model.split.seed += 1;
  SaveModel(path, model);
  ExpectError("csn_query --index idx --notion closure --sku SHOE-00001", 6, "model.csn",
              folder.path());
  ExpectError("csn_index verify --index idx", 6, "model.csn", folder.path());
}

TEST(QueryProgramTest, ExplainsInWords) {
  const json answer =
      json::parse(RunOk(BySku("-k 2 --where 'closure != \"zip\"' --explain --format json")));
  EXPECT_THAT(answer["hits"][0]["why"], HasSubstr("% of the score"));
  const json next = json::parse(RunOk(BySku("-k 3 --where 'closure != \"zip\"' --format json")));
  EXPECT_FALSE(next["hits"][0].contains("why"));
  EXPECT_EQ(answer["answer"]["kept_out"].back()["step"], "next");
  EXPECT_EQ(answer["answer"]["kept_out"].back()["sku"], next["hits"][2]["sku"]);
  EXPECT_THAT(RunOk(BySku("-k 2 --explain --format table")), HasSubstr("\nkept out\n"));
  ExpectError(BySku("--explain --format html"), 2, "--explain");
  EXPECT_THAT(RunOk(BySku("-k 2 --explain-plan --format table")), HasSubstr("\nways\n"));
  ExpectError(BySku("--explain-plan --format html"), 2, "--explain-plan");
}

TEST(QueryProgramTest, PrintsTheQueryThatFlagsMake) {
  const TempDir folder;
  const std::string flags =
      "-k 3 --where \"heel_height < 5\" --require 'closure<=2' --fields price";
  WriteText(folder / "q.json", RunOk(BySku(flags + " --print-query")));
  EXPECT_EQ(RunOk(QueryCommand("--query q.json"), folder.path()), RunOk(BySku(flags)));
  // Nothing is asked, so no index is needed.
  EXPECT_THAT(RunOk("CSN_INDEX= csn_query --sku a --notion b --print-query"),
              HasSubstr(R"("like":[{"sku":"a"}])"));
  ExpectError(QueryCommand("--batch - --print-query"), 2, "--print-query");
}

TEST(QueryProgramTest, FiltersByAttributes) {
  const json all = json::parse(RunOk(BySku("-k 1000 --format json")));
  std::vector<std::string> expected;
  size_t qualify = 0;
  for (const json& hit : all["hits"]) {
    const bool holds = hit["item"]["heel_height"] < 4.5 && hit["item"]["closure"] != "lace-up";
    if (holds && expected.size() < 4) expected.push_back(hit["sku"]);
    qualify += holds ? 1 : 0;
  }
  ASSERT_EQ(expected.size(), 4);
  const std::string where = "-k 4 --where \"heel_height < 4.5 and closure != 'lace-up'\"";
  const json answer = json::parse(RunOk(BySku(where + " --format json")));
  std::vector<std::string> found;
  for (const json& hit : answer["hits"]) found.push_back(hit["sku"]);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(answer["answer"]["plan"], "scan");
  EXPECT_EQ(answer["answer"]["exact"], true);
  // The shoe asked by may qualify too.
  EXPECT_GE(answer["answer"]["qualifying"], qualify);
  EXPECT_LE(answer["answer"]["qualifying"], qualify + 1);
  EXPECT_FALSE(all["answer"].contains("qualifying"));
  EXPECT_THAT(RunOk(BySku(where + " --format table")),
              HasSubstr(fmt::format("exact, {} qualify, generation",
                                    answer["answer"]["qualifying"].get<int>())));
}

TEST(QueryProgramTest, SaysWhatIsWrongWithAFilter) {
  ExpectError(BySku("--where 'heel_hight < 3'"), 2,
              "where, character 1: no column 'heel_hight'; did you mean heel_height?");
  ExpectError(BySku("--where 'heel_height <'"), 2, "where, character 14: expected a value");
  ExpectError(BySku("--where ' '"), 2, "--where: expected a filter, got an empty one");
  // A text that no item has is no error, but is told.
  const ProcessResult result = RunCommand(BySku("--where \"closure = 'lace-pu'\" --format json"));
  EXPECT_EQ(result.status, 0) << result.err;
  const json answer = json::parse(result.out);
  EXPECT_TRUE(answer["hits"].empty());
  EXPECT_EQ(answer["answer"]["shortfall"], 10);
  const std::string note =
      "where, character 11: no item has closure 'lace-pu'; did you mean lace-up?";
  EXPECT_THAT(answer["answer"]["notes"][0].get<std::string>(), HasSubstr(note));
  EXPECT_THAT(result.err, HasSubstr(note));
}

std::vector<std::string> SkusOf(const json& answer) {
  std::vector<std::string> skus;
  for (const json& hit : answer["hits"]) skus.push_back(hit["sku"]);
  return skus;
}

json Asked(const std::string& arguments) {
  return json::parse(RunOk(QueryCommand(arguments + " --format json")));
}

TEST(QueryProgramTest, TakesSeveralExamples) {
  const std::string base = "--notion closure --sku SHOE-00007 --sku SHOE-00008";
  const json liked = Asked(base + " -k 200");
  EXPECT_EQ(liked["hits"].size(), Shop::kItems - 2);
  // The mean of two squared distances.
  const json first = Asked("--notion closure --sku SHOE-00007 -k 200");
  const json second = Asked("--notion closure --sku SHOE-00008 -k 200");
  const auto square = [](const json& answer, const std::string& sku) {
    for (const json& hit : answer["hits"]) {
      if (hit["sku"] == sku)
        return std::pow(hit["notions"]["closure"]["distance"].get<double>(), 2);
    }
    throw std::runtime_error("no hit " + sku);
  };
  const std::string sku = liked["hits"][0]["sku"];
  EXPECT_NEAR(liked["hits"][0]["score"], (square(first, sku) + square(second, sku)) / 2, 1e-12);

  const json unlike = Asked("--notion closure --sku SHOE-00007 --unlike-sku SHOE-00008 --beta 0.5");
  const std::string other = unlike["hits"][0]["sku"];
  EXPECT_NEAR(unlike["hits"][0]["score"], square(first, other) - 0.5 * square(second, other),
              1e-12);
  ExpectError(QueryCommand("--notion closure --unlike-sku SHOE-00008"), 2,
              "at least one item, photograph or vector to be like");
  ExpectError(QueryCommand("--notion closure --sku SHOE-00008 --beta 0.5"), 2,
              "--beta: expected something to be unlike beside it");
}

TEST(QueryProgramTest, LimitsDistances) {
  const std::string base = "--notion heel-height --sku SHOE-00007 -k 200 ";
  std::vector<std::string> near, close;
  const json all = Asked(base);
  for (const json& hit : all["hits"]) {
    if (hit["notions"]["heel-height"]["distance"] <= 0.5) near.push_back(hit["sku"]);
    if (hit["notions"]["closure"]["distance"] > 0.9) close.push_back(hit["sku"]);
  }
  EXPECT_EQ(SkusOf(Asked(base + "--max-distance 0.5")), near);
  EXPECT_EQ(SkusOf(Asked(base + "--require 'closure > 0.9'")), close);
  EXPECT_FALSE(near.empty());
  EXPECT_FALSE(close.empty());
  const json raw = Asked(base + "--raw");
  EXPECT_EQ(SkusOf(raw), SkusOf(all));
  EXPECT_NE(raw["hits"][5]["score"], all["hits"][5]["score"]);
  ExpectError(QueryCommand(base + "--require closure"), 2, "expected NOTION<=DISTANCE");
}

TEST(QueryProgramTest, GroupsAndDiversifies) {
  const std::string base = "--notion heel-height --sku SHOE-00007 ";
  std::set<std::string> closures;
  const json grouped = Asked(base + "-k 50 --group-by closure");
  for (const json& hit : grouped["hits"]) closures.insert(hit["item"]["closure"]);
  EXPECT_EQ(closures.size(), grouped["hits"].size());
  EXPECT_GT(closures.size(), 2);
  EXPECT_EQ(SkusOf(Asked(base + "--diversity 0")), SkusOf(Asked(base)));
  EXPECT_NE(SkusOf(Asked(base + "--diversity 0.9 --pool 100")), SkusOf(Asked(base)));
  ExpectError(QueryCommand(base + "--group-by closur"), 2, "did you mean closure");
  ExpectError(QueryCommand(base + "--diversity 0.5 --pool 5"), 2, "k: expected at most the pool");
  ExpectError(QueryCommand(base + "--pool 50"), 2, "--pool: expected --diversity beside it");
}

TEST(QueryProgramTest, GoesOnFromPageToPage) {
  const std::string base = "--notion heel-height=2,closure --sku SHOE-00007 ";
  std::vector<std::string> skus;
  std::string cursor = "--pages";
  for (int page = 0; page < 4; ++page) {
    const json answer = Asked(base + "-k 40 " + cursor);
    for (const json& hit : answer["hits"]) {
      skus.push_back(hit["sku"]);
      EXPECT_EQ(hit["rank"], skus.size());
    }
    EXPECT_EQ(answer["answer"].contains("cursor"), page < 3);
    if (page < 3) cursor = "--cursor " + answer["answer"]["cursor"].get<std::string>();
  }
  EXPECT_EQ(skus, SkusOf(Asked(base + "-k 200")));
  EXPECT_THAT(RunOk(QueryCommand(base + "-k 40 --format table --pages")),
              HasSubstr("\nmore: --cursor "));
  ExpectError(QueryCommand(base + "--raw " + cursor), 2, "cursor: expected one of this very query");
  ExpectError(QueryCommand(base + cursor + "0"), 2, "expected one as an answer gave it");
}

TEST(QueryProgramTest, ShowsWhatIsAskedFor) {
  const std::string base = "--notion closure --sku SHOE-00007 -k 2 ";
  const json some = Asked(base + "--fields price,image --with-vectors");
  EXPECT_EQ(some["hits"][0]["item"].size(), 2);
  EXPECT_TRUE(some["hits"][0]["item"].contains("image"));
  EXPECT_TRUE(some["hits"][0]["item"].contains("price"));
  const Generation generation = Generation::Open(Shop::Get().index());
  const uint32_t row = *generation.metadata().RowOf(some["hits"][0]["sku"].get<std::string>());
  const std::span<const float> vector = generation.embeddings().Row(row);
  EXPECT_EQ(some["hits"][0]["vector"].get<std::vector<float>>(),
            std::vector<float>(vector.begin(), vector.end()));
  EXPECT_EQ(Asked(base + "--fields price")["hits"][0]["item"].size(), 1);
  const std::string csv = RunOk(QueryCommand(base + "--fields price --format csv"));
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "rank,sku,score,closure_distance,closure_share,heel-height_distance,"
            "heel-height_share,price");
  ExpectError(QueryCommand(base + "--fields pric"), 2, "did you mean price?");
  ExpectError(QueryCommand(base + "--fields price,"), 2, "a name is empty");
  ExpectError(QueryCommand(base + "--fields price --format html"), 2, "--fields: a page");
}

}  // namespace
}  // namespace csn::test
