#include "query/query_json.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using nlohmann::json;
using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

TEST(QueryJsonTest, ReadsEveryKey) {
  const Query query = ParseQuery(R"({
      "version": 1,
      "like": ["a", {"sku": "b"}, {"image": "c.jpg"}, {"vector": [0.5, -1e-3]}],
      "unlike": "d",
      "beta": 0.25,
      "notions": {"closure": 2, "heel-height": -0.5},
      "raw": true,
      "require": [{"notion": "closure", "at_most": 0.2}, "toe>1"],
      "where": "price < 5",
      "max_distance": 1.5,
      "group_by": "brand",
      "diversity": {"lambda": 0.75, "pool": 50},
      "k": 7, "exact": true, "pages": true, "cursor": "x",
      "items": true, "fields": ["price"], "vectors": true,
      "explain": true, "explain_plan": true})");
  ASSERT_EQ(query.liked.size(), 4u);
  EXPECT_EQ(query.liked[0], Query::Example("a"));
  EXPECT_EQ(query.liked[1], Query::Example("b"));
  EXPECT_EQ(query.liked[2], Query::Example(Query::Photograph{"c.jpg"}));
  EXPECT_EQ(query.liked[3], Query::Example(std::vector<float>{0.5f, -1e-3f}));
  EXPECT_EQ(query.unliked, std::vector<Query::Example>{"d"});
  EXPECT_EQ(query.beta, 0.25);
  ASSERT_EQ(query.notions.size(), 2u);
  EXPECT_EQ(query.notions[1].name, "heel-height");
  EXPECT_EQ(query.notions[1].weight, -0.5);
  EXPECT_TRUE(query.raw && query.exact && query.pages && query.items && query.vectors &&
              query.explain && query.explain_plan);
  ASSERT_EQ(query.require.size(), 2u);
  EXPECT_EQ(query.require[0].kind, Query::Limit::Kind::kAtMost);
  EXPECT_EQ(query.require[0].distance, 0.2);
  EXPECT_EQ(query.require[1].notion, "toe");
  EXPECT_EQ(query.require[1].kind, Query::Limit::Kind::kAbove);
  EXPECT_EQ(query.where, "price < 5");
  EXPECT_EQ(query.max_distance, 1.5);
  EXPECT_EQ(query.group_by, "brand");
  EXPECT_EQ(query.diversity->lambda, 0.75);
  EXPECT_EQ(query.diversity->pool, 50u);
  EXPECT_EQ(query.k, 7u);
  EXPECT_EQ(query.cursor, "x");
  EXPECT_EQ(query.fields, std::vector<std::string>{"price"});
}

TEST(QueryJsonTest, WhatItDoesNotNameIsAsTheDefaults) {
  const Query defaults{.liked = {"z"}, .notions = {{"closure", 3}}, .where = "a = 1", .k = 4};
  const Query query = ParseQuery(R"({"like": "a", "k": 2})", defaults);
  EXPECT_EQ(query.liked, std::vector<Query::Example>{"a"});
  EXPECT_EQ(query.k, 2u);
  EXPECT_EQ(query.where, "a = 1");
  EXPECT_EQ(query.notions[0].weight, 3);
  EXPECT_EQ(ParseQuery("{}").k, 10u);
}

TEST(QueryJsonTest, ErrorsSayWhereAndWhat) {
  for (const auto& [input, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", "query, line 1, column 1: "},
           {"{\"k\": 5,\n \"like\" 7}", "query, line 2, column 9: "},
           {"[]", "query, /: expected an object, got []"},
           {R"({"lik": "a"})", "query, /: unknown key 'lik'; did you mean like"},
           {R"({"k": 1, "k": 2})", "query, /: key 'k' is there twice"},
           {R"({"notions": {"a": 1, "b": 2, "a": 1}})", "query, /notions: key 'a' is there twice"},
           {R"({"like": [{"vector": [1, 2]}, "b", {"sku": "x", "sku": "x"}]})",
            "query, /like/2: key 'sku' is there twice"},
           {R"({"a~/b": [[], {"\u001b": {}, "c": {"\u001b": 1, "\u001b": 1}}]})",
            "query, /a~0~1b/1/c: key '\\x1b' is there twice"},
           {R"({"k": 0})", "query, /k: expected a whole number from 1 to 100000, got 0"},
           {R"({"k": 1e6})", "query, /k: expected a whole number from 1 to 100000, got 1000000.0"},
           {R"({"k": -1})", "/k: expected a whole number from 1 to 100000, got -1"},
           {R"({"k": 100001})", "/k: expected a whole number"},
           {R"({"k": 18446744073709551616})", "/k: expected a whole number"},
           {R"({"k": "5"})", "/k: expected a whole number from 1 to 100000, got \"5\""},
           {R"({"beta": 1e999})", "query, /beta: a number is beyond what a double holds"},
           {R"({"like": ["a", {"vector": [0, [], 1e999]}]})",
            "query, /like/1/vector/2: a number is beyond what a double holds"},
           {R"({"beta": NaN})", "query, line 1, column 10: syntax error while parsing value"},
           {"{\"k\": \"x", "missing closing quote"},
           {R"({"beta": "x"})", "query, /beta: expected a number, got \"x\""},
           {R"({"raw": 1})", "/raw: expected true or false, got 1"},
           {R"({"where": 1})", "/where: expected a text, got 1"},
           {R"({"like": 5})", "query, /like: expected an object, got 5"},
           {R"({"like": ["a", 5]})", "query, /like/1: expected an object, got 5"},
           {R"({"like": {"sku": 5}})", "query, /like/sku: expected a text, got 5"},
           {R"({"like": {}})", "/like: expected one of sku, image and vector, got {}"},
           {R"({"like": {"sku": "a", "image": "b"}})",
            "/like/image: expected one of sku, image and vector alone"},
           {R"({"like": {"vector": 5}})", "/like/vector: expected an array of numbers, got 5"},
           {R"({"like": {"vector": [1, "x"]}})", "/like/vector/1: expected a number, got \"x\""},
           {R"({"like": {"vector": [1e39]}})", "/like/vector/0: expected a number that a float"},
           {R"({"notions": ["a"]})", "/notions: expected an object of weights"},
           {R"({"notions": {"a/b~": "x"}})", "query, /notions/a~1b~0: expected a number"},
           {R"({"notions": "a=x"})", "notion 'a=x': expected a number as the weight"},
           {R"({"require": [{"notion": "a"}]})", "/require/0: expected notion and one of below"},
           {R"({"require": {"notion": "a", "below": 1, "above": 2}})",
            "/require: expected notion and one of below"},
           {R"({"diversity": {"lamda": 1}})", "query, /diversity: unknown key 'lamda'"},
           {R"({"diversity": {"pool": 0}})", "/diversity/pool: expected a whole number"},
           {R"({"version": 2})", "query, /version: expected a whole number from 1 to 1, got 2"},
           {R"({"fields": [1]})", "/fields/0: expected a text"},
           {"{\"k\": \"" + std::string(100, 'x') + "\"}", "xxx\xe2\x80\xa6"}}) {
    const std::string& text = input;
    EXPECT_THAT([&] { ParseQuery(text); }, ThrowsError(kWrong, expected)) << text;
  }
}

