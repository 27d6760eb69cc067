// How strongly the columns of a catalogue go together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/catalogue.h"

namespace csn {

// Bounds of the memory this takes: 9 MB at most.
inline constexpr uint64_t kMaxAssociatedValues = 64;  // different texts of a column
inline constexpr size_t kMaxAssociatedColumns = 24;

enum class AssociationMeasure {
  kCramersV,          // two columns of text: Cramér's V, corrected for bias (Bergsma 2013)
  kCorrelationRatio,  // text and number: eta, corrected for bias (Kelley's epsilon)
  kPearson,           // two columns of numbers: |r|
};
std::string_view AssociationMeasureName(AssociationMeasure measure);  // "cramers_v", ...

// Of two columns, over the rows where neither is missing. 0: they tell nothing of each other. 1:
// one determines the other (two numbers: in a straight line). Symmetric. Uncorrected, the first two
// measures would grow with the number of different texts where there is nothing to find.
struct Association {
  size_t first = 0;  // positions among the catalogue's columns, first < second
  size_t second = 0;
  AssociationMeasure measure = AssociationMeasure::kCramersV;
  std::optional<double> value;  // in [0, 1]; none where the rows do not define it
  uint64_t rows = 0;
};

struct LeftOutColumn {
  size_t column = 0;
  std::string reason;
};

// Counts what every pair's measure needs, in one pass. Not thread-safe.
class AssociationCounter {
 public:
  // Takes columns of text with 2 to kMaxAssociatedValues different values and of numbers with 2 and
  // more, the first kMaxAssociatedColumns of them.
  explicit AssociationCounter(const std::vector<ColumnSummary>& columns);
  ~AssociationCounter();
  AssociationCounter(AssociationCounter&&) noexcept;
  AssociationCounter& operator=(AssociationCounter&&) noexcept;

  const std::vector<size_t>& columns() const;  // those taken, ascending
  const std::vector<LeftOutColumn>& left_out() const;

  // One item's values, one a column of the catalogue.
  void Add(const std::vector<Value>& values);
  // Every pair of columns(), ordered by second, then first.
  std::vector<Association> Finish() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
