// Which items train, which choose the best epoch, which are kept for tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

enum class Split { kTrain, kValidation, kTest };

// An item is in train, validation or test by hash(seed, group) in [0, 1) against 70/10/20.
struct SplitRule {
  uint64_t seed = 1;
  std::string by;  // the column whose value is an item's group; empty: the sku
};

// The split of one group by itself.
Split SplitOf(const SplitRule& rule, std::string_view group);

// One split an item: SplitOf its group, save that groups which share byte-identical photographs are
// taken as one (the bytewise smallest name decides). `groups` and `photographs` (Hash64) are [n].
std::vector<Split> AssignSplits(const SplitRule& rule, std::span<const std::string> groups,
                                std::span<const uint64_t> photographs);

}  // namespace csn