TEST(QueryJsonTest, DepthAndSizeAreBounded) {
  const std::string deep = R"({"like": )" + std::string(500'000, '[');
  EXPECT_THAT(
      [&] { ParseQuery(deep); },
      ThrowsError(kWrong, "query, /like/0/0/0/0/0/0/0: more than 8 levels within each other"));
  std::string wide = R"({"notions": {"n": 1)";
  for (int i = 0; i < 5000; ++i) wide += fmt::format(", \"n{}\": 1", i);
  EXPECT_THAT([&] { ParseQuery(wide + "}}"); },
              ThrowsError(kWrong, "query, /notions: an object of more than 4096 keys"));
  EXPECT_THAT([&] { ParseQuery(std::string(kMaxQueryBytes + 1, ' ')); },
              ThrowsError(kWrong, "query: expected at most 16777216 bytes"));
}

TEST(QueryJsonTest, WritesWhatItReads) {
  Query query{.liked = {"a", std::vector<float>{0.1f, -1e-38f}, Query::Photograph{"p.jpg"}},
              .unliked = {"b"},
              .beta = 0.1,
              .notions = {{"closure", 1.0 / 3}, {"heel", -7}},
              .raw = true,
              .require = {{"heel", Query::Limit::Kind::kAtLeast, 0.7}},
              .where = "a = 'ä'",
              .max_distance = 0.2,
              .group_by = "brand",
              .diversity = Query::Diversity{.lambda = 0.9, .pool = 11},
              .k = 3,
              .exact = true,
              .ef = 77,
              .nprobe = 5,
              .pages = true,
              .cursor = "c",
              .items = true,
              .fields = {{"x", "y"}},
              .vectors = true,
              .explain = true,
              .explain_plan = true};
  const std::string text = FormatQuery(query);
  const Query read = ParseQuery(text);
  EXPECT_EQ(FormatQuery(read), text);
  EXPECT_EQ(read.liked, query.liked);
  EXPECT_EQ(read.notions[0].weight, query.notions[0].weight);
  EXPECT_EQ(FormatQuery(ParseQuery(FormatQuery({}))), FormatQuery({}));
}

// The schema says what the parser does: the same keys, its examples are read, its defaults are
// ours.
TEST(QueryJsonTest, TheSchemaIsTrue) {
  const json schema = json::parse(ReadTextFile(CSN_SOURCE_DIR "/docs/query.schema.json"));
  const json written = json::parse(FormatQuery({.max_distance = 1,
                                                .diversity = Query::Diversity{},
                                                .ef = 64,
                                                .nprobe = 8,
                                                .fields = {{"price"}}}));
  std::vector<std::string> keys, written_keys;
  for (const auto& [key, value] : schema["properties"].items()) {
    keys.push_back(key);
    ASSERT_FALSE(value["examples"].empty()) << key;
    for (const json& example : value["examples"]) {
      EXPECT_NO_THROW(ParseQuery(json({{key, example}}).dump())) << key << " " << example;
    }
    if (value.contains("default")) {
      EXPECT_EQ(value["default"], written[key]) << key;
    }
  }
  for (const auto& [key, value] : written.items()) written_keys.push_back(key);
  EXPECT_EQ(keys, written_keys);
}

}  // namespace
}  // namespace csn
