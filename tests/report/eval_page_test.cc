#include "tools/report/eval_page.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <regex>
#include <set>

#include "base/random.h"
#include "tests/support/test_support.h"
#include "tools/report/eval_sections.h"
#include "tools/report/html.h"

namespace csn {
namespace {

using test::TestImage;
using testing::HasSubstr;
using testing::Not;

constexpr char kHostile[] = "<script>alert('x')</script>\"&";

std::vector<std::string> All(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

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

struct World {
  size_t notions = 3;
  int networks = 1;
  size_t dim = 12;
  size_t epochs = 5;
  std::string prefix = "notion";  // of names
};

RankingScores MakeRanking(double at, bool numeric) {
  RankingScores scores{.mean_average_precision = at,
                       .precision = {at + 0.01, at + 0.02, at + 0.03},
                       .recall = {at / 10, at / 5, at / 2},
                       .ndcg = {},
                       .mean_absolute_difference = {}};
  if (numeric) {
    scores.ndcg = {0.811, 0.822, 0.833};
    scores.mean_absolute_difference = {1.271, 1.282, 1.293};
  }
  return scores;
}

NotionScores MakeScores(const Notion& notion, size_t c) {
  const double error = 0.031 + 0.02 * static_cast<double>(c);
  const bool numeric = notion.kind == NotionKind::kNumeric;
  return {.notion = notion,
          .queries = 70 + c,
          .triplets = 12'345 + c,
          .live_dims = static_cast<int>(c) + 2,
          .triplet_error = {error, error - 0.01, error + 0.01},
          .whole_error = {error + 0.1, error + 0.09, error + 0.12},
          .masked = MakeRanking(0.7, numeric),
          .whole = MakeRanking(0.5, numeric),
          .chance = MakeRanking(0.1, numeric),
          .precision_at_10 = {0.72, 0.69, 0.75}};
}

// Weights that differ: notion c weighs every dimension k with k % C == c most.
MaskTable MakeMasks(const World& world) {
  Matrix weights(world.notions, world.dim);
  for (size_t c = 0; c < world.notions; ++c) {
    for (size_t k = 0; k < world.dim; ++k) {
      const bool own =
          world.networks > 1 ? k / (world.dim / world.notions) == c : k % world.notions == c;
      weights.Row(c)[k] = own ? 1.0F : world.networks > 1 ? 0.0F : 0.25F;
    }
  }
  return MaskTable(std::move(weights));
}

TrainingRecord MakeTraining(const World& world) {
  TrainingRecord training;
  training.images = 1'234'567;
  training.recipe = "default";
  for (size_t i = 1; i <= world.epochs; ++i) {
    EpochRecord epoch;
    epoch.epoch = static_cast<int64_t>(i);
    epoch.loss = 1.0 / static_cast<double>(i);
    for (size_t c = 0; c < world.notions; ++c) {
      epoch.triplet_error.push_back(0.4 / static_cast<double>(i) + 0.01 * static_cast<double>(c));
      epoch.live_dims.push_back(4);
    }
    training.history.push_back(epoch);
  }
  if (world.epochs == 0) return training;
  const auto last = static_cast<int64_t>(world.epochs);
  training.best_epochs.assign(static_cast<size_t>(world.networks), last);
  if (world.networks > 1) training.best_epochs.front() = std::max<int64_t>(last - 2, 1);
  return training;
}

EvaluatedModel MakeModel(const World& world, const std::string& path) {
  EvaluatedModel model;
  model.path = path;
  model.header.id = "0123456789abcdef0123";
  model.header.networks = world.networks;
  for (size_t c = 0; c < world.notions; ++c) {
    Notion notion{.name = world.prefix + std::to_string(c), .column = "column" + std::to_string(c)};
    if (c % 3 == 2) {
      notion.kind = NotionKind::kNumeric;
      notion.near = 0.5;
      notion.far = 2;
    }
    model.header.notions.push_back(notion);
    model.notions.push_back(MakeScores(notion, c));
    model.leakage.emplace_back(world.notions, 0.45);
    model.leakage.back()[c] = model.notions.back().triplet_error.value;
  }
  model.header.masks = MakeMasks(world);
  model.header.training = MakeTraining(world);
  model.pooled_error = {0.0567, 0.0512, 0.0623};
  return model;
}

EvalReport MakeReport(const World& world = {}) {
  EvalReport report;
  report.title = "shoes";
  report.command = "csn_eval --model 'a b.csn'";
  report.made_by = "csn_eval 9.9";
  report.catalogue = "shoes/catalogue.csv";
  report.triplets = "drawn from labels";
  report.seed = 77;
  report.test_items = 4321;
  report.ks = {1, 10, 100};
  report.models.push_back(MakeModel(world, "models/first.csn"));
  return report;
}

// Items whose thumbnails all differ, in two maps and two rows of examples; the last has none.
void AddPictures(EvalReport& report, size_t items) {
  for (size_t i = 0; i < items; ++i) {
    ShownItem item{.sku = "sku" + std::to_string(i), .labels = {}, .thumbnail = {}};
    for (size_t c = 0; c < report.models[0].notions.size(); ++c) {
      item.labels.push_back("label" + std::to_string(i % 3));
    }
    if (i + 1 < items) item.thumbnail = TestImage(40, 30, static_cast<int>(7 * i % 256));
    report.items.push_back(item);
  }
  for (const size_t notion : {size_t{0}, size_t{1}}) {
    SubspaceMap map{.notion = notion, .explained = 0.731, .points = {}};
    for (size_t i = 0; i < items; ++i) {
      map.points.push_back({.x = static_cast<float>(i) / static_cast<float>(items - 1),
                            .y = static_cast<float>(i % 2),
                            .item = i});
    }
    report.maps.push_back(map);
  }
  QueryExamples examples{.notion = 1, .best = {}, .worst = {}};
  examples.best.push_back({.item = 0,
                           .average_precision = 0.987,
                           .hits = {{.item = 1, .distance = 0.12, .relevant = true},
                                    {.item = 2, .distance = 0.34, .relevant = false}}});
  examples.worst.push_back({.item = 3,
                            .average_precision = 0.043,
                            .hits = {{.item = items - 1, .distance = 1.5, .relevant = false}}});
  report.examples.push_back(examples);
}

EvalReport FullReport() {
  EvalReport report = MakeReport();
  AddPictures(report, 6);
  report.models.push_back(MakeModel({.networks = 3}, "models/second.csn"));
  report.models[1].pooled_error = {0.2222, 0.21, 0.23};
  report.models[0].probes = {{.column = "brand",
                              .items = 321,
                              .classes = 17,
                              .accuracy = {0.612, 0.587, 0.634},
                              .majority = 0.187}};
  return report;
}

// What HTML would show, blanks that do not break as plain ones.
std::string Plain(std::string html) {
  for (const std::string& blank : {std::string("\u00a0"), std::string("&nbsp;")}) {
    for (size_t at = html.find(blank); at != std::string::npos; at = html.find(blank, at)) {
      html.replace(at, blank.size(), " ");
    }
  }
  return html;
}

TEST(EvalPage, TagsAreNestedWhateverIsInTheReport) {
  EvalReport nothing;
  EvalReport bare = MakeReport({.notions = 1, .epochs = 0});
  for (const EvalReport& report :
       {nothing, bare, MakeReport({.notions = 12, .dim = 768}),
        MakeReport({.notions = 4, .networks = 4, .dim = 256, .epochs = 1}), FullReport()}) {
    EXPECT_EQ(NestingFault(EvalPage(report)), "");
  }
  EXPECT_NE(NestingFault("<p><b></p>"), "");  // the check itself can fail
}

TEST(EvalPage, SaysWhatWasMeasured) {
  const std::string html = Plain(EvalPage(FullReport()));
  for (const char* part :
       {"<h1>shoes</h1>", "models/first.csn", ">id</span> 0123456789ab<", "0123456789abcdef0123",
        "shoes/catalogue.csv", "4,321", "drawn from labels", ">seed</span> 77", "1,234,567",
        ">best epoch</span> 5 of 5", "csn_eval --model &#39;a b.csn&#39;", "csn_eval 9.9",
        "<p class=\"big\">5.7 %</p>", "95 % interval 5.1 % to 6.2 %", "Chance is 50 %"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
}

TEST(EvalPage, EveryNotionHasItsFigures) {
  const EvalReport report = FullReport();
  const std::string html = Plain(EvalPage(report));
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
  EvalReport report = MakeReport();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  report.models[0].pooled_error = report.models[0].notions[0].triplet_error = {nan, nan, nan};
  report.models[0].notions[1].masked.precision.clear();
  const std::string html = EvalPage(report);
  EXPECT_THAT(html, HasSubstr("No triplet could be measured"));
  EXPECT_THAT(html, HasSubstr("<td>–</td>"));
  for (const char* part : {">nan", "\"nan", "-nan", "inf"}) {
    EXPECT_EQ(All(html, std::string("(") + part + "[ %<\"])").size(), 0u) << part;
  }
}

TEST(EvalPage, HostileTextStaysText) {
  EvalReport report = FullReport();
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
  const std::string html = EvalPage(FullReport());
  for (const char* part : {"<script", "http:", "https:", "<link", "url(", "@import",
                           "javascript:", " onload", " onclick"}) {
    EXPECT_THAT(html, Not(HasSubstr(part))) << part;
  }
  for (const std::string& reference : All(html, "(?:href|src)=\"([^\"]{1,12})")) {
    EXPECT_TRUE(reference.starts_with("#") || reference.starts_with("data:image/")) << reference;
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
}

TEST(EvalPage, EveryReferenceHasOneTarget) {
  const std::string html = EvalPage(FullReport());
  const std::vector<std::string> ids = All(html, " id=\"([^\"]+)\"");
  const std::set<std::string> different(ids.begin(), ids.end());
  EXPECT_EQ(different.size(), ids.size());
  for (const std::string& target : All(html, "href=\"#([^\"]+)\"")) {
    EXPECT_TRUE(different.contains(target)) << target;
  }
}

TEST(EvalPage, EveryPictureIsInThePageOnce) {
  const EvalReport report = FullReport();
  const std::string html = EvalPage(report);
  std::set<std::string> different;
  for (const ShownItem& item : report.items) {
    if (item.thumbnail.rgb.empty()) continue;
    const std::string uri = JpegDataUri(item.thumbnail);
    EXPECT_EQ(Count(html, uri), 1u) << item.sku;
    different.insert(uri);
  }
  EXPECT_EQ(different.size(), 5u);
  EXPECT_EQ(Count(html, "data:image/"), 5u);
  EXPECT_GE(Count(html, "href=\"#t0\""), 3u);  // two maps and an example
  EXPECT_THAT(html, HasSubstr("no photograph of sku5"));
}

// With no picture to show every point is a spot: its place is an affine function of x and y.
TEST(EvalPage, PointsOfAMapStandWhereTheyAre) {
  EvalReport report = MakeReport();
  Rng rng(5);
  SubspaceMap map{.notion = 0, .explained = 0.5, .points = {}};
  for (size_t i = 0; i < 40; ++i) {
    report.items.push_back({.sku = "s", .labels = {"a", "b", "1"}, .thumbnail = {}});
    map.points.push_back({.x = static_cast<float>(rng.Uniform()),
                          .y = static_cast<float>(rng.Uniform()),
                          .item = i});
  }
  map.points.push_back({.x = 0, .y = 1, .item = 0});
  map.points.push_back({.x = 1, .y = 0, .item = 0});
  report.maps = {map};
  const std::string html = EvalPage(report);
  const std::string svg = html.substr(html.find("id=\"maps\""));
  const std::vector<std::string> cx = All(svg, R"re(<circle cx="([0-9.]+)")re");
  const std::vector<std::string> cy = All(svg, R"re(<circle cx="[0-9.]+" cy="([0-9.]+)")re");
  ASSERT_EQ(cx.size(), map.points.size());
  const double left = std::stod(cx[40]), right = std::stod(cx[41]);
  const double bottom = std::stod(cy[40]), top = std::stod(cy[41]);
  EXPECT_GT(right, left + 400);
  EXPECT_GT(bottom, top + 400);
  for (size_t i = 0; i < map.points.size(); ++i) {
    EXPECT_NEAR(std::stod(cx[i]), left + (right - left) * map.points[i].x, 0.02);
    EXPECT_NEAR(std::stod(cy[i]), top + (bottom - top) * map.points[i].y, 0.02);
  }
}

TEST(EvalPage, APictureStandsAtItsPointInItsColour) {
  EvalReport report = FullReport();
  const std::string html = EvalPage(report);
  const std::string svg = html.substr(html.find("id=\"maps\""));
  const std::regex picture(
      R"re(rx="4" fill="(#[0-9a-f]+)"/><rect[^>]*/><use href="#t0" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)")re");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(svg, match, picture));
  // Item 0 is at (0, 0), the drawing's margin is 24.
  EXPECT_NEAR(std::stod(match[2]) + std::stod(match[4]) / 2, 24, 0.1);
  EXPECT_NEAR(std::stod(match[3]) + std::stod(match[4]) / 2, 24, 0.1);
  EXPECT_THAT(svg, HasSubstr("--c:" + std::string(match[1]) + "\"></i>label0 <span>2</span>"));
  EXPECT_THAT(Plain(svg), HasSubstr("The plane shows 73.1 % of the subspace"));
}

// Eight labels have colours, the rest are "others"; numbers go by steps, in order.
TEST(EvalPage, LegendsOfMapsCountEveryPoint) {
  EvalReport report = MakeReport();
  SubspaceMap by_label{.notion = 0, .explained = 0.5, .points = {}};
  for (size_t i = 0; i < 60; ++i) {
    report.items.push_back({.sku = "s",
                            .labels = {i == 59 ? "" : fmt::format("kind{:02}", i % 11), "b",
                                       i == 58 ? "" : std::to_string(i)},
                            .thumbnail = {}});
    by_label.points.push_back({.x = 0, .y = 0, .item = i});
  }
  SubspaceMap by_number = by_label;
  by_number.notion = 2;
  report.maps = {by_label, by_number};
  const std::string html = EvalPage(report);
  const std::string maps = html.substr(html.find("id=\"maps\""));
  const size_t second = maps.find("<figure>", maps.find("<figure>") + 1);
  const std::string pattern = "</i>([^<]+ <span>[0-9]+)</span></li>";
  const auto sum = [](const std::vector<std::string>& keys) {
    int total = 0;
    for (const std::string& key : keys) total += std::stoi(key.substr(key.find('>') + 1));
    return total;
  };
  const std::vector<std::string> labels = All(maps.substr(0, second), pattern);
  ASSERT_EQ(labels.size(), 9u);
  EXPECT_EQ(labels[0], "kind00 <span>6");
  EXPECT_EQ(labels[8], "others <span>" + std::to_string(60 - 4 * 6 - 4 * 5));
  EXPECT_EQ(sum(labels), 60);
  const std::vector<std::string> numbers = All(maps.substr(second), pattern);
  ASSERT_EQ(numbers.size(), 6u);
  EXPECT_TRUE(numbers[0].starts_with("0 to 10 ")) << numbers[0];
  EXPECT_TRUE(numbers[4].ends_with("12")) << numbers[4];
  EXPECT_EQ(numbers[5], "missing <span>1");
  EXPECT_EQ(sum(numbers), 60);
}

TEST(EvalPage, ExamplesSayWhatIsAlikeInWords) {
  const std::string html = Plain(EvalPage(FullReport()));
  EXPECT_EQ(Count(html, "✓ alike"), 1u);
  EXPECT_EQ(Count(html, "✗ unlike"), 2u);
  for (const char* part : {"average precision 98.7 %", "average precision 4.3 %", ">0.12<",
                           ">0.34<", ">1.50<", "Best queries", "Worst queries", ">label2</div>"}) {
    EXPECT_THAT(html, HasSubstr(part)) << part;
  }
  EXPECT_LT(html.find("Best queries"), html.find("Worst queries"));
}

TEST(EvalPage, ComparesModels) {
  const std::string html = Plain(EvalPage(FullReport()));
  const std::string part = html.substr(html.find("id=\"compare\""));
  EXPECT_THAT(part, HasSubstr("<th>first<small>learned masks, begun on slices</small></th>"));
  EXPECT_THAT(part, HasSubstr("<th>second<small>3 specialists</small></th>"));
  EXPECT_THAT(part, HasSubstr("<td class=\"least\">5.7 %"));
  EXPECT_THAT(part, HasSubstr("<td>22.2 %"));
  EXPECT_THAT(part, HasSubstr("<details><summary>second</summary>"));
  EvalReport alike = FullReport();
  alike.models[1].path = "others/first.csn";
  alike.models.push_back(alike.models[1]);
  const std::string named = EvalPage(alike);
  for (const char* name :
       {">models/first.csn<small>", ">others/first.csn<small>", ">others/first.csn (2)<small>"}) {
    EXPECT_THAT(named, HasSubstr(name));
  }
}

TEST(EvalPage, ModelsThatLackANotionHaveDashes) {
  EvalReport report = FullReport();
  EvaluatedModel& second = report.models[1];
  second.notions.pop_back();
  second.leakage.clear();
  const std::string html = EvalPage(report);
  const std::string part = html.substr(html.find("id=\"compare\""));
  EXPECT_THAT(part, HasSubstr("<td>–</td></tr>"));
}

TEST(EvalPage, LeakageHasEveryNumberAndTheWholeEmbedding) {
  EvalReport report = MakeReport();
  report.models[0].leakage[0][2] = 0.1234;
  report.models[0].leakage[2][0] = 0.4321;
  const std::string html = Plain(EvalPage(report));
  const size_t begin = html.find("id=\"leakage\"");
  const std::string part = html.substr(begin, html.find("</section>", begin) - begin);
  const std::vector<std::string> numbers = All(part, "class=\"on[0-9]+\"[^>]*>([0-9.]+) %<");
  EXPECT_EQ(numbers, (std::vector<std::string>{"3.1", "45.0", "12.3", "45.0", "5.1", "45.0", "43.2",
                                               "45.0", "7.1", "13.1", "15.1", "17.1"}));
  EXPECT_EQ(Count(part, " framed\""), 3u);
  EXPECT_THAT(part, HasSubstr(">whole embedding<"));
}

// Sorted by owner, three notions of four dimensions each are blocks on the diagonal.
TEST(EvalPage, MasksAreSortedIntoBlocks) {
  const std::string html = EvalPage(MakeReport());
  const std::string part = html.substr(html.find("id=\"masks\""));
  const std::regex field(
      R"re(class="weight q(\d+)" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)")re");
  std::map<double, std::vector<std::pair<double, double>>> strong;  // y -> x, width
  for (std::sregex_iterator at(part.begin(), part.end(), field), end; at != end; ++at) {
    if ((*at)[1] == "20") {
      strong[std::stod((*at)[3])].emplace_back(std::stod((*at)[2]), std::stod((*at)[4]));
    }
  }
  ASSERT_EQ(strong.size(), 3u);
  double next = strong.begin()->second.at(0).first;
  for (const auto& [y, fields] : strong) {
    ASSERT_EQ(fields.size(), 1u) << y;
    EXPECT_NEAR(fields[0].first, next, 0.02);
    next += fields[0].second;
  }
  EXPECT_EQ(Count(part, ">12 of 12 live<"), 3u);
  EXPECT_EQ(All(part, "class=\"owner\"[^>]*><title>[^<]*(: 4 dimensions)<").size(), 3u);
}

TEST(EvalPage, MasksOfSpecialistsStayLegible) {
  const std::string html = EvalPage(MakeReport({.notions = 4, .networks = 4, .dim = 256}));
  EXPECT_THAT(html, HasSubstr("4 specialists"));
  EXPECT_EQ(Count(html, ">64 of 256 live<"), 4u);
  EXPECT_THAT(html, HasSubstr(">best epochs</span> 3, 5, 5, 5 of 5"));
  EXPECT_THAT(html, HasSubstr("loss, mean of the networks"));
}

TEST(EvalPage, WithoutMasksItSaysSo) {
  EvalReport report = MakeReport();
  Matrix ones(3, 12);
  std::fill_n(ones.data(), 36, 1.0F);
  report.models[0].header.masks = MaskTable(std::move(ones));
  const std::string html = EvalPage(report);
  EXPECT_THAT(html, HasSubstr("No masks: every notion is measured in the whole embedding of 12"));
  EXPECT_THAT(html, Not(HasSubstr("class=\"weight")));
}

TEST(EvalPage, TrainingCurvesFollowTheHistory) {
  const std::string html = EvalPage(MakeReport());
  const std::string part = html.substr(html.find("id=\"training\""));
  const std::vector<std::string> curves = All(part, "class=\"curve\"[^>]* d=\"([^\"]+)\"");
  ASSERT_EQ(curves.size(), 4u);  // three notions and the loss
  for (const std::string& curve : curves) {
    EXPECT_EQ(Count(curve, "L"), 4u) << curve;
    double above = 0;  // errors fall: y grows downwards
    for (const std::string& y : All(curve, "[ML][0-9.]+ ([0-9.]+)")) {
      EXPECT_GT(std::stod(y), above) << curve;
      above = std::stod(y);
    }
  }
  EXPECT_THAT(part, HasSubstr("best: epoch 5"));
}

TEST(EvalPage, ShortHistoriesAreSaidInWords) {
  EXPECT_THAT(EvalPage(MakeReport({.epochs = 0})), HasSubstr("holds no history of its training"));
  const std::string one = Plain(EvalPage(MakeReport({.epochs = 1})));
  EXPECT_THAT(one, HasSubstr("The history is a single epoch, 1: loss 1, triplet error of notion0 "
                             "40.0 %, triplet error of notion1 41.0 %"));
  EXPECT_THAT(one, Not(HasSubstr("class=\"curve")));
}

// A mask added later is a notion that the history does not know.
TEST(EvalPage, HistoriesMayKnowFewerNotions) {
  EvalReport report = MakeReport();
  for (EpochRecord& epoch : report.models[0].header.training.history) {
    epoch.triplet_error.pop_back();
    epoch.live_dims.pop_back();
  }
  const std::string html = EvalPage(report);
  EXPECT_EQ(Count(html.substr(html.find("id=\"training\"")), "class=\"curve\""), 3u);
}

TEST(EvalPage, LeavesOutWhatIsNotThere) {
  const std::string html = EvalPage(MakeReport({.notions = 1}));
  for (const char* id : {"compare", "triplets", "leakage", "maps", "queries", "probes", "others"}) {
    EXPECT_THAT(html, Not(HasSubstr(fmt::format("id=\"{}\"", id))));
    EXPECT_THAT(html, Not(HasSubstr(fmt::format("href=\"#{}\"", id))));
  }
  for (const char* id : {"notions", "masks", "training", "definitions"}) {
    EXPECT_THAT(html, HasSubstr(fmt::format("id=\"{}\"", id)));
  }
  EXPECT_THAT(html, Not(HasSubstr("Numeric notions")));
  EXPECT_THAT(html, Not(HasSubstr("<symbol")));
  EXPECT_THAT(EvalPage(FullReport()), HasSubstr("id=\"probes\""));
}

TEST(EvalPage, ProbesStandBesideTheBaseline) {
  const std::string html = Plain(EvalPage(FullReport()));
  const std::string part = html.substr(html.find("id=\"probes\""));
  for (const char* text : {">brand<", "61.2 % <span class=\"interval\">(58.7 to 63.4)", ">18.7 %<",
                           "<td>17</td><td>321</td>"}) {
    EXPECT_THAT(part, HasSubstr(text)) << text;
  }
}

TEST(TripletsHtml, DrawsSystemsOverALogarithmicAxis) {
  const std::string html = TripletsHtml({{"csn", 10'000, {0.1, 0.09, 0.11}},
                                         {"none", 1'000, {0.4, 0.39, 0.41}},
                                         {"csn", 1'000, {0.2, 0.19, 0.21}},
                                         {"csn", 100, {0.3, 0.29, 0.31}}});
  const std::vector<std::string> curves = All(html, "class=\"curve\"[^>]* d=\"([^\"]+)\"");
  ASSERT_EQ(curves.size(), 2u);
  const std::vector<std::string> x = All(curves[0], "[ML]([0-9.]+) ");
  ASSERT_EQ(x.size(), 3u);
  EXPECT_NEAR(std::stod(x[1]) - std::stod(x[0]), std::stod(x[2]) - std::stod(x[1]), 0.03);
  EXPECT_EQ(All(curves[1], "[ML]([0-9.]+) "), (std::vector<std::string>{x[1]}));
  EXPECT_EQ(TripletsHtml({{"csn", 100, {0.1, 0.1, 0.1}}, {"none", 100, {0.2, 0.2, 0.2}}}), "");
  EXPECT_EQ(TripletsHtml({}), "");
}

}  // namespace
}  // namespace csn
