// A column's type, found from its values, and values turned into that type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/item.h"
#include "storage/internal/row_source.h"

namespace csn {

// The value of `raw` in a column of this type: lists are cut at '|', their parts trimmed and empty
// ones dropped; a list in a text column is joined again. std::monostate where it is missing;
// nothing where a number was due and it is none.
std::optional<Value> ConvertValue(const RawValue& raw, ColumnType type);

// What is known of one column after some rows. Memory is bounded.
class ColumnScan {
 public:
  void Add(const RawValue& raw);
  // `rows` is how many there were; a row not added had the column missing. Without `declared` the
  // type is number where every present value is one and there is at least one, else list where a
  // value is a list or holds a '|', else text.
  ColumnSummary Finish(const std::string& name, std::optional<ColumnType> declared,
                       uint64_t rows) const;

 private:
  // Counts different values up to the summary's limit.
  class Distinct {
   public:
    void Add(uint64_t hash);
    uint64_t count() const { return seen_.size(); }

   private:
    std::unordered_set<uint64_t> seen_;
  };

  uint64_t present_ = 0;
  uint64_t without_parts_ = 0;  // present as text, but nothing between the separators
  bool all_numbers_ = true;
  bool any_list_ = false;
  // The type is known only at the end, so each reading of the values that is still possible is
  // counted.
  Distinct texts_, numbers_, parts_;
};

}  // namespace csn
