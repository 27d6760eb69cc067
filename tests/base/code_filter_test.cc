// What codes say of rows, by every instruction set of this machine, against the definition.
#include "base/code_filter.h"

#include <cmath>

#include "base/random.h"
#include "tests/base/instruction_sets.h"
#include "tests/support/hard_rankings.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::Asked;

struct CodeTally {
  size_t worlds = 0, served = 0;
  size_t passed_over = 0, could_be = 0;
};

std::vector<CodesView> Views(const std::vector<RowCodes>& codes) {
  std::vector<CodesView> views;
  for (const RowCodes& of_notion : codes) views.push_back(of_notion.View());
  return views;
}

bool Bit(const std::vector<uint64_t>& within, size_t row) {
  return (within[row / kCodeBlockRows] >> (row % kCodeBlockRows) & 1) != 0;
}

// Holds every row against ceilings of many scores.
void CheckByCodes(const Asked& asked, Rng& rng, CodeTally& tally) {
  const Ranking ranking = asked.ranking();
  const Examples examples = asked.examples();
  Measurer measurer(ranking, examples);
  const ScoreFilter filter(ranking, examples);
  const std::vector<RowCodes> codes = test::CodesOf(asked);
  const std::optional<CodeFilter> by_codes = CodeFilter::Make(ranking, filter, Views(codes));
  ++tally.worlds;
  if (!by_codes) return;
  ++tally.served;
  const size_t n = asked.rows.rows();
  std::vector<double> scores;
  for (size_t i = 0; i < n; ++i) scores.push_back(measurer.Score(asked.rows.Row(i)));
  std::vector<uint64_t> within(by_codes->blocks());
  ASSERT_EQ(within.size(), (n + kCodeBlockRows - 1) / kCodeBlockRows);
  for (size_t round = 0; round < 20; ++round) {
    const double at = scores[rng.Below(n)];
    const double limit = rng.Below(2) == 0 ? at : std::nextafter(at, -1e300);
    by_codes->FindWithin(0, filter.Ceiling(limit), within);
    for (size_t i = 0; i < n; ++i) {
      if (!Bit(within, i)) {
        ASSERT_GT(scores[i], limit) << "row " << i << " of " << n;
        ++tally.passed_over;
      }
      tally.could_be += scores[i] > limit ? 1 : 0;
    }
    for (size_t i = n; i < within.size() * kCodeBlockRows; ++i) ASSERT_FALSE(Bit(within, i)) << i;
  }
}

class CodeFilterTest : public test::EachInstructionSet {};

TEST_P(CodeFilterTest, PassesOverNoRowThatMayBeAHit) {
  Rng rng(21);
  CodeTally tally;
  for (int world = 0; world < 200 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    Asked asked = test::MakeAsked(rng, 1 + rng.Below(200), test::Normal, false);
    if (world % 4 != 0) {
      for (double& weight : asked.weights) weight = std::abs(weight);
    }
    CheckByCodes(asked, rng, tally);
  }
  EXPECT_GT(2 * tally.served, tally.worlds);
  // And most of the others: less is told in a dimension or two, and of rows beside the limit.
  EXPECT_GT(10 * tally.passed_over, 7 * tally.could_be);
}

TEST_P(CodeFilterTest, NorWhereNumbersAreHard) {
  Rng rng(22);
  CodeTally tally;
  for (int world = 0; world < 400 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    for (Asked asked : {test::MakeAsked(rng, 1 + rng.Below(100), test::Hard, world % 2 == 0),
                        test::MakeAsked(rng, 1 + rng.Below(100), test::Normal, true)}) {
      for (double& weight : asked.weights) weight = std::abs(weight);
      CheckByCodes(asked, rng, tally);
    }
  }
  EXPECT_GT(tally.served, 0u);
  EXPECT_GT(tally.passed_over, 0u);
}

TEST_P(CodeFilterTest, BlocksAskedForOneByOneAreThoseOfAll) {
  Rng rng(23);
  Asked asked = test::MakeAsked(rng, 300, test::Normal, false);
  for (double& weight : asked.weights) weight = std::abs(weight);
  asked.unliked = Matrix(0, asked.rows.cols());
  asked.beta = 0;
  const Ranking ranking = asked.ranking();
  const Examples examples = asked.examples();
  const ScoreFilter filter(ranking, examples);
  const std::vector<RowCodes> codes = test::CodesOf(asked);
  const std::optional<CodeFilter> by_codes = CodeFilter::Make(ranking, filter, Views(codes));
  ASSERT_TRUE(by_codes);
  Measurer measurer(ranking, examples);
  const float ceiling = filter.Ceiling(measurer.Score(asked.rows.Row(7)));
  std::vector<uint64_t> all(by_codes->blocks());
  by_codes->FindWithin(0, ceiling, all);
  EXPECT_TRUE(Bit(all, 7));
  for (size_t block = 0; block < all.size(); ++block) {
    uint64_t one = 0;
    by_codes->FindWithin(block, ceiling, {&one, 1});
    EXPECT_EQ(one, all[block]) << block;
  }
}

