#include "query/protocol.h"

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using nlohmann::json;
using test::ThrowsError;

// Two hits under two notions, one of which was asked for.
Answer MakeAnswer() {
  Answer answer;
  answer.notions = {"heel", "closure"};
  answer.sources = {"heel_height", "closure"};
  answer.columns = {{.name = "name", .type = ColumnType::kText},
                    {.name = "price", .type = ColumnType::kNumber},
                    {.name = "size", .type = ColumnType::kList}};
  answer.hits = {{.rank = 1,
                  .score = 0.25,
                  .parts = {{.distance = 0.5, .share = 0.25}, {.distance = 0.1, .share = 0}},
                  .item = {.sku = "b\"1",
                           .image = "i/b 1.jpg",
                           .values = {std::string("Zoë, \"red\""), 39.9,
                                      std::vector<std::string>{"38", "39"}}}},
                 {.rank = 2,
                  .score = 1,
                  .parts = {{.distance = 1, .share = 1}, {.distance = 0, .share = 0}},
                  .item = {.sku = "a2",
                           .image = "i/a2.jpg",
                           .values = {Value(), Value(), std::vector<std::string>{}}}}};
  answer.plan = Plan::kFlat;
  answer.shortfall = 8;
  answer.generation = "000007";
  return answer;
}

// The longest line of `text` in code points.
size_t WidestLine(const std::string& text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);) {
    size_t points = 0;
    for (const char c : line) points += (static_cast<uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
    widest = std::max(widest, points);
  }
  return widest;
}

TEST(ParseFormat, KnowsFourNames) {
  EXPECT_EQ(ParseFormat("table"), Format::kTable);
  EXPECT_EQ(ParseFormat("jsonl"), Format::kJsonl);
  EXPECT_EQ(ParseFormat("json"), Format::kJson);
  EXPECT_EQ(ParseFormat("csv"), Format::kCsv);
  EXPECT_THAT(
      [] { ParseFormat("xml"); },
      ThrowsError(ErrorCode::kInvalidArgument, "format 'xml': expected table, jsonl, json or csv"));
}

TEST(FormatAnswer, JsonlIsALineAHitThenTheAnswer) {
  EXPECT_EQ(
      FormatAnswer(MakeAnswer(), Format::kJsonl),
      R"({"rank":1,"sku":"b\"1","score":0.25,"notions":{"heel":{"distance":0.5,"share":0.25},)"
      R"("closure":{"distance":0.1,"share":0.0}},"item":{"image":"i/b 1.jpg",)"
      R"("name":"Zoë, \"red\"","price":39.9,"size":["38","39"]}})"
      "\n"
      R"({"rank":2,"sku":"a2","score":1.0,"notions":{"heel":{"distance":1.0,"share":1.0},)"
      R"("closure":{"distance":0.0,"share":0.0}},"item":{"image":"i/a2.jpg",)"
      R"("name":null,"price":null,"size":[]}})"
      "\n"
      R"({"answer":{"plan":"flat","exact":true,"shortfall":8,"generation":"000007"}})"
      "\n");
}

TEST(FormatAnswer, JsonHoldsTheSameValuesAsJsonl) {
  const Answer answer = MakeAnswer();
  const json whole = json::parse(FormatAnswer(answer, Format::kJson));
  std::istringstream lines(FormatAnswer(answer, Format::kJsonl));
  std::string line;
  for (size_t i = 0; i < answer.hits.size(); ++i) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(whole.at("hits").at(i), json::parse(line));
  }
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(whole.at("answer"), json::parse(line).at("answer"));
  EXPECT_EQ(whole.size(), 2u);
  EXPECT_EQ(FormatAnswer(answer, Format::kJson).back(), '\n');
}

TEST(FormatAnswer, JsonOfNoHitsIsAnEmptyArray) {
  Answer answer = MakeAnswer();
  answer.hits.clear();
  EXPECT_EQ(json::parse(FormatAnswer(answer, Format::kJson)).at("hits"), json::array());
  EXPECT_EQ(FormatAnswer(answer, Format::kJsonl),
            R"({"answer":{"plan":"flat","exact":true,"shortfall":8,"generation":"000007"}})"
            "\n");
}

