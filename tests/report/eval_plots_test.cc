// What the evaluation page draws: maps, fields and curves that follow the figures.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "base/random.h"
#include "tests/support/eval_world.h"
#include "tests/support/test_support.h"
#include "tools/report/eval_page.h"
#include "tools/report/eval_sections.h"

namespace csn {
namespace {

using test::AllMatches;
using test::CountOf;
using test::MakeEvalReport;
using test::MakeFullEvalReport;
using test::WithPlainBlanks;
using testing::HasSubstr;
using testing::Not;

// With no picture to show every point is a spot: its place is an affine function of x and y.
TEST(EvalPage, PointsOfAMapStandWhereTheyAre) {
  EvalReport report = MakeEvalReport();
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
  const std::vector<std::string> cx = AllMatches(svg, R"re(<circle cx="([0-9.]+)")re");
  const std::vector<std::string> cy = AllMatches(svg, R"re(<circle cx="[0-9.]+" cy="([0-9.]+)")re");
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
  EvalReport report = MakeFullEvalReport();
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
  EXPECT_THAT(WithPlainBlanks(svg), HasSubstr("The plane shows 73.1 % of the subspace"));
}

// Eight labels have colours, the rest are "others"; numbers go by steps, in order.
TEST(EvalPage, LegendsOfMapsCountEveryPoint) {
  EvalReport report = MakeEvalReport();
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
  const std::vector<std::string> labels = AllMatches(maps.substr(0, second), pattern);
  ASSERT_EQ(labels.size(), 9u);
  EXPECT_EQ(labels[0], "kind00 <span>6");
  EXPECT_EQ(labels[8], "others <span>" + std::to_string(60 - 4 * 6 - 4 * 5));
  EXPECT_EQ(sum(labels), 60);
  const std::vector<std::string> numbers = AllMatches(maps.substr(second), pattern);
  ASSERT_EQ(numbers.size(), 6u);
  EXPECT_TRUE(numbers[0].starts_with("0 to 10 ")) << numbers[0];
  EXPECT_TRUE(numbers[4].ends_with("12")) << numbers[4];
  EXPECT_EQ(numbers[5], "missing <span>1");
  EXPECT_EQ(sum(numbers), 60);
}

TEST(EvalPage, LeakageHasEveryNumberAndTheWholeEmbedding) {
  EvalReport report = MakeEvalReport();
  report.models[0].leakage[0][2] = 0.1234;
  report.models[0].leakage[2][0] = 0.4321;
  const std::string html = WithPlainBlanks(EvalPage(report));
  const size_t begin = html.find("id=\"leakage\"");
  const std::string part = html.substr(begin, html.find("</section>", begin) - begin);
  const std::vector<std::string> numbers = AllMatches(part, "class=\"on[0-9]+\"[^>]*>([0-9.]+) %<");
  EXPECT_EQ(numbers, (std::vector<std::string>{"3.1", "45.0", "12.3", "45.0", "5.1", "45.0", "43.2",
                                               "45.0", "7.1", "13.1", "15.1", "17.1"}));
  EXPECT_EQ(CountOf(part, " framed\""), 3u);
  EXPECT_THAT(part, HasSubstr(">whole embedding<"));
}

// Sorted by owner, three notions of four dimensions each are blocks on the diagonal.
TEST(EvalPage, MasksAreSortedIntoBlocks) {
  const std::string html = EvalPage(MakeEvalReport());
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
  EXPECT_EQ(CountOf(part, ">12 of 12 live<"), 3u);
  EXPECT_EQ(AllMatches(part, "class=\"owner\"[^>]*><title>[^<]*(: 4 dimensions)<").size(), 3u);
}

TEST(EvalPage, MasksOfSpecialistsStayLegible) {
  const std::string html = EvalPage(MakeEvalReport({.notions = 4, .networks = 4, .dim = 256}));
  EXPECT_THAT(html, HasSubstr("4 specialists"));
  EXPECT_EQ(CountOf(html, ">64 of 256 live<"), 4u);
  EXPECT_THAT(html, HasSubstr(">best epochs</span> 3, 5, 5, 5 of 5"));
  EXPECT_THAT(html, HasSubstr("loss, mean of the networks"));
}

TEST(EvalPage, WithoutMasksItSaysSo) {
  EvalReport report = MakeEvalReport();
  Matrix ones(3, 12);
  std::fill_n(ones.data(), 36, 1.0F);
  report.models[0].header.masks = MaskTable(std::move(ones));
  const std::string html = EvalPage(report);
  EXPECT_THAT(html, HasSubstr("No masks: every notion is measured in the whole embedding of 12"));
  EXPECT_THAT(html, Not(HasSubstr("class=\"weight")));
}

TEST(EvalPage, TrainingCurvesFollowTheHistory) {
  const std::string html = EvalPage(MakeEvalReport());
  const std::string part = html.substr(html.find("id=\"training\""));
  const std::vector<std::string> curves = AllMatches(part, "class=\"curve\"[^>]* d=\"([^\"]+)\"");
  ASSERT_EQ(curves.size(), 4u);  // three notions and the loss
  for (const std::string& curve : curves) {
    EXPECT_EQ(CountOf(curve, "L"), 4u) << curve;
    double above = 0;  // errors fall: y grows downwards
    for (const std::string& y : AllMatches(curve, "[ML][0-9.]+ ([0-9.]+)")) {
      EXPECT_GT(std::stod(y), above) << curve;
      above = std::stod(y);
    }
  }
  EXPECT_THAT(part, HasSubstr("best: epoch 5"));
}

TEST(EvalPage, ShortHistoriesAreSaidInWords) {
  EXPECT_THAT(EvalPage(MakeEvalReport({.epochs = 0})),
              HasSubstr("holds no history of its training"));
  const std::string one = WithPlainBlanks(EvalPage(MakeEvalReport({.epochs = 1})));
  EXPECT_THAT(one, HasSubstr("The history is a single epoch, 1: loss 1, triplet error of notion0 "
                             "40.0 %, triplet error of notion1 41.0 %"));
  EXPECT_THAT(one, Not(HasSubstr("class=\"curve")));
}

// A mask added later is a notion that the history does not know.
TEST(EvalPage, HistoriesMayKnowFewerNotions) {
  EvalReport report = MakeEvalReport();
  for (EpochRecord& epoch : report.models[0].header.training.history) {
    epoch.triplet_error.pop_back();
    epoch.live_dims.pop_back();
  }
  const std::string html = EvalPage(report);
  EXPECT_EQ(CountOf(html.substr(html.find("id=\"training\"")), "class=\"curve\""), 3u);
}

TEST(TripletPoints, AreThoseOfModelsTrainedOnFixedTriplets) {
  EvalReport report = MakeFullEvalReport();
  EXPECT_TRUE(TripletPoints(report).empty());
  ASSERT_EQ(report.models.size(), 2u);
  report.models[1].header.training.fixed_triplets = 5'000;
  const std::vector<TripletPoint> points = TripletPoints(report);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].triplets, 5'000u);
  EXPECT_EQ(points[0].error.value, report.models[1].pooled_error.value);
  report.models[0].header.training.fixed_triplets = 500;
  EXPECT_THAT(EvalPage(report), HasSubstr("Error against number of triplets"));
}

TEST(TripletsHtml, DrawsSystemsOverALogarithmicAxis) {
  const std::string html = TripletsHtml({{"csn", 10'000, {0.1, 0.09, 0.11}},
                                         {"none", 1'000, {0.4, 0.39, 0.41}},
                                         {"csn", 1'000, {0.2, 0.19, 0.21}},
                                         {"csn", 100, {0.3, 0.29, 0.31}}});
  const std::vector<std::string> curves = AllMatches(html, "class=\"curve\"[^>]* d=\"([^\"]+)\"");
  ASSERT_EQ(curves.size(), 2u);
  const std::vector<std::string> x = AllMatches(curves[0], "[ML]([0-9.]+) ");
  ASSERT_EQ(x.size(), 3u);
  EXPECT_NEAR(std::stod(x[1]) - std::stod(x[0]), std::stod(x[2]) - std::stod(x[1]), 0.03);
  EXPECT_EQ(AllMatches(curves[1], "[ML]([0-9.]+) "), (std::vector<std::string>{x[1]}));
  EXPECT_EQ(TripletsHtml({{"csn", 100, {0.1, 0.1, 0.1}}, {"none", 100, {0.2, 0.2, 0.2}}}), "");
  EXPECT_EQ(TripletsHtml({}), "");
}

}  // namespace
}  // namespace csn
