// Rows of one notion's subspace in a byte a dimension, with a bound on what that has cost: what an
// exact search reads in place of floats (docs/exactness.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"

namespace csn {

// Rows stand in blocks of so many; the last one is filled up with zeros.
inline constexpr size_t kCodeBlockRows = 64;
// What sums of squared differences of codes stay within 32 bits for.
inline constexpr size_t kMostCodedDims = 4096;

// The row at each place, x, at live dimension k of the notion's mask m, is origin[k] + step * code,
// but for an error whose norm over all dimensions is at most step * errors[block of x]. Borrowed
// memory.
struct CodesView {
  size_t rows = 0;
  size_t dim = 0;  // live dimensions, 1 to kMostCodedDims
  double step = 1;
  std::span<const float> origin = {};  // [dim]
  std::span<const float> errors = {};  // [blocks()]
  // Which row stands at each place [rows]; empty: they stand in their own order.
  std::span<const uint32_t> order = {};
  const uint8_t* codes = nullptr;  // [blocks()][pairs()][kCodeBlockRows][2]

  size_t blocks() const { return (rows + kCodeBlockRows - 1) / kCodeBlockRows; }
  // Dimensions go in twos; an odd one is followed by zeros.
  size_t pairs() const { return (dim + 1) / 2; }
  size_t block_bytes() const { return pairs() * kCodeBlockRows * 2; }
};

// Owns what it views. Immutable once made, so any number of threads may read it.
class RowCodes {
 public:
  // Codes for rows [n, d] under a notion's mask. One step for all dimensions, so that squared
  // differences of codes add up; the widest of them takes all 256. Few rows that are far out do not
  // make steps wide: they are coded at its ends, with the error that this is. Throws
  // Error(kInvalidArgument) unless the notion has 1 to kMostCodedDims live dimensions.
  RowCodes(const MaskTable& masks, NotionId notion, MatrixView rows);

  // The same in an order in which rows near each other stand together: for a BoxTree.
  RowCodes InTreeOrder() const;

  CodesView View() const;

 private:
  RowCodes() = default;

  size_t rows_ = 0;
  size_t dim_ = 0;
  float step_ = 1;
  std::vector<float> origin_, errors_;
  std::vector<float> row_errors_;  // [rows], of none that are in another order
  std::vector<uint32_t> order_;
  std::vector<uint8_t> codes_;
};

// The first row, by place, that is farther from its codes than they say, or is not there, or twice:
// none, of what RowCodes made of these.
std::optional<size_t> FirstMiscoded(const CodesView& codes, const MaskTable& masks, NotionId notion,
                                    MatrixView rows);

// What is at least the norm of the difference between `values` [dim] and origin + step * codes, in
// steps. Codes may be any whole numbers within int16_t.
double CodingError(std::span<const double> values, std::span<const int16_t> codes,
                   std::span<const float> origin, double step);

}  // namespace csn