TEST(FormatAnswer, WithoutItemsHitsKeepTheirSkus) {
  Answer answer = MakeAnswer();
  answer.items = false;
  answer.columns.clear();
  for (Hit& hit : answer.hits) hit.item = {.sku = hit.item.sku, .image = "", .values = {}};
  const json parsed = json::parse(FormatAnswer(answer, Format::kJson));
  EXPECT_EQ(parsed["hits"][1]["sku"], "a2");
  EXPECT_FALSE(parsed["hits"][1].contains("item"));
  const std::string csv = FormatAnswer(answer, Format::kCsv);
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "rank,sku,score,heel_distance,heel_share,closure_distance,closure_share");
  EXPECT_EQ(csv.substr(csv.find("2,a2")), "2,a2,1,1,1,0,0\n");
  EXPECT_EQ(FormatAnswer(answer, Format::kTable).find("i/a2.jpg"), std::string::npos);
}

TEST(FormatAnswer, ExplanationsAreInEveryFormat) {
  Answer answer = MakeAnswer();
  answer.hits[0].why = "heel 0.500, \"near\"";
  answer.hits[1].why = "heel 1.000";
  answer.kept_out = {
      {.step = KeptOut::Step::kWhere, .sku = "c3", .score = 0.5, .why = "price is 7", .nearer = 3},
      {.step = KeptOut::Step::kNext,
       .sku = "d\x1b"
              "4",
       .score = 2,
       .why = "behind"}};
  const json whole = json::parse(FormatAnswer(answer, Format::kJson));
  EXPECT_EQ(whole["hits"][0]["why"], "heel 0.500, \"near\"");
  EXPECT_EQ(whole["answer"]["kept_out"], json::parse(R"([
      {"step": "where", "sku": "c3", "score": 0.5, "why": "price is 7", "nearer": 3},
      {"step": "next", "sku": "d\u001b4", "score": 2.0, "why": "behind"}])"));
  EXPECT_THAT(FormatAnswer(answer, Format::kCsv), testing::HasSubstr(",why\n"));
  EXPECT_THAT(FormatAnswer(answer, Format::kCsv), testing::HasSubstr(",heel 1.000\n"));
  EXPECT_THAT(FormatAnswer(answer, Format::kTable, 40),
              testing::HasSubstr("why\n"
                                 "   1  b\"1: heel 0.500, \"near\"\n"
                                 "   2  a2: heel 1.000\n"
                                 "kept out\n"
                                 "       where  c3 (0.5000): price is 7 (and 2 others)\n"
                                 "        next  d\\x1b4 (2.0000): behind\n"));
}

TEST(FormatAnswer, NumbersReadBackEqual) {
  Answer answer = MakeAnswer();
  for (const double value :
       {0.1, 1.0 / 3, 1e-300, 123456789.125, -2.5e17, std::numeric_limits<double>::denorm_min()}) {
    answer.hits[0].score = value;
    const json hits = json::parse(FormatAnswer(answer, Format::kJson)).at("hits");
    EXPECT_EQ(hits.at(0).at("score").get<double>(), value);
    const std::string csv = FormatAnswer(answer, Format::kCsv);
    EXPECT_EQ(std::strtod(csv.c_str() + csv.find("\"b\"\"1\",") + 7, nullptr), value);
  }
}

TEST(FormatAnswer, BytesThatAreNotUtf8BecomeReplacementsInJson) {
  Answer answer = MakeAnswer();
  answer.hits[0].item.values[0] = std::string("caf\xe9");
  const json hits = json::parse(FormatAnswer(answer, Format::kJson)).at("hits");
  EXPECT_EQ(hits.at(0).at("item").at("name"), "caf\xef\xbf\xbd");
}

TEST(FormatAnswer, CsvQuotesWhatNeedsIt) {
  Answer answer = MakeAnswer();
  answer.hits[1].item.values[0] = std::string("two\r\nlines");
  EXPECT_EQ(FormatAnswer(answer, Format::kCsv),
            "rank,sku,score,heel_distance,heel_share,closure_distance,closure_share,image,name,"
            "price,size\n"
            "1,\"b\"\"1\",0.25,0.5,0.25,0.1,0,i/b 1.jpg,\"Zoë, \"\"red\"\"\",39.9,38|39\n"
            "2,a2,1,1,1,0,0,i/a2.jpg,\"two\r\nlines\",,\n");
}

