#include "tools/report/eval_page.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "base/random.h"
#include "tests/support/eval_world.h"
#include "tests/support/test_support.h"
#include "tools/report/html.h"

namespace csn {
namespace {

using test::AllMatches;
using test::CountOf;
using test::MakeEvalReport;
using test::MakeFullEvalReport;
using test::WithPlainBlanks;
using testing::HasSubstr;
using testing::Not;

constexpr char kHostile[] = "<script>alert('x')</script>\"&";

// What is wrong with the nesting of tags, or "".
std::string NestingFault(const std::string& html) {
  const std::set<std::string> empty = {"meta", "img", "br"};
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    if (html.compare(at, 2, "<!") == 0) continue;
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag that does not end";
    const bool closes = html[at + 1] == '/', alone = html[end - 1] == '/';
    const size_t begin = at + (closes ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" />\n", begin) - begin);
    if (std::count(html.begin() + at, html.begin() + end, '"') % 2 != 0) {
      return "quotes in " + html.substr(at, end - at);
    }
    if (alone || empty.contains(name)) continue;
    if (!closes) {
      open.push_back(name);
      continue;
    }
    if (open.empty() || open.back() != name) {
      return "</" + name + "> closes <" + (open.empty() ? "" : open.back()) + "> at " +
             html.substr(at > 200 ? at - 200 : 0, 200);
    }
    open.pop_back();
  }
  return open.empty() ? "" : "<" + open.back() + "> is left open";
}

TEST(EvalPage, TagsAreNestedWhateverIsInTheReport) {
  EvalReport nothing;
  EvalReport bare = MakeEvalReport({.notions = 1, .epochs = 0});
  for (const EvalReport& report :
       {nothing, bare, MakeEvalReport({.notions = 12, .dim = 768}),
        MakeEvalReport({.notions = 4, .networks = 4, .dim = 256, .epochs = 1}),
        MakeFullEvalReport()}) {
    EXPECT_EQ(NestingFault(EvalPage(report)), "");
  }
  EXPECT_NE(NestingFault("<p><b></p>"), "");  // the check itself can fail
}

