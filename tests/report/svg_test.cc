// The pieces of plots: where values come to stand, and what stands beside them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "base/random.h"
#include "tests/support/eval_world.h"
#include "tests/support/test_support.h"
#include "tools/report/svg_dots.h"
#include "tools/report/svg_heat.h"
#include "tools/report/svg_lines.h"

namespace csn {
namespace {

using test::AllMatches;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Scale, LinearIsProportionalAndStopsAtItsEnds) {
  const Scale up = Scale::Linear(0, 4, 200, 100);
  EXPECT_DOUBLE_EQ(up.At(0), 200);
  EXPECT_DOUBLE_EQ(up.At(1), 175);
  EXPECT_DOUBLE_EQ(up.At(4), 100);
  EXPECT_DOUBLE_EQ(up.At(9), 100);
  EXPECT_DOUBLE_EQ(up.At(-1), 200);
  EXPECT_DOUBLE_EQ(Scale::Linear(3, 3, 0, 10).At(3), 5);
}

TEST(Scale, LogarithmicPutsEqualFactorsEquallyFarApart) {
  const Scale scale = Scale::Logarithmic(10, 10'000, 0, 300);
  EXPECT_NEAR(scale.At(100), 100, 1e-9);
  EXPECT_NEAR(scale.At(1000), 200, 1e-9);
  EXPECT_THAT(scale.Ticks(4),
              ElementsAre(testing::DoubleNear(10, 1e-6), testing::DoubleNear(100, 1e-6),
                          testing::DoubleNear(1000, 1e-6), testing::DoubleNear(10'000, 1e-6)));
  EXPECT_EQ(scale.Ticks(10).size(), 10u);  // 10, 20, 50, ..., 10000
}

TEST(Scale, TicksAreRoundWithinTheScaleAndNotTooMany) {
  Rng rng(20260101);
  for (int round = 0; round < 500; ++round) {
    const double low = rng.Uniform(-5, 5), high = low + std::pow(10, rng.Uniform(-4, 4));
    const int most = static_cast<int>(2 + rng.Below(9));
    const std::vector<double> ticks = Scale::Linear(low, high, 0, 1).Ticks(most);
    ASSERT_LE(ticks.size(), static_cast<size_t>(most)) << "round " << round;
    for (size_t i = 0; i < ticks.size(); ++i) {
      EXPECT_GE(ticks[i], low - 1e-6 * (high - low));
      EXPECT_LE(ticks[i], high + 1e-6 * (high - low));
      if (i == 0) continue;
      const double step = ticks[i] - ticks[i - 1];
      const double round_step = std::stod(fmt::format("{:.0e}", step));
      EXPECT_NEAR(step / round_step, 1, 1e-6);
      EXPECT_THAT(fmt::format("{:.0e}", step)[0], testing::AnyOf('1', '2', '5'));
      EXPECT_NEAR(std::remainder(ticks[i], round_step) / round_step, 0, 1e-6);
    }
  }
}

TEST(Scale, RoundUpIsTheNextRoundNumber) {
  EXPECT_DOUBLE_EQ(RoundUp(0.17), 0.2);
  EXPECT_DOUBLE_EQ(RoundUp(0.2), 0.2);
  EXPECT_DOUBLE_EQ(RoundUp(0.21), 0.5);
  EXPECT_DOUBLE_EQ(RoundUp(51), 100);
  EXPECT_DOUBLE_EQ(RoundUp(0), 1);
}

TEST(SvgText, FiguresReadWell) {
  EXPECT_EQ(PercentText(0.1234), "12.3\u00a0%");
  EXPECT_EQ(PercentText(kNan), "–");
  EXPECT_EQ(PercentTick(0.1, 0.1), "10 %");
  EXPECT_EQ(PercentTick(0.005, 0.005), "0.5 %");
  EXPECT_EQ(PercentTick(0, 0.05), "0 %");
  EXPECT_EQ(ShortNumber(20'000), "20k");
  EXPECT_EQ(ShortNumber(1'500'000), "1.5M");
  EXPECT_EQ(ShortNumber(0.05), "0.05");
}

TEST(SvgText, IsEscapedAndCut) {
  SvgDrawing drawing(100, 20, 100, "a \"b\" <c>");
  drawing.Label(0, 0, "<b>&amp; a name that is far too long</b>", 60);
  const std::string svg = drawing.Finish();
  EXPECT_THAT(svg, HasSubstr("aria-label=\"a &quot;b&quot; &lt;c&gt;\""));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(
      svg, HasSubstr("…<title>&lt;b&gt;&amp;amp; a name that is far too long&lt;/b&gt;</title>"));
}

DotPlot TwoGroups() {
  return {.name = "n",
          .axis = "error",
          .chance = 0.5,
          .groups = {{.title = "first",
                      .rows = {{.label = "a", .share = {0.1, 0.05, 0.2}, .colour = "red"},
                               {.label = "b", .share = {0.4, 0.38, 0.41}, .colour = "red"}}},
                     {.title = "second",
                      .rows = {{.label = "a", .share = {kNan, 0, 0}, .colour = "red"},
                               {.label = "b", .share = {0.25, 0.25, 0.25}, .colour = "red"}}}}};
}

// cx is an affine function of the value, and whiskers reach from low to high by the same one.
TEST(DotPlot, MarksStandWhereTheirValuesAre) {
  const std::string svg = FormatDotPlot(TwoGroups());
  const std::vector<std::string> cx = AllMatches(svg, R"re(<circle[^>]* cx="([0-9.]+)")re");
  ASSERT_EQ(cx.size(), 3u);  // what is not a number is not drawn
  const double at_10 = std::stod(cx[0]), at_40 = std::stod(cx[1]), at_25 = std::stod(cx[2]);
  EXPECT_NEAR(at_25, (at_10 + at_40) / 2, 0.02);
  const double share = (at_40 - at_10) / 0.3;
  const std::regex whisker(R"re(class="whisker"[^>]* d="M([0-9.]+) [^H]*H([0-9.]+)m)re");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(svg, match, whisker));
  EXPECT_NEAR(std::stod(match[1]), at_10 - 0.05 * share, 0.05);
  EXPECT_NEAR(std::stod(match[2]), at_10 + 0.10 * share, 0.05);
  EXPECT_EQ(AllMatches(svg, "(class=\"whisker\")").size(), 2u);  // none where low = high
  const std::vector<std::string> cy = AllMatches(svg, R"re(<circle[^>]* cy="([0-9.]+)")re");
  EXPECT_LT(std::stod(cy[0]), std::stod(cy[1]));
  EXPECT_LT(std::stod(cy[1]), std::stod(cy[2]));
}

TEST(DotPlot, TicksStandWhereTheirValuesAre) {
  const std::string svg = FormatDotPlot(TwoGroups());
  const double at_10 = std::stod(
      AllMatches(svg, R"re(x="([0-9.]+)" y="[0-9.]+" text-anchor="middle">10 %<)re").at(0));
  const double at_40 = std::stod(
      AllMatches(svg, R"re(x="([0-9.]+)" y="[0-9.]+" text-anchor="middle">40 %<)re").at(0));
  const std::vector<std::string> cx = AllMatches(svg, R"re(<circle[^>]* cx="([0-9.]+)")re");
  EXPECT_NEAR(std::stod(cx.at(0)), at_10, 0.02);
  EXPECT_NEAR(std::stod(cx.at(1)), at_40, 0.02);
}

TEST(DotPlot, ChanceIsLeftOutBeyondTheAxis) {
  DotPlot plot = TwoGroups();
  EXPECT_THAT(FormatDotPlot(plot), HasSubstr("class=\"chance\""));
  plot.groups[0].rows[1].share = {0.12, 0.11, 0.13};
  plot.groups[1].rows[1].share = {0.12, 0.11, 0.13};
  EXPECT_THAT(FormatDotPlot(plot), Not(HasSubstr("class=\"chance\"")));
}

LinePlot LogPlot() {
  LinePlot plot;
  plot.logarithmic_x = true;
  LineSeries series;
  series.colour = "red";
  for (const double x : {100.0, 1000.0, 10'000.0}) {
    series.points.push_back({.x = x, .y = {50 / x, 40 / x, 60 / x}, .marked = true});
  }
  plot.series.push_back(series);
  return plot;
}

TEST(LinePlot, LogarithmicXAndUprightY) {
  const std::string svg = FormatLinePlot(LogPlot());
  const std::vector<std::string> cx = AllMatches(svg, R"re(<circle[^>]* cx="([0-9.]+)")re");
  const std::vector<std::string> cy = AllMatches(svg, R"re(<circle[^>]* cy="([0-9.]+)")re");
  ASSERT_EQ(cx.size(), 3u);
  EXPECT_NEAR(std::stod(cx[1]) - std::stod(cx[0]), std::stod(cx[2]) - std::stod(cx[1]), 0.03);
  EXPECT_GT(std::stod(cx[1]), std::stod(cx[0]) + 50);
  // 50 %, 5 %, 0.5 %: the first step down is ten times the second.
  EXPECT_NEAR((std::stod(cy[1]) - std::stod(cy[0])) / (std::stod(cy[2]) - std::stod(cy[1])), 10,
              0.1);
  for (const char* tick : {">100<", ">1000<", ">10k<", ">0 %<", ">40 %<"}) {
    EXPECT_THAT(svg, HasSubstr(tick));
  }
}

TEST(LinePlot, CurvesPassThroughTheirMarks) {
  const std::string svg = FormatLinePlot(LogPlot());
  const std::string path = AllMatches(svg, R"re(class="curve"[^>]* d="([^"]+)")re").at(0);
  std::string expected;
  const std::vector<std::string> cx = AllMatches(svg, R"re(<circle[^>]* cx="([0-9.]+)")re");
  const std::vector<std::string> cy = AllMatches(svg, R"re(<circle[^>]* cy="([0-9.]+)")re");
  for (size_t i = 0; i < cx.size(); ++i) expected += (i == 0 ? "M" : "L") + cx[i] + " " + cy[i];
  EXPECT_EQ(path, expected);
}

TEST(LinePlot, NothingToDrawIsNothing) {
  LinePlot plot = LogPlot();
  for (LinePoint& point : plot.series[0].points) point.y.value = kNan;
  EXPECT_EQ(FormatLinePlot(plot), "");
  plot.series.clear();
  EXPECT_EQ(FormatLinePlot(plot), "");
}

double Channel(const std::string& colour, size_t position) {
  const double c = std::stoi(colour.substr(position, 2), nullptr, 16) / 255.0;
  return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

// Of "rrggbb", by WCAG's formula.
double Luminance(const std::string& colour) {
  return 0.2126 * Channel(colour, 0) + 0.7152 * Channel(colour, 2) + 0.0722 * Channel(colour, 4);
}

TEST(HeatStyle, WordsStandOutFromEveryLevelInLightAndDark) {
  const std::string style = HeatStyle();
  const std::vector<std::string> fields =
      AllMatches(style, R"re(\.q\d+ \{ fill: #([0-9a-f]{6}))re");
  const std::vector<std::string> words =
      AllMatches(style, R"re(\.on\d+ \{ fill: #([0-9a-f]{6}))re");
  ASSERT_EQ(fields.size(), 2u * kHeatLevels);
  ASSERT_EQ(words.size(), fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const double a = Luminance(fields[i]), b = Luminance(words[i]);
    EXPECT_GE((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05), 4.5) << fields[i];
    if (i % kHeatLevels == 0) continue;
    // Light grows darker, dark grows lighter, all the way.
    const double before = Luminance(fields[i - 1]);
    EXPECT_TRUE(i < kHeatLevels ? a < before : a > before) << fields[i];
  }
}

TEST(HeatLevel, GrowsWithTheShareAndStopsAtItsEnds) {
  EXPECT_EQ(HeatLevel(-0.5), 0);
  EXPECT_EQ(HeatLevel(kNan), 0);
  EXPECT_EQ(HeatLevel(0.5), (kHeatLevels - 1) / 2);
  EXPECT_EQ(HeatLevel(1), kHeatLevels - 1);
  EXPECT_EQ(HeatLevel(7), kHeatLevels - 1);
}

}  // namespace
}  // namespace csn
