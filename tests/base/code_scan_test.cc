// Searches by codes, many at once, against one scan by definition each.
#include "base/code_scan.h"

#include <cmath>

#include "base/random.h"
#include "base/scan.h"
#include "tests/base/instruction_sets.h"
#include "tests/support/hard_rankings.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::Asked;

class CodeScanTest : public test::EachInstructionSet {};

TEST_P(CodeScanTest, GivesWhatScansGive) {
  Rng rng(31);
  size_t by_codes = 0;
  for (int world = 0; world < 60 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    const size_t n = 1 + rng.Below(world % 10 == 0 ? 3000 : 200);
    Asked asked =
        test::MakeAsked(rng, n, world % 3 == 0 ? test::Hard : test::Normal, world % 6 == 0);
    // Negative weights are not served by codes.
    if (world % 4 != 0) {
      for (double& weight : asked.weights) weight = std::abs(weight);
    }
    const Ranking ranking = asked.ranking();
    const std::vector<RowCodes> codes = test::CodesOf(asked);
    std::vector<CodesView> views;
    for (const RowCodes& of_notion : codes) views.push_back(of_notion.View());
    std::vector<uint32_t> queries(rng.Below(70));
    for (uint32_t& query : queries) query = static_cast<uint32_t>(rng.Below(n));
    const size_t k = 1 + rng.Below(12);
    const std::vector<std::vector<Neighbor>> found =
        NearestByCodes(ranking, queries, asked.rows.View(), views, k);
    ASSERT_EQ(found.size(), queries.size());
    for (size_t i = 0; i < queries.size(); ++i) {
      const uint32_t query = queries[i];
      ASSERT_EQ(found[i], ExactScan(ranking, asked.rows.Row(query), asked.rows.View(), k, query))
          << "query " << i;
      const Examples examples{.liked = {asked.rows.Row(query)}};
      by_codes +=
          CodeFilter::Make(ranking, ScoreFilter(ranking, examples), views).has_value() ? 1 : 0;
    }
  }
  EXPECT_GT(by_codes, 500u);
}

INSTANTIATE_TEST_SUITE_P(Targets, CodeScanTest, test::InstructionSets(), test::InstructionSetName);

}  // namespace
}  // namespace csn