TEST_P(CodeFilterTest, SeveralAskedTogetherAreToldWhatEachIsAlone) {
  Rng rng(25);
  constexpr size_t kRows = 300, kCount = 20;
  int served = 0;
  for (int world = 0; world < 12 && !HasFailure(); ++world) {
    SCOPED_TRACE(world);
    Asked asked = test::MakeAsked(rng, kRows, test::Normal, false);
    asked.liked = Matrix(1, asked.rows.cols());
    asked.unliked = Matrix(0, asked.rows.cols());
    asked.beta = 0;
    const std::vector<RowCodes> codes = test::CodesOf(asked);
    std::vector<CodeFilter> filters;
    std::vector<float> ceilings;
    for (size_t i = 0; i < kCount; ++i) {
      for (double& weight : asked.weights) weight = 0.5 + static_cast<double>(rng.Below(9));
      std::ranges::copy(asked.rows.Row(rng.Below(kRows)), asked.liked.Row(0).begin());
      // Beyond what a byte holds, now and then.
      if (i % 4 == 3) {
        for (float& at : asked.liked.Row(0)) at *= 2;
      }
      const Ranking ranking = asked.ranking();
      const Examples examples = asked.examples();
      const ScoreFilter filter(ranking, examples);
      std::optional<CodeFilter> made = CodeFilter::Make(ranking, filter, Views(codes));
      if (!made) break;
      filters.push_back(*std::move(made));
      Measurer measurer(ranking, examples);
      ceilings.push_back(filter.Ceiling(measurer.Score(asked.rows.Row(rng.Below(kRows)))));
    }
    if (filters.size() < kCount) continue;
    ++served;
    const size_t blocks = filters.front().blocks();
    for (const size_t some : {size_t{1}, size_t{3}, size_t{9}, kCount}) {
      for (const size_t first : {size_t{0}, blocks - 2}) {
        std::vector<std::vector<uint64_t>> within(some, std::vector<uint64_t>(blocks - first, 7));
        std::vector<CodeFilter::Asked> together;
        for (size_t i = 0; i < some; ++i) {
          EXPECT_TRUE(filters[i].ReadsTheSame(filters.front()));
          together.push_back({.filter = &filters[i], .ceiling = ceilings[i], .within = within[i]});
        }
        CodeFilter::FindWithinEach(first, together);
        for (size_t i = 0; i < some; ++i) {
          std::vector<uint64_t> alone(blocks - first);
          filters[i].FindWithin(first, ceilings[i], alone);
          EXPECT_EQ(within[i], alone) << i << " of " << some << ", from block " << first;
        }
      }
    }
  }
  EXPECT_GT(served, 6);
}

TEST_P(CodeFilterTest, OneRowFarAwayDoesNotBlurTheOthers) {
  Rng rng(24);
  constexpr size_t kRows = 2001, kDim = 16;
  Asked asked{.rows = Matrix(kRows, kDim),
              .masks = Matrix(1, kDim),
              .liked = Matrix(1, kDim),
              .unliked = Matrix(0, kDim)};
  for (size_t i = 0; i < kRows; ++i) {
    for (float& at : asked.rows.Row(i)) at = i == 1000 ? 1e6f : test::Normal(rng);
  }
  for (float& weight : asked.masks.Row(0)) weight = 1;
  asked.table = MaskTable(asked.masks);
  asked.scales = {1};
  asked.weights = {1};
  CodeTally tally;
  for (int round = 0; round < 5; ++round) {
    std::ranges::copy(asked.rows.Row(rng.Below(kRows)), asked.liked.Row(0).begin());
    CheckByCodes(asked, rng, tally);
  }
  EXPECT_EQ(tally.served, 5u);
  EXPECT_GT(10 * tally.passed_over, 8 * tally.could_be);
}

INSTANTIATE_TEST_SUITE_P(Targets, CodeFilterTest, test::InstructionSets(),
                         test::InstructionSetName);

// Two notions of one dimension each.
class TwoNotionFilters : public testing::Test {
 protected:
  std::optional<CodeFilter> Make(double first, double second) {
    const Ranking ranking{.masks = &masks_, .scales = scales_, .weights = {first, second}};
    return CodeFilter::Make(ranking, ScoreFilter(ranking, {.liked = {query_}}), Views(codes_));
  }
  bool ReadTheSame(std::pair<double, double> a, std::pair<double, double> b) {
    return Make(a.first, a.second)->ReadsTheSame(*Make(b.first, b.second));
  }

  const MaskTable masks_{test::MakeMatrix(2, {1, 0, 0, 1})};
  const Matrix rows_ = test::MakeMatrix(2, {1, 2, 3, 4});
  const std::vector<RowCodes> codes_ = {RowCodes(masks_, 0, rows_.View()),
                                        RowCodes(masks_, 1, rows_.View())};
  const std::vector<double> scales_ = {1, 1};
  const std::vector<float> query_ = {0, 0};
};

TEST_F(TwoNotionFilters, KnowWhatReadsTheSame) {
  EXPECT_TRUE(ReadTheSame({1, 2}, {3, 1}));
  EXPECT_FALSE(ReadTheSame({1, 2}, {1, 0}));
  EXPECT_FALSE(ReadTheSame({0, 1}, {1, 0}));
  // So little of the score that it is left out.
  EXPECT_FALSE(ReadTheSame({1, 1e-25}, {1, 1}));
  EXPECT_TRUE(ReadTheSame({1, 1e-25}, {1, 0}));
}

TEST_F(TwoNotionFilters, DoNotServeWhatCountsAgainstARow) {
  EXPECT_TRUE(Make(1, 1));
  EXPECT_FALSE(Make(1, -0.5));
  EXPECT_TRUE(Make(1, 0));
}

}  // namespace
}  // namespace csn
