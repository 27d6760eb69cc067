#include "embedder/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.h"
#include "base/hash.h"

namespace csn {
namespace {

constexpr double kTrainShare = 0.7;
constexpr double kValidationShare = 0.1;

// Union-find over group numbers; the root of a set is its bytewise smallest name, given that
// numbers ascend with names.
class Groups {
 public:
  explicit Groups(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }

  size_t Find(size_t group) {
    while (parent_[group] != group) {
      parent_[group] = parent_[parent_[group]];
      group = parent_[group];
    }
    return group;
  }

  void Join(size_t a, size_t b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

}  // namespace

Split SplitOf(const SplitRule& rule, std::string_view group) {
  // The seed is hashed as text in front of the group, so that the rule can be written down in one
  // line.
  const uint64_t hash = Hash64(fmt::format("{}\n{}", rule.seed, group));
  const double position = static_cast<double>(hash >> 11) * 0x1.0p-53;
  if (position < kTrainShare) return Split::kTrain;
  if (position < kTrainShare + kValidationShare) return Split::kValidation;
  return Split::kTest;
}

std::vector<Split> AssignSplits(const SplitRule& rule, std::span<const std::string> groups,
                                std::span<const uint64_t> photographs) {
  Require(groups.size() == photographs.size(), "splits: {} groups for {} photographs",
          groups.size(), photographs.size());
  std::vector<std::string_view> names(groups.begin(), groups.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());

  Groups sets(names.size());
  std::vector<size_t> number(groups.size());
  std::unordered_map<uint64_t, size_t> first_group;
  for (size_t i = 0; i < groups.size(); ++i) {
    number[i] = std::lower_bound(names.begin(), names.end(), groups[i]) - names.begin();
    const auto [entry, is_new] = first_group.emplace(photographs[i], number[i]);
    if (!is_new) sets.Join(entry->second, number[i]);
  }
  std::vector<Split> splits(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    splits[i] = SplitOf(rule, names[sets.Find(number[i])]);
  }
  return splits;
}

}  // namespace csn
