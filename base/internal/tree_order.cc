#include "base/internal/tree_order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/row_codes.h"

namespace csn::internal {
namespace {

constexpr size_t kVarianceRows = 256;  // about so many say which dimension is halved

class Halver {
 public:
  Halver(std::span<const uint8_t> codes, size_t dim) : codes_(codes), dim_(dim) {}

  void Order(std::span<uint32_t> rows) const {
    const size_t blocks = (rows.size() + kCodeBlockRows - 1) / kCodeBlockRows;
    if (blocks < 2) {
      std::ranges::sort(rows);
      return;
    }
    // A power of two, so that runs of 16, 256, ... blocks are whole trees.
    const size_t left = std::bit_floor(blocks - 1) * kCodeBlockRows;
    const size_t dim = WidestDim(rows);
    const auto code = [&](uint32_t row) { return codes_[size_t{row} * dim_ + dim]; };
    // By row where codes are equal, so that every library orders alike.
    std::nth_element(
        rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(left), rows.end(),
        [&](uint32_t a, uint32_t b) { return code(a) != code(b) ? code(a) < code(b) : a < b; });
    Order(rows.first(left));
    Order(rows.subspan(left));
  }

 private:
  size_t WidestDim(std::span<const uint32_t> rows) const {
    const size_t stride = 1 + rows.size() / kVarianceRows;
    std::vector<double> sums(dim_), squares(dim_);
    double count = 0;
    for (size_t i = 0; i < rows.size(); i += stride, ++count) {
      const auto row = codes_.subspan(size_t{rows[i]} * dim_, dim_);
      for (size_t k = 0; k < dim_; ++k) {
        sums[k] += row[k];
        squares[k] += double{1} * row[k] * row[k];
      }
    }
    size_t widest = 0;
    const auto spread = [&](size_t k) { return squares[k] - sums[k] * sums[k] / count; };
    for (size_t k = 1; k < dim_; ++k) {
      if (spread(k) > spread(widest)) widest = k;
    }
    return widest;
  }

  std::span<const uint8_t> codes_;
  size_t dim_;
};

}  // namespace

std::vector<uint32_t> TreeOrder(std::span<const uint8_t> codes, size_t dim,
                                std::span<const float> errors) {
  std::vector<uint32_t> order(errors.size());
  std::iota(order.begin(), order.end(), 0);
  // No rounding of codes costs as much.
  const float most = std::sqrt(static_cast<float>(dim));
  const auto far = std::stable_partition(order.begin(), order.end(),
                                         [&](uint32_t row) { return errors[row] <= most; });
  const Halver halver(codes, dim);
  // Whole blocks, so that no block is of both.
  const auto near = static_cast<size_t>(far - order.begin()) / kCodeBlockRows * kCodeBlockRows;
  halver.Order(std::span(order).first(near));
  halver.Order(std::span(order).subspan(near));
  return order;
}

}  // namespace csn::internal
