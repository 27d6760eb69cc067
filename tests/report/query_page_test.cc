#include "tools/report/query_page.h"

#include <gtest/gtest.h>

#include <regex>

#include "tests/support/test_support.h"
#include "tools/report/html.h"

namespace csn {
namespace {

using testing::HasSubstr;
using testing::Not;

Hit MakeHit(uint32_t rank, const std::string& sku, std::vector<NotionPart> parts, Value colour,
            Value heel) {
  Hit hit{.rank = rank,
          .score = 0,
          .parts = std::move(parts),
          .item = {.sku = sku, .image = "x", .values = {}}};
  for (const NotionPart& part : hit.parts) hit.score += part.share;
  hit.item.values = {std::move(colour), std::move(heel)};
  return hit;
}

// Two notions; a mixture that wants unlike heels, and a row to compare with.
QueryPage SmallPage() {
  QueryPage page;
  page.kind = "item";
  page.title = "SKU <1>";
  page.photograph = "data:image/jpeg;base64,AAAA";
  page.item = Item{.sku = "SKU <1>", .image = "x", .values = {Value("red"), Value(3.0)}};
  page.command = "csn_query --sku 'SKU <1>'";
  page.made_by = "a test";
  page.model_id = "abc";
  page.notions = {{.name = "colour", .column = "colour"},
                  {.name = "heel",
                   .column = "heel_height",
                   .kind = NotionKind::kNumeric,
                   .near = 0.5,
                   .far = 2}};
  page.columns = {{"colour", ColumnType::kText}, {"heel_height", ColumnType::kNumber}};
  QueryPage::Row mixture{.weights = {1, -0.5}, .asked = true};
  mixture.answer.hits = {MakeHit(1, "a&b", {{0.2, 0.04}, {1.2, -0.02}}, Value("red"), Value(3.4)),
                         MakeHit(2, "c\"d", {{0.4, 0.16}, {2.0, -0.04}}, Value("blue"), Value())};
  mixture.photographs = {"data:image/jpeg;base64,BBBB", ""};
  QueryPage::Row alone{.weights = {0, 1}};
  alone.answer.hits = {MakeHit(1, "e", {{0.2, 0}, {0.1, 0.01}}, Value("red"), Value(9.0))};
  alone.answer.exact = false;
  alone.answer.shortfall = 9;
  alone.photographs = {"data:image/jpeg;base64,CCCC"};
  page.rows = {mixture, alone};
  return page;
}

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(EscapeHtml("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(EscapeHtml("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(EscapeHtml("\xff\x01"), "\\xff\\x01");
}

TEST(QueryPage, ShowsEveryHitWithItsPhotographLabelsAndDistances) {
  const std::string html = FormatQueryPage(SmallPage());
  for (const char* part :
       {"<!DOCTYPE html>", "SKU &lt;1&gt;", "a&amp;b", "c&quot;d", "base64,AAAA", "base64,BBBB",
        "base64,CCCC", "no photograph of c&quot;d", "mixture", "asked for", "to compare", "exact",
        "approximate, 9 fewer than asked for", ">2.00<", "&times; -0.5", "heel_height",
        "csn_query --sku &#39;SKU &lt;1&gt;&#39;", "model abc", "hatched"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
}

TEST(QueryPage, LoadsNothingAndRunsNothing) {
  const std::string html = FormatQueryPage(SmallPage());
  for (const char* part : {"<script", "http", "<link", "url(", "@import", "<SKU", "<1>"}) {
    EXPECT_THAT(html, Not(HasSubstr(part))) << part;
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(QueryPage, SharesOfAHitFillItsBand) {
  const std::string html = FormatQueryPage(SmallPage());
  const std::regex band(R"(<div class="shares">(.*?)</div>)"), width(R"(width:([0-9.]+)%)");
  int bands = 0;
  for (std::sregex_iterator at(html.begin(), html.end(), band), end; at != end; ++at, ++bands) {
    const std::string inside = (*at)[1];
    double sum = 0;
    for (std::sregex_iterator w(inside.begin(), inside.end(), width); w != end; ++w) {
      sum += std::stod((*w)[1]);
    }
    EXPECT_NEAR(sum, 100, 0.02) << inside;
  }
  EXPECT_EQ(bands, 3);
  EXPECT_THAT(html, HasSubstr("class=\"unlike\""));
}

// Bold is what the query has too: the same text, a number within `near`, never a missing value.
TEST(QueryPage, MarksLabelsLikeTheQuerys) {
  const std::string html = FormatQueryPage(SmallPage());
  EXPECT_THAT(html, HasSubstr("value same\">red<"));
  EXPECT_THAT(html, HasSubstr("value same\">3.4<"));
  EXPECT_THAT(html, HasSubstr("value\">blue<"));
  EXPECT_THAT(html, HasSubstr("value\">9<"));
  EXPECT_THAT(html, HasSubstr("value\">&ndash;<"));
  QueryPage page = SmallPage();
  page.item.reset();
  page.kind = "photograph";
  const std::string by_photograph = FormatQueryPage(page);
  EXPECT_THAT(by_photograph, Not(HasSubstr("value same")));
  EXPECT_THAT(by_photograph, HasSubstr("Items like the photograph"));
}

TEST(QueryPage, WithoutMetadataColumnsNotionsAreNamed) {
  QueryPage page = SmallPage();
  page.columns.clear();
  page.item.reset();
  for (QueryPage::Row& row : page.rows) {
    for (Hit& hit : row.answer.hits) hit.item.values.clear();
  }
  EXPECT_THAT(FormatQueryPage(page), HasSubstr("value\">colour<"));
}

}  // namespace
}  // namespace csn
