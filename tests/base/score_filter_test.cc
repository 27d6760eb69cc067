// What the filter says in float, by every instruction set of this machine, against the definition.
#include "base/score_filter.h"

#include <cmath>

#include "base/random.h"
#include "tests/base/instruction_sets.h"
#include "tests/support/hard_rankings.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::Asked;
using test::Hard;
using test::MakeAsked;
using test::Normal;

struct Tally {
  size_t passed_over = 0, could_be = 0;
};

// Holds every row's bound against ceilings of many scores.
void Check(const Asked& asked, Tally& tally) {
  const Ranking ranking = asked.ranking();
  const Examples examples = asked.examples();
  Measurer measurer(ranking, examples);
  const ScoreFilter filter(ranking, examples);
  const size_t n = asked.rows.rows();
  std::vector<const float*> rows;
  std::vector<double> scores;
  for (size_t i = 0; i < n; ++i) {
    rows.push_back(asked.rows.Row(i).data());
    scores.push_back(measurer.Score(asked.rows.Row(i)));
  }
  std::vector<float> bounds(n);
  filter.Bound(rows, bounds.data());
  for (const double at : scores) {
    for (const double limit : {at, std::nextafter(at, -1e300), at / (1 + 1e-7)}) {
      const float ceiling = filter.Ceiling(limit);
      for (size_t i = 0; i < n; ++i) {
        const bool behind = ScoreFilter::IsBehind(bounds[i], ceiling);
        if (behind) {
          ASSERT_GT(scores[i], limit)
              << "row " << i << " of " << n << ", bound " << bounds[i] << ", ceiling " << ceiling;
        }
        tally.passed_over += behind ? 1 : 0;
        tally.could_be += scores[i] > limit ? 1 : 0;
      }
    }
  }
}

class ScoreFilterTest : public test::EachInstructionSet {};

TEST_P(ScoreFilterTest, PassesOverNoRowThatMayBeAHit) {
  Rng rng(11);
  Tally tally;
  for (int world = 0; world < 300 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    Check(MakeAsked(rng, 1 + rng.Below(40), Normal, false), tally);
  }
  // And most of the others: of duplicates and of a row against its own score nothing can be told.
  EXPECT_GT(2 * tally.passed_over, tally.could_be);
}

TEST_P(ScoreFilterTest, NorWhereNumbersAreHard) {
  Rng rng(12);
  Tally tally;
  for (int world = 0; world < 600 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    Check(MakeAsked(rng, 1 + rng.Below(40), Hard, world % 2 == 0), tally);
    Check(MakeAsked(rng, 1 + rng.Below(40), Normal, true), tally);
  }
  EXPECT_GT(tally.passed_over, 0u);
}

TEST_P(ScoreFilterTest, IsAsSharpAsFloatsAre) {
  Rng rng(13);
  Asked asked = MakeAsked(rng, 200, Normal, false);
  asked.weights.assign(asked.weights.size(), 1);
  const Examples examples = asked.examples();
  const Ranking ranking = asked.ranking();
  Measurer measurer(ranking, examples);
  const ScoreFilter filter(ranking, examples);
  for (size_t i = 0; i < 200; ++i) {
    const float* row = asked.rows.Row(i).data();
    float bound = 0;
    filter.Bound(std::span(&row, 1), &bound);
    const double score = measurer.Score(asked.rows.Row(i));
    EXPECT_TRUE(
        ScoreFilter::IsBehind(bound, filter.Ceiling(score - 1e-4 * std::abs(score) - 1e-4)));
  }
}

TEST_P(ScoreFilterTest, RowsInAnyNumberAreEachMeasuredAlone) {
  Rng rng(14);
  const Asked asked = MakeAsked(rng, 23, Normal, false);
  const Examples examples = asked.examples();
  const ScoreFilter filter(asked.ranking(), examples);
  std::vector<const float*> rows;
  for (size_t i = 0; i < 23; ++i) rows.push_back(asked.rows.Row(i).data());
  std::vector<float> all(23);
  filter.Bound(rows, all.data());
  for (size_t count = 0; count <= 23; ++count) {
    std::vector<float> some(count + 1, -7.0f);
    filter.Bound(std::span(rows).last(count), some.data());
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(some[i], all[23 - count + i]);
    EXPECT_EQ(some[count], -7.0f);
  }
}

TEST_P(ScoreFilterTest, TellsNothingWhereTheDefinitionMayUnderflow) {
  // The second notion's products with squared masks are below what doubles hold, its distances are
  // not: a row far away in it has the least score.
  const MaskTable masks(test::MakeMatrix(2, {1, 0, 0, 0x1p-149f}));
  const std::vector<double> scales = {2, 4e-76};
  const std::vector<float> query = {0, 0};
  const Examples examples{.liked = {query}};
  for (const auto& [first, second, told] :
       {std::tuple{1e-199, -1e-234, false}, {1e-9, -1e9, false}, {1e-9, 1e-9, true}}) {
    std::vector<double> own = scales;
    if (told) own[1] = 1;
    const ScoreFilter filter({.masks = &masks, .scales = own, .weights = {first, second}},
                             examples);
    EXPECT_EQ(std::isfinite(filter.Ceiling(0)), told) << first << " " << second;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, ScoreFilterTest, test::InstructionSets(),
                         test::InstructionSetName);

}  // namespace
}  // namespace csn
