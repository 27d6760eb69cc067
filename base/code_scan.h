// Exact searches that read all codes, several at once: memory is read once for all of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/code_filter.h"
#include "base/matrix.h"
#include "base/measurer.h"
#include "base/neighbor.h"
#include "base/row_codes.h"

namespace csn {

// One of them.
class CodedSearch {
 public:
  virtual ~CodedSearch() = default;
  virtual const CodeFilter& filter() const = 0;
  // What bounds of rows that may be hits are not behind (ScoreFilter::IsBehind). Never rises.
  virtual float ceiling() const = 0;
  // Rows that codes do not tell to be behind the ceiling, ascending over all calls.
  virtual void LookAt(std::span<const uint32_t> rows) = 0;
};

// Runs all of them; their filters read the same codes (CodeFilter::ReadsTheSame).
void ReadCodes(std::span<CodedSearch* const> searches);

// What ExactScan (base/scan.h) gives for each of `queries`, rows that are left out of their own
// answers. `codes` [C] are those of `rows`, as CodeFilter::Make takes them. Thread-safe.
std::vector<std::vector<Neighbor>> NearestByCodes(const Ranking& ranking,
                                                  std::span<const uint32_t> queries,
                                                  MatrixView rows, std::span<const CodesView> codes,
                                                  size_t k);

}  // namespace csn
