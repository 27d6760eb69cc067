// What the filter says in float, by every instruction set of this machine, against the definition.
#include "base/score_filter.h"

#include <hwy/highway.h>

#include <cmath>
#include <functional>

#include "base/random.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

// A ranking and examples with what they view.
struct Asked {
  Matrix rows, masks, liked, unliked;
  MaskTable table = {};
  std::vector<double> scales = {};
  NotionWeights weights = {};
  double beta = 0;

  Ranking ranking() const { return {.masks = &table, .scales = scales, .weights = weights}; }
  Examples examples() const {
    Examples examples{.liked = {}, .unliked = {}, .beta = beta};
    for (size_t i = 0; i < liked.rows(); ++i) examples.liked.push_back(liked.Row(i));
    for (size_t i = 0; i < unliked.rows(); ++i) examples.unliked.push_back(unliked.Row(i));
    return examples;
  }
};

using MakeValue = std::function<float(Rng&)>;

// Every kind of number that embeddings, masks and weights should never be made of.
float Hard(Rng& rng) {
  const double sign = rng.Below(2) == 0 ? -1 : 1;
  switch (rng.Below(8)) {
    case 0:
      return 0;
    case 1:
      return static_cast<float>(sign * 0x1p-149);
    case 2:
      return static_cast<float>(sign * rng.Uniform(0, 1e-38));
    case 3:
      return static_cast<float>(sign * std::pow(10, rng.Uniform(-20, 19)));
    case 4:
      return static_cast<float>(sign * 3e38);
    case 5:
      return static_cast<float>(sign * (1 + rng.Uniform(0, 1e-6)));
    default:
      return static_cast<float>(rng.Normal());
  }
}

float Normal(Rng& rng) { return static_cast<float>(rng.Normal()); }

Asked MakeAsked(Rng& rng, size_t n, const MakeValue& value, bool extreme) {
  const size_t d = 1 + rng.Below(70), notions = 1 + rng.Below(4);
  Asked asked{.rows = Matrix(n, d),
              .masks = Matrix(notions, d),
              .liked = Matrix(1 + rng.Below(3), d),
              .unliked = Matrix(rng.Below(3), d)};
  for (Matrix* matrix : {&asked.rows, &asked.liked, &asked.unliked}) {
    for (size_t i = 0; i < matrix->rows(); ++i) {
      for (float& at : matrix->Row(i)) at = value(rng);
    }
  }
  // Some rows are examples, and some are close to them.
  for (size_t i = 0; i < n; i += 5) {
    const std::span<float> row = asked.rows.Row(i);
    for (size_t k = 0; k < d; ++k) {
      const float at = asked.liked.Row(0)[k], next = std::nextafter(at, 2 * at);
      row[k] = i % 2 == 0 || !std::isfinite(next) ? at : next;
    }
  }
  for (size_t c = 0; c < notions; ++c) {
    for (float& at : asked.masks.Row(c)) {
      at = rng.Below(2) == 0 ? 0.0f : static_cast<float>(std::abs(rng.Normal()));
      if (extreme && rng.Below(4) == 0) {
        at = static_cast<float>(std::pow(10, rng.Uniform(-30, 10)));
      }
    }
    const double power = extreme ? rng.Uniform(-30, 30) : rng.Uniform(-1, 1);
    asked.scales.push_back(std::pow(10, power));
    const double sign = c > 0 && rng.Below(2) == 0 ? -1 : 1;
    asked.weights.push_back(sign * std::pow(10, extreme ? rng.Uniform(-20, 9) : 0));
  }
  asked.table = MaskTable(asked.masks);
  if (asked.unliked.rows() > 0) asked.beta = rng.Below(2) == 0 ? rng.Uniform(0, 1) : 0.999999;
  return asked;
}

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

class ScoreFilterTest : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { Choose(GetParam()); }
  void TearDown() override { Choose(0); }

 private:
  // Which instructions are used from now on; 0: as the machine has them.
  static void Choose(int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

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

INSTANTIATE_TEST_SUITE_P(Targets, ScoreFilterTest,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& info) { return hwy::TargetName(info.param); });

}  // namespace
}  // namespace csn
