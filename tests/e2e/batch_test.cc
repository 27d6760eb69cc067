// csn_query with queries as JSON, one or many.
#include "base/file.h"
#include "query/query_json.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string Sku(int i) { return fmt::format("SHOE-{:05}", i); }

// The answer to one query alone, as a batch would give it.
json Alone(const std::string& arguments, uint64_t line) {
  json answer = json::parse(RunOk(QueryCommand(arguments + " --format json")));
  answer["line"] = line;
  return answer;
}

TEST(QueryJsonProgramTest, AsksWhatFlagsAsk) {
  const TempDir folder;
  WriteText(folder / "q.json",
            R"({"like": "SHOE-00007", "notions": {"closure": 2, "heel-height": 1},
                                  "where": "heel_height > 3", "k": 4, "group_by": "category"})");
  const std::string flags =
      "--sku SHOE-00007 --notion closure=2,heel-height --where 'heel_height > 3' -k 4 "
      "--group-by category --format json";
  const std::string expected = RunOk(QueryCommand(flags));
  EXPECT_EQ(RunOk(QueryCommand("--query q.json --format json"), folder.path()), expected);
  EXPECT_EQ(RunOk("cat q.json | " + QueryCommand("--query - --format json"), folder.path()),
            expected);
  // Flags are for what it leaves out.
  WriteText(folder / "part.json", R"({"k": 4, "group_by": "category"})");
  EXPECT_EQ(RunOk(QueryCommand("--query part.json -k 9 --sku SHOE-00007 --notion "
                               "closure=2,heel-height --where 'heel_height > 3' --format json"),
                  folder.path()),
            expected);
  // Read once, though the program starts anew for photographs.
  const std::string image = Shop::Get().folder() + "/shoes/images/SHOE-00003.png";
  const json by_photograph =
      json::parse(RunOk("echo '{\"like\": {\"image\": \"" + image + "\"}, \"k\": 1}' | " +
                        QueryCommand("--notion closure,heel-height --query - --format json")));
  EXPECT_EQ(by_photograph["hits"][0]["sku"], "SHOE-00003");
  // A page is refused what it cannot show, whoever asks for it.
  WriteText(folder / "fields.json", R"({"like": "SHOE-00007", "fields": ["price"]})");
  ExpectError(QueryCommand("--notion closure --query fields.json --format html"), 2,
              "--fields: a page of photographs has no use for it", folder.path());
  WriteText(folder / "wrong.json", R"({"like": "SHOE-00007", "notion": "closure"})");
  ExpectError(QueryCommand("--query wrong.json"), 2,
              "query, /: unknown key 'notion'; did you mean notions?", folder.path());
  ExpectError(QueryCommand("--query none.json"), 3, "none.json", folder.path());
}

TEST(BatchTest, AnswersEveryLineInOrder) {
  const TempDir folder;
  std::string lines;
  for (int i = 1; i <= 100; ++i) lines += Sku(i) + (i % 10 == 0 ? "\r\n\n" : "\n");
  WriteText(folder / "skus.txt", lines);
  const std::string flags = "--notion heel-height=2,closure -k 3 --where 'heel_height > 2'";
  for (const char* threads : {"1", "2", "5"}) {
    const std::vector<json> answers = JsonLines(
        RunOk(QueryCommand(fmt::format("{} --batch skus.txt --threads {}", flags, threads)),
              folder.path()));
    ASSERT_EQ(answers.size(), 100);
    uint64_t line = 0;
    for (int i = 1; i <= 100; ++i) {
      ++line;
      EXPECT_EQ(answers[i - 1]["line"], line);
      if (i % 33 == 0) {
        EXPECT_EQ(answers[i - 1], Alone(flags + " --sku " + Sku(i), line));
      }
      line += i % 10 == 0 ? 1 : 0;  // the empty one
    }
  }
}

TEST(BatchTest, LinesAnsweredTogetherAreAnsweredAsAlone) {
  // More than are answered together, of several notions, wrong ones among them.
  const TempDir folder;
  std::string lines;
  for (int i = 1; i <= 200; ++i) {
    const std::string line =
        i % 9 == 0 ? "nothing of the kind"
                   : fmt::format(R"({{"like": "{}", "notions": "{}", "k": {}}})", Sku(i % 90 + 1),
                                 i % 2 == 0 ? "closure" : "closure=2,heel-height", 1 + i % 5);
    lines += line + "\n";
  }
  WriteText(folder / "q.txt", lines);
  const ProcessResult all = RunCommand(QueryCommand("--batch q.txt"), folder.path());
  EXPECT_EQ(all.status, 4) << all.err;
  // One by one: each line waits for the one before.
  const ProcessResult each =
      RunCommand("while read -r line; do echo \"$line\"; sleep 0.002; done < q.txt | " +
                     QueryCommand("--threads 1 --batch -"),
                 folder.path());
  EXPECT_EQ(each.status, 4) << each.err;
  EXPECT_EQ(JsonLines(all.out).size(), 200u);
  EXPECT_EQ(all.out, each.out);
}