TEST(EvalPage, SaysWhatWasMeasured) {
  const std::string html = WithPlainBlanks(EvalPage(MakeFullEvalReport()));
  for (const char* part :
       {"<h1>shoes</h1>", "models/first.csn", ">id</span> 0123456789ab<", "0123456789abcdef0123",
        "shoes/catalogue.csv", "4,321", "drawn from labels", ">seed</span> 77", "1,234,567",
        ">best epoch</span> 5 of 5", "csn_eval --model &#39;a b.csn&#39;", "csn_eval 9.9",
        "<p class=\"big\">5.7 %</p>", "95 % interval 5.1 % to 6.2 %", "Chance is 50 %"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
}

TEST(EvalPage, EveryNotionHasItsFigures) {
  const EvalReport report = MakeFullEvalReport();
  const std::string html = WithPlainBlanks(EvalPage(report));
  for (const NotionScores& scores : report.models[0].notions) {
    const std::string row =
        fmt::format("{:.1f} % <span class=\"interval\">({:.1f} to {:.1f})</span>",
                    100 * scores.triplet_error.value, 100 * scores.triplet_error.low,
                    100 * scores.triplet_error.high);
    EXPECT_THAT(html, HasSubstr(row)) << scores.notion.name;
    const std::string live =
        fmt::format("<td>{} of 12</td><td>12,34{}</td><td>{}</td>", scores.live_dims,
                    scores.triplets - 12'340, scores.queries);
    EXPECT_THAT(html, HasSubstr(live)) << scores.notion.name;
  }
  for (const char* part : {">71.0 %<", "72.0 % <span class=\"interval\">(69.0 to 75.0)", ">73.0 %<",
                           ">7.0 %<", ">0.811<", ">1.293<", "precision@100", "recall@1<", "nDCG@10",
                           "mean difference@100", "near 0.5, far 2"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
}

TEST(EvalPage, FiguresThatAreNotNumbersAreDashes) {
  EvalReport report = MakeEvalReport();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  report.models[0].pooled_error = report.models[0].notions[0].triplet_error = {nan, nan, nan};
  report.models[0].notions[1].masked.precision.clear();
  const std::string html = EvalPage(report);
  EXPECT_THAT(html, HasSubstr("No triplet could be measured"));
  EXPECT_THAT(html, HasSubstr("<td>–</td>"));
  for (const char* part : {">nan", "\"nan", "-nan", "inf"}) {
    EXPECT_EQ(AllMatches(html, std::string("(") + part + "[ %<\"])").size(), 0u) << part;
  }
}

TEST(EvalPage, HostileTextStaysText) {
  EvalReport report = MakeFullEvalReport();
  report.title = report.command = report.catalogue = report.triplets = report.made_by = kHostile;
  for (EvaluatedModel& model : report.models) {
    model.path = std::string("m/") + kHostile;
    model.header.id = model.header.parent = model.header.training.recipe = kHostile;
    for (size_t c = 0; c < model.notions.size(); ++c) {
      model.notions[c].notion.name = model.header.notions[c].name = kHostile + std::to_string(c);
      model.notions[c].notion.column = kHostile;
    }
    model.probes = {{.column = kHostile, .items = 1, .classes = 1, .accuracy = {}}};
  }
  for (ShownItem& item : report.items) {
    item.sku = kHostile;
    for (std::string& label : item.labels) label = kHostile;
  }
  const std::string html = EvalPage(report);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("alert('")));
  EXPECT_EQ(NestingFault(html), "");
}

TEST(EvalPage, LoadsNothingAndRunsNothing) {
  const std::string html = EvalPage(MakeFullEvalReport());
  for (const char* part : {"<script", "http:", "https:", "<link", "url(", "@import",
                           "javascript:", " onload", " onclick"}) {
    EXPECT_THAT(html, Not(HasSubstr(part))) << part;
  }
  for (const std::string& reference : AllMatches(html, "(?:href|src)=\"([^\"]{1,12})")) {
    EXPECT_TRUE(reference.starts_with("#") || reference.starts_with("data:image/")) << reference;
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(EvalPage, EveryReferenceHasOneTarget) {
  const std::string html = EvalPage(MakeFullEvalReport());
  const std::vector<std::string> ids = AllMatches(html, " id=\"([^\"]+)\"");
  const std::set<std::string> different(ids.begin(), ids.end());
  EXPECT_EQ(different.size(), ids.size());
  for (const std::string& target : AllMatches(html, "href=\"#([^\"]+)\"")) {
    EXPECT_TRUE(different.contains(target)) << target;
  }
}

TEST(EvalPage, EveryPictureIsInThePageOnce) {
  const EvalReport report = MakeFullEvalReport();
  const std::string html = EvalPage(report);
  std::set<std::string> different;
  for (const ShownItem& item : report.items) {
    if (item.thumbnail.rgb.empty()) continue;
    const std::string uri = JpegDataUri(item.thumbnail);
    EXPECT_EQ(CountOf(html, uri), 1u) << item.sku;
    different.insert(uri);
  }
  EXPECT_EQ(different.size(), 5u);
  EXPECT_EQ(CountOf(html, "data:image/"), 5u);
  EXPECT_GE(CountOf(html, "href=\"#t0\""), 3u);  // two maps and an example
  EXPECT_THAT(html, HasSubstr("no photograph of sku5"));
}

TEST(EvalPage, ExamplesSayWhatIsAlikeInWords) {
  const std::string html = WithPlainBlanks(EvalPage(MakeFullEvalReport()));
  EXPECT_EQ(CountOf(html, "✓ alike"), 1u);
  EXPECT_EQ(CountOf(html, "✗ unlike"), 2u);
  for (const char* part : {"average precision 98.7 %", "average precision 4.3 %", ">0.12<",
                           ">0.34<", ">1.50<", "Best queries", "Worst queries", ">label2</div>"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
  EXPECT_LT(html.find("Best queries"), html.find("Worst queries"));
}

TEST(EvalPage, ComparesModels) {
  const std::string html = WithPlainBlanks(EvalPage(MakeFullEvalReport()));
  const std::string part = html.substr(html.find("id=\"compare\""));
  EXPECT_THAT(part, HasSubstr("<th>first<small>learned masks, begun on slices</small></th>"));
  EXPECT_THAT(part, HasSubstr("<th>second<small>3 specialists</small></th>"));
  EXPECT_THAT(part, HasSubstr("<td class=\"least\">5.7 %"));
  EXPECT_THAT(part, HasSubstr("<td>22.2 %"));
  EXPECT_THAT(part, HasSubstr("<details><summary>second</summary>"));
  EvalReport alike = MakeFullEvalReport();
  alike.models[1].path = "others/first.csn";
  alike.models.push_back(alike.models[1]);
  const std::string named = EvalPage(alike);
  for (const char* name :
       {">models/first.csn<small>", ">others/first.csn<small>", ">others/first.csn (2)<small>"}) {
    EXPECT_THAT(named, HasSubstr(name));
  }
}

TEST(EvalPage, ModelsThatLackANotionHaveDashes) {
  EvalReport report = MakeFullEvalReport();
  EvaluatedModel& second = report.models[1];
  second.notions.pop_back();
  second.leakage.clear();
  const std::string html = EvalPage(report);
  const std::string part = html.substr(html.find("id=\"compare\""));
  EXPECT_THAT(part, HasSubstr("<td>–</td></tr>"));
}

TEST(EvalPage, LeavesOutWhatIsNotThere) {
  const std::string html = EvalPage(MakeEvalReport({.notions = 1}));
  for (const char* id : {"compare", "triplets", "leakage", "maps", "queries", "probes", "others"}) {
    EXPECT_THAT(html, Not(HasSubstr(fmt::format("id=\"{}\"", id))));
    EXPECT_THAT(html, Not(HasSubstr(fmt::format("href=\"#{}\"", id))));
  }
  for (const char* id : {"notions", "masks", "training", "definitions"}) {
    EXPECT_THAT(html, HasSubstr(fmt::format("id=\"{}\"", id)));
  }
  EXPECT_THAT(html, Not(HasSubstr("Numeric notions")));
  EXPECT_THAT(html, Not(HasSubstr("<symbol")));
  EXPECT_THAT(EvalPage(MakeFullEvalReport()), HasSubstr("id=\"probes\""));
}

TEST(EvalPage, ProbesStandBesideTheBaseline) {
  const std::string html = WithPlainBlanks(EvalPage(MakeFullEvalReport()));
  const std::string part = html.substr(html.find("id=\"probes\""));
  for (const char* text : {">brand<", "61.2 % <span class=\"interval\">(58.7 to 63.4)", ">18.7 %<",
                           "<td>17</td><td>321</td>"}) {
    EXPECT_THAT(part, HasSubstr(text)) << text;
  }
}

}  // namespace
}  // namespace csn
