#include "base/row_codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/internal/rounded.h"
#include "base/internal/tree_order.h"

namespace csn {
namespace {

// Rows count as far out where they are so many times as far from the middle as all but one in a
// thousand.
constexpr double kFarOut = 2;
constexpr size_t kOneIn = 1000;
constexpr size_t kMedianRows = 4096;  // about so many say where the middle is
constexpr double kMostCode = 255;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Errors are at least so much: squares of smaller ones might underflow beside a notion's weight.
constexpr double kLeastError = 0x1p-20;

// Of one dimension of the masked rows.
struct Spread {
  double least = kInfinity;
  double greatest = -kInfinity;
  double middle = 0;  // the median of rows that stand for all
};

// Masked values of one row: products of two floats, which double holds exactly.
class MaskedRow {
 public:
  MaskedRow(const MaskTable& masks, NotionId notion)
      : weights_(masks.weights(notion)), live_(masks.live_dims(notion)), values_(live_.size()) {}

  std::span<const double> Read(std::span<const float> row) {
    for (size_t i = 0; i < live_.size(); ++i) {
      values_[i] = static_cast<double>(weights_[live_[i]]) * row[live_[i]];
    }
    return values_;
  }

 private:
  std::span<const float> weights_;
  std::span<const uint32_t> live_;
  std::vector<double> values_;
};

// Where the code of the row at a place stands.
size_t Place(const CodesView& codes, size_t row, size_t dim) {
  return row / kCodeBlockRows * codes.block_bytes() +
         (dim / 2 * kCodeBlockRows + row % kCodeBlockRows) * 2 + dim % 2;
}

// The value that so many of them are below.
double ValueAt(std::vector<double>& values, size_t at) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

std::vector<Spread> Spreads(MaskedRow& masked, MatrixView rows, size_t dim) {
  std::vector<Spread> spreads(dim);
  std::vector<std::vector<double>> some(dim);
  const size_t stride = 1 + rows.rows / kMedianRows;
  for (size_t row = 0; row < rows.rows; ++row) {
    const std::span<const double> values = masked.Read(rows.Row(row));
    for (size_t i = 0; i < dim; ++i) {
      spreads[i].least = std::min(spreads[i].least, values[i]);
      spreads[i].greatest = std::max(spreads[i].greatest, values[i]);
      if (row % stride == 0) some[i].push_back(std::isnan(values[i]) ? kInfinity : values[i]);
    }
  }
  for (size_t i = 0; i < dim; ++i) {
    if (!some[i].empty()) spreads[i].middle = ValueAt(some[i], some[i].size() / 2);
  }
  return spreads;
}

// How far from the middle, in any dimension, codes are to reach: to all rows but those far out.
double Reach(MaskedRow& masked, MatrixView rows, std::span<const Spread> spreads) {
  if (rows.rows == 0) return 0;
  std::vector<double> distances(rows.rows);
  for (size_t row = 0; row < rows.rows; ++row) {
    const std::span<const double> values = masked.Read(rows.Row(row));
    for (size_t i = 0; i < values.size(); ++i) {
      const double distance = std::abs(values[i] - spreads[i].middle);
      distances[row] = std::max(distances[row], std::isnan(distance) ? kInfinity : distance);
    }
  }
  return kFarOut * ValueAt(distances, (rows.rows - 1) * (kOneIn - 1) / kOneIn);
}

}  // namespace

double CodingError(std::span<const double> values, std::span<const int16_t> codes,
                   std::span<const float> origin, double step) {
  double squares = 0, rounding = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double difference = values[i] - (origin[i] + step * codes[i]);
    squares += difference * difference;
    rounding += std::abs(values[i]) + std::abs(double{origin[i]}) + step * std::abs(codes[i]);
  }
  // Far more than all of these roundings of doubles.
  const double error =
      (std::sqrt(squares) + 0x1p-48 * rounding) / step * (1 + 0x1p-40) + kLeastError;
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

RowCodes::RowCodes(const MaskTable& masks, NotionId notion, MatrixView rows)
    : rows_(rows.rows), dim_(masks.live_dims(notion).size()), origin_(dim_) {
  Require(dim_ >= 1 && dim_ <= kMostCodedDims, "codes: {} live dimensions, expected 1 to {}", dim_,
          kMostCodedDims);
  Require(rows.cols == masks.dim(), "codes: expected rows of {} dimensions, got {}", masks.dim(),
          rows.cols);
  MaskedRow masked(masks, notion);
  const std::vector<Spread> spreads = Spreads(masked, rows, dim_);
  const double reach = Reach(masked, rows, spreads);
  double widest = 0;
  for (size_t i = 0; i < dim_; ++i) {
    const double low = std::max(spreads[i].least, spreads[i].middle - reach);
    const double high = std::min(spreads[i].greatest, spreads[i].middle + reach);
    const auto origin = static_cast<float>(low);
    // Where nothing can be told of the numbers any codes will do: their error says how far they go.
    origin_[i] = std::isfinite(origin) ? origin : 0;
    if (std::isfinite(high - low)) widest = std::max(widest, high - low);
  }
  const auto step = static_cast<float>(widest / kMostCode);
  if (std::isnormal(step)) step_ = step;

  const CodesView shape{.rows = rows_, .dim = dim_};
  errors_.assign(shape.blocks(), 0);
  row_errors_.resize(rows_);
  codes_.assign(shape.blocks() * shape.block_bytes(), 0);
  std::vector<int16_t> codes(dim_);
  for (size_t row = 0; row < rows_; ++row) {
    const std::span<const double> values = masked.Read(rows.Row(row));
    for (size_t i = 0; i < dim_; ++i) {
      const double at = std::nearbyint((values[i] - origin_[i]) / step_);
      codes[i] = at >= 0 ? static_cast<int16_t>(std::min(at, kMostCode)) : int16_t{0};
      codes_[Place(shape, row, i)] = static_cast<uint8_t>(codes[i]);
    }
    row_errors_[row] = internal::FloatAbove(CodingError(values, codes, origin_, step_));
    float& greatest = errors_[row / kCodeBlockRows];
    greatest = std::max(greatest, row_errors_[row]);
  }
}

RowCodes RowCodes::InTreeOrder() const {
  const CodesView view = View();
  std::vector<uint8_t> by_row(rows_ * dim_);
  for (size_t row = 0; row < rows_; ++row) {
    for (size_t i = 0; i < dim_; ++i) by_row[row * dim_ + i] = codes_[Place(view, row, i)];
  }
  RowCodes ordered;
  ordered.rows_ = rows_;
  ordered.dim_ = dim_;
  ordered.step_ = step_;
  ordered.origin_ = origin_;
  ordered.order_ = internal::TreeOrder(by_row, dim_, row_errors_);
  ordered.errors_.assign(errors_.size(), 0);
  ordered.codes_.assign(codes_.size(), 0);
  for (size_t place = 0; place < rows_; ++place) {
    const uint32_t row = ordered.order_[place];
    for (size_t i = 0; i < dim_; ++i) {
      ordered.codes_[Place(view, place, i)] = by_row[row * dim_ + i];
    }
    float& greatest = ordered.errors_[place / kCodeBlockRows];
    greatest = std::max(greatest, row_errors_[row]);
  }
  return ordered;
}

std::optional<size_t> FirstMiscoded(const CodesView& codes, const MaskTable& masks, NotionId notion,
                                    MatrixView rows) {
  MaskedRow masked(masks, notion);
  std::vector<int16_t> of_row(codes.dim);
  std::vector<bool> seen(codes.order.empty() ? 0 : rows.rows);
  for (size_t place = 0; place < rows.rows; ++place) {
    const size_t row = codes.order.empty() ? place : codes.order[place];
    if (!seen.empty()) {
      if (row >= rows.rows || seen[row]) return place;
      seen[row] = true;
    }
    const std::span<const double> values = masked.Read(rows.Row(row));
    for (size_t i = 0; i < codes.dim; ++i) of_row[i] = codes.codes[Place(codes, place, i)];
    const double error = CodingError(values, of_row, codes.origin, codes.step);
    if (!(error <= codes.errors[place / kCodeBlockRows])) return place;
  }
  return std::nullopt;
}

CodesView RowCodes::View() const {
  return {.rows = rows_,
          .dim = dim_,
          .step = step_,
          .origin = origin_,
          .errors = errors_,
          .order = order_,
          .codes = codes_.data()};
}

}  // namespace csn
