#include "base/row_codes.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "tests/support/hard_rankings.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

MaskTable OneMask(size_t dim, Rng& rng) {
  Matrix weights(1, dim);
  for (float& weight : weights.Row(0)) weight = static_cast<float>(rng.Uniform(0.1, 2));
  return MaskTable(std::move(weights));
}

Matrix RandomRows(size_t n, size_t dim, const test::MakeValue& value, Rng& rng) {
  Matrix rows(n, dim);
  for (size_t i = 0; i < n; ++i) {
    for (float& at : rows.Row(i)) at = value(rng);
  }
  return rows;
}

// Where a row's code stands, by the layout that is documented.
uint8_t CodeAt(const CodesView& view, size_t row, size_t k) {
  return view.codes[((row / 64 * ((view.dim + 1) / 2) + k / 2) * 64 + row % 64) * 2 + k % 2];
}

TEST(RowCodes, NoRowIsFartherFromItsCodesThanIsSaid) {
  Rng rng(31);
  for (const size_t n : {1, 63, 64, 65, 127, 200}) {
    for (const size_t dim : {1, 2, 3, 16, 33}) {
      for (const auto& value : {test::Normal, test::Hard}) {
        SCOPED_TRACE(fmt::format("{} rows of {}", n, dim));
        const MaskTable masks = OneMask(dim, rng);
        const Matrix rows = RandomRows(n, dim, value, rng);
        const RowCodes codes(masks, 0, rows.View());
        const CodesView view = codes.View();
        ASSERT_EQ(view.errors.size(), (n + 63) / 64);
        for (size_t row = 0; row < n; ++row) {
          long double squares = 0;
          for (size_t k = 0; k < dim; ++k) {
            const long double coded =
                view.origin[k] + static_cast<long double>(view.step) * CodeAt(view, row, k);
            const long double masked =
                static_cast<long double>(masks.weights(0)[k]) * rows.Row(row)[k];
            squares += (masked - coded) * (masked - coded);
          }
          EXPECT_LE(std::sqrt(squares),
                    view.step * static_cast<long double>(view.errors[row / 64]));
        }
        EXPECT_FALSE(FirstMiscoded(view, masks, 0, rows.View()));
      }
    }
  }
}

TEST(RowCodes, TakeAllOfAByte) {
  Rng rng(32);
  const MaskTable masks = OneMask(8, rng);
  const Matrix rows = RandomRows(5000, 8, test::Normal, rng);
  const RowCodes codes(masks, 0, rows.View());
  const CodesView view = codes.View();
  // The norm of eight errors, each up to half a step.
  for (const float error : view.errors) EXPECT_LT(error, 0.5 * std::sqrt(8) * 1.01);
  const std::span<const uint8_t> all(view.codes, view.blocks() * view.block_bytes());
  EXPECT_EQ(std::ranges::max(all), 255);
}

TEST(RowCodes, ACodeThatIsNotItsRowsIsFound) {
  Rng rng(33);
  const MaskTable masks = OneMask(5, rng);
  const Matrix rows = RandomRows(150, 5, test::Normal, rng);
  const RowCodes codes(masks, 0, rows.View());
  CodesView view = codes.View();
  std::vector<uint8_t> bytes(view.codes, view.codes + view.blocks() * view.block_bytes());
  view.codes = bytes.data();
  EXPECT_FALSE(FirstMiscoded(view, masks, 0, rows.View()));
  uint8_t& code = bytes[((130 / 64 * 3 + 2) * 64 + 130 % 64) * 2];
  code = static_cast<uint8_t>(code < 128 ? code + 100 : code - 100);
  EXPECT_EQ(FirstMiscoded(view, masks, 0, rows.View()), 130u);
}

TEST(RowCodes, InTreeOrderAreTheSameOfEveryRow) {
  Rng rng(35);
  for (const size_t n : {0, 1, 64, 65, 1100, 5000}) {
    for (const auto& value : {test::Normal, test::Hard}) {
      SCOPED_TRACE(n);
      constexpr size_t kDim = 5;
      const MaskTable masks = OneMask(kDim, rng);
      const Matrix rows = RandomRows(n, kDim, value, rng);
      const RowCodes codes(masks, 0, rows.View());
      const RowCodes ordered = codes.InTreeOrder();
      const CodesView view = codes.View(), tree = ordered.View();
      EXPECT_TRUE(view.order.empty());
      ASSERT_EQ(tree.order.size(), n);
      std::vector<uint32_t> all(tree.order.begin(), tree.order.end());
      std::ranges::sort(all);
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(all[i], i);
      for (size_t place = 0; place < n; ++place) {
        for (size_t k = 0; k < kDim; ++k) {
          ASSERT_EQ(CodeAt(tree, place, k), CodeAt(view, tree.order[place], k));
        }
      }
      EXPECT_FALSE(FirstMiscoded(tree, masks, 0, rows.View()));
      if (n < 2) continue;
      // One row twice, another nowhere.
      std::vector<uint32_t> twice(tree.order.begin(), tree.order.end());
      twice[n - 1] = twice[0];
      CodesView wrong = tree;
      wrong.order = twice;
      EXPECT_EQ(FirstMiscoded(wrong, masks, 0, rows.View()), n - 1);
    }
  }
}

TEST(RowCodes, RowsThatCodesMissStandAtTheEnd) {
  Rng rng(36);
  constexpr size_t kRows = 3000, kDim = 4;
  const MaskTable masks = OneMask(kDim, rng);
  Matrix rows = RandomRows(kRows, kDim, test::Normal, rng);
  rows.Row(100)[1] = 1e6f;
  const RowCodes ordered = RowCodes(masks, 0, rows.View()).InTreeOrder();
  const CodesView view = ordered.View();
  for (size_t block = 0; block + 1 < view.blocks(); ++block) EXPECT_LT(view.errors[block], 2);
  EXPECT_GT(view.errors.back(), 1e3);
}

TEST(RowCodes, RefuseWhatCannotBeCoded) {
  Rng rng(34);
  const Matrix rows = RandomRows(3, 4, test::Normal, rng);
  EXPECT_THAT([&] { RowCodes(MaskTable(Matrix(1, 4)), 0, rows.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "0 live dimensions, expected 1 to 4096"));
  EXPECT_THAT([&] { RowCodes(OneMask(5, rng), 0, rows.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "rows of 5 dimensions, got 4"));
  const Matrix none(0, 4);
  EXPECT_EQ(RowCodes(OneMask(4, rng), 0, none.View()).View().blocks(), 0u);
}

}  // namespace
}  // namespace csn
