// Labels of items, and the triplets they imply. Source: CSN paper, section 4.1; csn-model
// "Triplets".
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/item.h"
#include "base/notion.h"
#include "base/random.h"

namespace csn {

namespace internal {
class Partners;
}

// Always named fields: swapping positive and negative compiles and trains backwards.
struct Triplet {
  uint32_t anchor = 0;
  uint32_t positive = 0;
  uint32_t negative = 0;
  friend auto operator<=>(const Triplet&, const Triplet&) = default;
};

// The labels of n items under C notions. Read-only after construction.
class LabelTable {
 public:
  LabelTable() = default;
  // `values[c]` are the n values of notion c's column: texts or lists for a categorical notion
  // (numbers count by their text), numbers for a numeric one; monostate is missing. Throws
  // Error(kInvalidArgument) naming the notion where a value has the wrong type.
  LabelTable(std::vector<Notion> notions, const std::vector<std::vector<Value>>& values);

  // A hash of notions and labels.
  uint64_t Fingerprint() const;
  // The labels of one notion alone, which is then number 0.
  LabelTable Only(NotionId notion) const;

  const std::vector<Notion>& notions() const { return notions_; }
  size_t size() const { return size_; }
  bool Known(NotionId notion, uint32_t item) const;
  // Same value, of lists a value in common, or within `near`. False where a label is missing. At
  // the thresholds, differences of decimals count as they are written: 1.1 and 1.0 are within 0.1.
  bool Close(NotionId notion, uint32_t a, uint32_t b) const;
  // Another value, of lists none in common, or at least `far` apart. False where a label is
  // missing.
  bool Far(NotionId notion, uint32_t a, uint32_t b) const;

 private:
  friend class TripletSampler;
  std::vector<Notion> notions_;
  size_t size_ = 0;
  std::vector<std::vector<double>> codes_;  // [C][n]: value's number or class; NaN where missing
  // [C][n], of notions whose column holds lists (else [C][0]): classes, ascending.
  std::vector<std::vector<std::vector<uint32_t>>> sets_;
};

// Fills near and far of a numeric notion from its labels where the user gave none: the 10th and
// 50th percentile of pairwise differences (all pairs, or 1,000,000 drawn by `seed`); far is raised
// to the next larger difference where they are equal. Throws Error(kInvalidArgument) naming the
// notion where fewer than two values differ.
void ResolveThresholds(const NotionSpec& spec, std::span<const double> present, uint64_t seed,
                       Notion& notion);

// Draws triplets of one notion among some items. Keeps a sorted copy of their labels. Not
// thread-safe.
class TripletSampler {
 public:
  // `items` are positions in `labels`, which must outlive the sampler.
  TripletSampler(const LabelTable& labels, NotionId notion, std::span<const uint32_t> items);

  // False where these items hold no triplet of the notion at all.
  bool possible() const { return !anchors_.empty(); }
  // Items that have a positive and a negative among the others.
  size_t anchor_count() const { return anchors_.size(); }
  // `count` triplets, anchors uniform among those that have a positive and a negative, partners
  // among theirs (internal/partners.h). Empty where not possible().
  std::vector<Triplet> Sample(size_t count, Rng& rng) const;

  // As Sample, no triplet twice; fewer where the items hold fewer or finding more took too long.
  std::vector<Triplet> SampleDistinct(size_t count, Rng& rng) const;

  // Anchors among the items that have both, each with `positives` + `negatives` others drawn with
  // replacement.
  struct Picks {
    std::vector<int64_t> anchors;    // [A], positions within `items`
    std::vector<int64_t> positives;  // [A, P]
    std::vector<int64_t> negatives;  // [A, N]
  };
  Picks PickAll(size_t positives, size_t negatives, Rng& rng) const;

 private:
  Triplet Draw(Rng& rng) const;

  std::shared_ptr<const internal::Partners> partners_;
  std::vector<size_t> anchors_;  // numbers of partners_ that have a positive and a negative
};

}  // namespace csn
