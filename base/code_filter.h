// Which rows cannot be among the nearest, told from codes of a byte a dimension: a quarter of what
// floats would have to be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/internal/code_distances.h"
#include "base/measurer.h"
#include "base/row_codes.h"
#include "base/score_filter.h"

namespace csn {

// Coarser than ScoreFilter, which is asked about the rows that this one leaves. Thread-safe after
// construction; the viewed codes must outlive it.
class CodeFilter {
 public:
  // `codes` [C]: of every notion with a weight and live dimensions, over the same rows; others are
  // not looked at. Nothing where codes cannot tell: a negative weight, or what ScoreFilter does not
  // serve.
  static std::optional<CodeFilter> Make(const Ranking& ranking, const ScoreFilter& filter,
                                        std::span<const CodesView> codes);

  CodeFilter(CodeFilter&&) noexcept = default;
  CodeFilter& operator=(CodeFilter&&) noexcept = default;

  size_t blocks() const { return blocks_; }  // of kCodeBlockRows rows
  // Bit r of within[i]: whether row r of block first + i may have a bound that is not behind
  // `ceiling`, one of ScoreFilter's.
  void FindWithin(size_t first, float ceiling, std::span<uint64_t> within) const {
    FindWithinReach(first, Reach(ceiling), within);
  }

  // One of several that are asked about the same blocks; `within` is of them all.
  struct Asked {
    const CodeFilter* filter = nullptr;
    float ceiling = 0;
    std::span<uint64_t> within = {};
  };
  // As FindWithin of each, of filters that all ReadsTheSame() as the first: codes are read once for
  // several of them.
  static void FindWithinEach(size_t first, std::span<const Asked> asked);
  bool ReadsTheSame(const CodeFilter& other) const;

  // For who tells blocks without looking at their rows, of one notion: a row is behind `ceiling`
  // where the root of the squared difference between its codes and the point's [pairs], two codes
  // of int16_t each, is greater than this and its error.
  bool has_one_part() const { return parts_.size() == 1; }
  float Reach(float ceiling) const;
  void FindWithinReach(size_t first, float reach, std::span<uint64_t> within) const;
  std::span<const int32_t> point() const { return points_.front(); }

 private:
  CodeFilter() = default;

  internal::CodeScan Scan(float reach, std::span<uint64_t> within) const {
    return {.parts = parts_, .reach = reach, .within = within.data()};
  }
  // The last block is filled up with rows that there are not.
  void CutLast(size_t first, std::span<uint64_t> within) const;

  std::vector<std::vector<int32_t>> points_, byte_points_;  // what the parts view
  std::vector<internal::CodePart> parts_;
  size_t rows_ = 0, blocks_ = 0;
  double unit_ = 1;         // of ceilings, in what the parts add up
  double point_error_ = 0;  // what coding the point has cost
};

}  // namespace csn
