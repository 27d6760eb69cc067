// Searches by trees of boxes, by every instruction set of this machine, against the definition.
#include "base/box_tree.h"

#include <array>
#include <cstring>
#include <limits>
#include <set>

#include "base/internal/box_distances.h"
#include "base/random.h"
#include "base/scan.h"
#include "tests/base/instruction_sets.h"
#include "tests/support/hard_rankings.h"
#include "tests/support/matrices.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::Asked;

class BoxTreeTest : public test::EachInstructionSet {};

TEST_P(BoxTreeTest, BoxDistancesAreThoseOfTheNearestPoints) {
  Rng rng(51);
  for (const size_t pairs : {1, 2, 3, 8}) {
    std::vector<uint8_t> boxes(internal::BoxBytes(pairs));
    std::vector<int32_t> point(pairs);
    std::array<int64_t, internal::kBoxesTogether> expected{};
    for (size_t k = 0; k < 2 * pairs; ++k) {
      const auto at = static_cast<int16_t>(static_cast<int>(rng.Below(766)) - 255);
      auto* const codes = reinterpret_cast<uint8_t*>(point.data()) + 2 * k;
      std::memcpy(codes, &at, sizeof at);
      for (size_t box = 0; box < internal::kBoxesTogether; ++box) {
        const int least = static_cast<int>(rng.Below(256));
        const int greatest =
            least + static_cast<int>(rng.Below(static_cast<uint64_t>(256 - least)));
        const size_t place = k / 2 * internal::BoxBytes(1) + 2 * box + k % 2;
        boxes[place] = static_cast<uint8_t>(least);
        boxes[place + 2 * internal::kBoxesTogether] = static_cast<uint8_t>(greatest);
        const int64_t off = at < least ? least - at : at > greatest ? at - greatest : 0;
        expected[box] += off * off;
      }
    }
    std::array<int32_t, internal::kBoxesTogether> distances{};
    internal::BoxDistances(boxes.data(), pairs, point.data(), distances.data());
    for (size_t box = 0; box < distances.size(); ++box) EXPECT_EQ(distances[box], expected[box]);
  }
}

// Of a world with one notion that counts, for it; nothing where it has no live dimensions.
std::optional<NotionId> OneNotion(Asked& asked, Rng& rng) {
  const auto sole = static_cast<NotionId>(rng.Below(asked.weights.size()));
  for (NotionId notion = 0; notion < asked.weights.size(); ++notion) {
    asked.weights[notion] = notion == sole ? std::abs(asked.weights[notion]) : 0;
  }
  if (asked.weights[sole] == 0 || asked.table.live_dims(sole).empty()) return std::nullopt;
  return sole;
}

struct TreeTally {
  size_t worlds = 0, served = 0;
};

// No row that may be a hit is missed, whatever ceilings are asked with while they fall.
void CheckSearch(Asked& asked, Rng& rng, TreeTally& tally) {
  const std::optional<NotionId> notion = OneNotion(asked, rng);
  if (!notion) return;
  const Ranking ranking = asked.ranking();
  const Examples examples = asked.examples();
  const ScoreFilter filter(ranking, examples);
  const RowCodes ordered = RowCodes(asked.table, *notion, asked.rows.View()).InTreeOrder();
  const BoxTree tree(ordered.View());
  const std::vector<CodesView> codes(asked.weights.size(), ordered.View());
  const std::optional<CodeFilter> by_codes = CodeFilter::Make(ranking, filter, codes);
  ++tally.worlds;
  if (!by_codes) return;
  ++tally.served;
  const size_t n = asked.rows.rows();
  Measurer measurer(ranking, examples);
  std::vector<double> scores;
  for (size_t i = 0; i < n; ++i) scores.push_back(measurer.Score(asked.rows.Row(i)));
  BoxTreeSearch search(tree, *by_codes);
  std::array<uint32_t, kCodeBlockRows> rows{};
  std::set<uint32_t> given;
  double limit = std::numeric_limits<double>::infinity();
  while (const size_t count = search.Next(filter.Ceiling(limit), rows)) {
    ASSERT_LE(count, kCodeBlockRows);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_LT(rows[i], n);
      ASSERT_TRUE(given.insert(rows[i]).second) << "row " << rows[i] << " twice";
    }
    if (rng.Below(3) == 0) limit = std::min(limit, scores[rng.Below(n)]);
  }
  ASSERT_LE(search.blocks(), (n + kCodeBlockRows - 1) / kCodeBlockRows);
  for (uint32_t i = 0; i < n; ++i) {
    if (!given.contains(i)) {
      ASSERT_GT(scores[i], limit) << "row " << i << " of " << n;
    }
  }
}

TEST_P(BoxTreeTest, NoRowIsMissedThatMayBeAHit) {
  Rng rng(52);
  TreeTally tally;
  for (int world = 0; world < 100 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    // One level of boxes, and two.
    Asked asked =
        test::MakeAsked(rng, 1 + rng.Below(world % 10 == 0 ? 3000 : 200), test::Normal, false);
    CheckSearch(asked, rng, tally);
  }
  EXPECT_GT(2 * tally.served, tally.worlds);
}

TEST_P(BoxTreeTest, NorWhereNumbersAreHard) {
  Rng rng(53);
  TreeTally tally;
  for (int world = 0; world < 200 && !HasFatalFailure(); ++world) {
    SCOPED_TRACE(world);
    const uint64_t most = world % 20 == 0 ? 3000 : 200;
    for (Asked asked : {test::MakeAsked(rng, 1 + rng.Below(most), test::Hard, world % 2 == 0),
                        test::MakeAsked(rng, 1 + rng.Below(most), test::Normal, true)}) {
      CheckSearch(asked, rng, tally);
    }
  }
  EXPECT_GT(tally.served, 0u);
}