TEST(BatchTest, AWrongLineDoesNotStopTheOthers) {
  const TempDir folder;
  WriteText(folder / "q.txt",
            "SHOE-00001\nSHOE-0001\n{\"like\": \"SHOE-00002\", \"k\": 2}\n{\"k\": 0}\n"
            "{\"where\": \"heel_hight < 3\", \"like\": \"SHOE-00001\"}\nSHOE-00003");
  const ProcessResult result =
      RunCommand("cat q.txt | " + QueryCommand("--notion closure --batch -"), folder.path());
  EXPECT_EQ(result.status, 4);
  EXPECT_THAT(result.err, HasSubstr("6 queries in "));
  EXPECT_THAT(result.err, HasSubstr("; 3 failed"));
  const std::vector<json> answers = JsonLines(result.out);
  ASSERT_EQ(answers.size(), 6);
  EXPECT_EQ(answers[0]["hits"].size(), 10);
  EXPECT_EQ(answers[1]["error"]["status"], 3);
  EXPECT_THAT(answers[1]["error"]["message"].get<std::string>(), HasSubstr("did you mean SHOE-0"));
  EXPECT_EQ(answers[2]["hits"].size(), 2);
  EXPECT_EQ(answers[3]["error"]["status"], 2);
  EXPECT_THAT(answers[3]["error"]["message"].get<std::string>(), HasSubstr("query, /k: expected"));
  EXPECT_THAT(answers[4]["error"]["message"].get<std::string>(), HasSubstr("where, character 1"));
  EXPECT_EQ(answers[5]["line"], 6);
}

TEST(BatchTest, TakesPhotographs) {
  const TempDir folder;
  const std::string images = Shop::Get().folder() + "/shoes/images/";
  WriteText(folder / "q.txt", fmt::format("{0}SHOE-00003.png\nnone.png\n{{\"like\": {{\"image\": "
                                          "\"{0}SHOE-00004.png\"}}}}\n{0}SHOE-00005.png\n",
                                          images));
  const ProcessResult result = RunCommand(
      QueryCommand("--notion closure,heel-height -k 1 --batch q.txt --lines image"), folder.path());
  EXPECT_EQ(result.status, 4) << result.err;
  const std::vector<json> answers = JsonLines(result.out);
  ASSERT_EQ(answers.size(), 4);
  EXPECT_EQ(answers[0]["hits"][0]["sku"], "SHOE-00003");
  EXPECT_EQ(answers[0]["hits"][0]["score"], 0);
  EXPECT_EQ(answers[1]["error"]["status"], 3);
  EXPECT_EQ(answers[2]["hits"][0]["sku"], "SHOE-00004");
  EXPECT_EQ(answers[3]["hits"][0]["sku"], "SHOE-00005");
}

TEST(BatchTest, StreamsAndEndsCleanlyBySignal) {
  // The answer comes while stdin is still open; the signal then ends the batch.
  const TempDir folder;
  const ProcessResult result =
      RunCommand("mkfifo in; " + QueryCommand("--notion closure -k 2 --batch - <in >out 2>err") +
                     " & exec 3>in; echo SHOE-00001 >&3; "
                     "for i in $(seq 100); do [ -s out ] && break; sleep 0.1; done; wc -l <out; "
                     "kill -INT $!; wait $!; echo $?",
                 folder.path());
  EXPECT_EQ(result.out, "1\n130\n") << result.err;
  EXPECT_EQ(JsonLines(ReadTextFile(folder / "out")).size(), 1);
  EXPECT_THAT(ReadTextFile(folder / "err"), HasSubstr("1 queries in "));
}

TEST(BatchTest, EndsWhereItsReaderHasGone) {
  const TempDir folder;
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += Sku(1 + i % 150) + "\n";
  WriteText(folder / "q.txt", lines);
  const ProcessResult result = RunCommand(
      QueryCommand("--notion closure -k 1 --batch q.txt 2>err") + " | head -n 1 >out; cat err",
      folder.path());
  EXPECT_EQ(JsonLines(ReadTextFile(folder / "out")).size(), 1);
  EXPECT_THAT(result.out, HasSubstr(" queries in "));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("20,000 queries")));
}

TEST(BatchTest, RefusesFlagsThatMakeNoSense) {
  const std::string base = "--notion closure --batch - ";
  ExpectError(QueryCommand(base + "--format table </dev/null"), 2, "with --batch expected jsonl");
  ExpectError(QueryCommand(base + "--open </dev/null"), 2, "--open: not beside --batch");
  ExpectError(QueryCommand(base + "--query x </dev/null"), 2, "--query: not beside --batch");
  ExpectError(QueryCommand(base + "--lines x </dev/null"), 2, "--lines: expected sku or image");
  ExpectError(QueryCommand("--notion closure --batch none.txt"), 3, "opening none.txt");
  ExpectError(QueryCommand("--notion closure --sku SHOE-00001 --threads 2"), 2,
              "--threads: expected --batch beside it");
  EXPECT_EQ(RunOk(QueryCommand(base + "</dev/null")), "");
}

}  // namespace
}  // namespace csn::test