TEST(FormatAnswer, TableAlignsByCodePoints) {
  EXPECT_EQ(FormatAnswer(MakeAnswer(), Format::kTable),
            "rank  sku   score          ~heel  ~closure  name        price  size\n"
            "   1  b\"1  0.2500  0.500 (100 %)     0.100  Zoë, \"red\"   39.9  38|39\n"
            "   2  a2   1.0000  1.000 (100 %)     0.000\n"
            "~notion: distance in it (share of the score)\n"
            "plan flat, exact, shortfall 8, generation 000007\n");
}

TEST(FormatAnswer, TableSharesAreOfTheMagnitudes) {
  Answer answer = MakeAnswer();
  answer.plan = Plan::kHnsw;
  answer.exact = false;
  answer.shortfall = 0;
  answer.hits[0].parts = {{.distance = 0.5, .share = 0.75}, {.distance = 1, .share = -0.25}};
  answer.hits[1].parts = {{.distance = 0, .share = 0}, {.distance = 0, .share = 0}};
  const std::string table = FormatAnswer(answer, Format::kTable);
  EXPECT_THAT(table, testing::HasSubstr("0.500 (75 %)  1.000 (-25 %)"));
  EXPECT_THAT(table, testing::HasSubstr(" 0.000 (0 %)    0.000 (0 %)"));
  EXPECT_THAT(table, testing::EndsWith("plan hnsw, approximate, generation 000007\n"));
}

TEST(FormatAnswer, TablePutsTheColumnsOfTheNotionsAskedForFirst) {
  Answer answer = MakeAnswer();
  answer.sources = {"size", "price"};  // of the two only the first was asked for
  const std::string table = FormatAnswer(answer, Format::kTable);
  EXPECT_THAT(table, testing::ContainsRegex("~closure  size +name +price\n"));
  EXPECT_THAT(table, testing::ContainsRegex("38.39 +Zoë, \"red\" +39.9\n"));
}

TEST(FormatAnswer, TableNeverGoesBeyondItsWidth) {
  Answer answer = MakeAnswer();
  answer.hits[1].item.values[0] = "ein sehr langer Name für einen Schuh, länger als jede Spalte";
  for (size_t width = 1; width <= 140; ++width) {
    SCOPED_TRACE(width);
    const std::string table = FormatAnswer(answer, Format::kTable, width);
    EXPECT_LE(WidestLine(table), width);
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 5);
  }
  EXPECT_THAT(FormatAnswer(answer, Format::kTable, 80),
              testing::HasSubstr("ein sehr langer Name fü…"));
  answer.shortfall = 0;
  const std::string narrow = FormatAnswer(answer, Format::kTable, 60);
  EXPECT_THAT(narrow, testing::Not(testing::HasSubstr("Name")));
  EXPECT_THAT(narrow, testing::HasSubstr("closure\n"));
  EXPECT_THAT(narrow, testing::HasSubstr(", 3 columns hidden\n"));
  EXPECT_EQ(FormatAnswer(answer, Format::kTable, 1000), FormatAnswer(answer, Format::kTable));
}

TEST(FormatAnswer, TableShowsControlCharactersInsteadOfObeyingThem) {
  Answer answer = MakeAnswer();
  answer.hits[0].item.sku = "a\x1b[2J";
  answer.hits[0].item.values[0] = std::string("x\ny\r\t\x7f\0z", 8);
  answer.hits[1].item.values[0] = std::string("\xc2\x9b\x31m\x9b \xe2\x80\xaegnp.exe");
  answer.columns[1].name = "pri\x07";
  const std::string table = FormatAnswer(answer, Format::kTable);
  for (const char* shown :
       {R"(a\x1b[2J)", R"(x\ny\r\t\x7f\x00z)", R"(\x9b1m\x9b \u202egnp.exe)", R"(pri\x07)"}) {
    EXPECT_THAT(table, testing::HasSubstr(shown));
  }
  for (const char c : table) EXPECT_TRUE(c == '\n' || static_cast<uint8_t>(c) >= 0x20);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 5);
}

}  // namespace
}  // namespace csn