// Rows about few centres, a tenth of them copies of others.
Matrix Clusters(size_t n, size_t dim, Rng& rng) {
  Matrix rows(n, dim);
  Matrix centres(20, dim);
  for (size_t i = 0; i < centres.rows(); ++i) {
    for (float& at : centres.Row(i)) at = static_cast<float>(rng.Normal());
  }
  for (size_t i = 0; i < n; ++i) {
    if (i > 0 && rng.Below(10) == 0) {
      std::ranges::copy(rows.Row(rng.Below(i)), rows.Row(i).begin());
      continue;
    }
    const std::span<const float> centre = centres.Row(rng.Below(centres.rows()));
    for (size_t k = 0; k < dim; ++k) {
      rows.Row(i)[k] = centre[k] + 0.1f * static_cast<float>(rng.Normal());
    }
  }
  return rows;
}

TEST_P(BoxTreeTest, TheNearestAreThoseOfAScanByFewerBlocks) {
  Rng rng(54);
  for (const auto& [n, dim] :
       {std::pair<size_t, size_t>{1, 4}, {1023, 3}, {1025, 16}, {20'000, 4}}) {
    SCOPED_TRACE(n);
    const Matrix rows = Clusters(n, dim, rng);
    Matrix weights(2, dim);
    for (float& weight : weights.Row(1)) weight = static_cast<float>(rng.Uniform(0.5, 1.5));
    const MaskTable masks(weights);
    const std::vector<double> scales = {1, 1};
    const Ranking ranking{.masks = &masks, .scales = scales, .weights = {0, 1}};
    const RowCodes ordered = RowCodes(masks, 1, rows.View()).InTreeOrder();
    const BoxTree tree(ordered.View());
    size_t blocks = 0;
    for (int query = 0; query < 30; ++query) {
      const auto row = static_cast<uint32_t>(rng.Below(n));
      for (const size_t k : {1, 10, 300}) {
        const auto excluded = query % 2 == 0 ? std::optional(row) : std::nullopt;
        const TreeAnswer answer =
            NearestInTree(ranking, rows.Row(row), rows.View(), tree, k, excluded);
        ASSERT_EQ(answer.nearest, ExactScan(ranking, rows.Row(row), rows.View(), k, excluded));
        if (k == 10) blocks += answer.blocks;
      }
    }
    if (n == 20'000) {
      EXPECT_LT(blocks, 30 * tree.codes().blocks() / 20);
    }
  }
}

// One block among 16 that are far away says that its codes may be far from its rows: these are the
// nearest.
TEST_P(BoxTreeTest, ANodeIsAsUnsureAsTheWorstBlockBelowIt) {
  constexpr size_t kBlocks = 32, kOdd = 20;
  Matrix rows(kBlocks * kCodeBlockRows, 2);
  std::vector<uint8_t> codes(rows.rows() * 2);
  std::vector<float> errors(kBlocks, 0.01f);
  errors[kOdd] = 300;
  for (size_t row = 0; row < rows.rows(); ++row) {
    const size_t block = row / kCodeBlockRows;
    const auto code = static_cast<uint8_t>(block < 16 ? 10 + row % 7 : 250);
    codes[2 * row] = code;  // the other dimension's is 0
    rows.Row(row)[0] = block == kOdd ? 0.001f * static_cast<float>(row % 64) : code;
  }
  const std::vector<float> origin = {0, 0}, query = {0, 0};
  const CodesView view{.rows = rows.rows(),
                       .dim = 2,
                       .step = 1,
                       .origin = origin,
                       .errors = errors,
                       .codes = codes.data()};
  const MaskTable masks(test::MakeMatrix(2, {1, 1}));
  ASSERT_FALSE(FirstMiscoded(view, masks, 0, rows.View()));
  const std::vector<double> scales = {1};
  const Ranking ranking{.masks = &masks, .scales = scales, .weights = {1}};
  const BoxTree tree(view);
  const TreeAnswer answer = NearestInTree(ranking, query, rows.View(), tree, 10);
  EXPECT_EQ(answer.nearest, ExactScan(ranking, query, rows.View(), 10));
  EXPECT_EQ(answer.nearest.front().row, kOdd * kCodeBlockRows);
  EXPECT_LT(answer.blocks, kBlocks);
}

TEST_P(BoxTreeTest, WithoutRowsThereAreNone) {
  const MaskTable masks(test::MakeMatrix(2, {1, 1}));
  const std::vector<double> scales = {1};
  const Ranking ranking{.masks = &masks, .scales = scales, .weights = {1}};
  const Matrix none(0, 2);
  const RowCodes ordered = RowCodes(masks, 0, none.View()).InTreeOrder();
  const BoxTree tree(ordered.View());
  const std::vector<float> query = {1, 2};
  EXPECT_TRUE(NearestInTree(ranking, query, none.View(), tree, 5).nearest.empty());
  EXPECT_THAT([&] { NearestInTree(ranking, query, none.View(), tree, 0); },
              test::ThrowsError(ErrorCode::kInvalidArgument, "k of at least 1, got 0"));
}

INSTANTIATE_TEST_SUITE_P(Targets, BoxTreeTest, test::InstructionSets(), test::InstructionSetName);

}  // namespace
}  // namespace csn
