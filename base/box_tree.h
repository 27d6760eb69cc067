// Boxes about coded rows that stand near each other: which of them cannot hold one of the nearest
// is told without looking at the rows. For notions of few dimensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/code_filter.h"
#include "base/matrix.h"
#include "base/measurer.h"
#include "base/neighbor.h"
#include "base/row_codes.h"

namespace csn {

// With more dimensions nearly every box is near.
inline constexpr size_t kMostTreeDims = 16;

// Above every 16 blocks of codes a node, above every 16 nodes another, up to one: each knows the
// least and greatest codes of the rows below it and their greatest error. Immutable once made, so
// any number of threads may read it; the viewed codes must outlive it.
class BoxTree {
 public:
  // Reads all codes once. They may be in any order; RowCodes::InTreeOrder's makes boxes small.
  explicit BoxTree(const CodesView& codes);

  const CodesView& codes() const { return codes_; }

 private:
  friend class BoxTreeSearch;

  struct Level {
    size_t nodes = 0;            // of which 16 share a parent
    std::vector<uint8_t> boxes;  // internal::BoxBytes(pairs) of every 16 nodes
    std::vector<float> errors;   // [nodes]
  };

  CodesView codes_;
  std::vector<Level> levels_;  // blocks first; the last one has 16 nodes at most
};

// One search: blocks of rows, those below the nearest boxes first. Not thread-safe.
class BoxTreeSearch {
 public:
  // `filter` is of the tree's codes and has_one_part(). Both must outlive this.
  BoxTreeSearch(const BoxTree& tree, const CodeFilter& filter);

  // Rows of the next block that has some which may not be behind `ceiling`, which must not rise
  // from call to call: how many of `rows` that is. 0: there are no more. Rows that it does not give
  // are behind the ceiling that was asked with last.
  size_t Next(float ceiling, std::span<uint32_t, kCodeBlockRows> rows);

  size_t blocks() const { return blocks_; }  // whose rows were looked at

 private:
  // Of a node, or of a block: no row below is nearer, in steps.
  struct Entry {
    float distance;
    uint32_t level, node;
    // Order of a heap with the nearest on top.
    friend bool operator<(const Entry& a, const Entry& b) { return a.distance > b.distance; }
  };

  // The children, nodes or blocks of `level`, of a node: those within reach. All of the highest
  // level are those of one that is not there.
  void Open(size_t level, size_t node);
  // The nearest block of the node opened last that is within reach; where there is none, of the
  // nearest node that has one.
  std::optional<uint32_t> NextBlock();

  const BoxTree& tree_;
  const CodeFilter& filter_;
  float ceiling_, reach_;      // of the last call
  std::vector<Entry> nodes_;   // a heap
  std::vector<Entry> opened_;  // blocks of one node, the nearest last
  size_t blocks_ = 0;
};

struct TreeAnswer {
  std::vector<Neighbor> nearest;
  size_t blocks = 0;  // of codes, that were looked at
};

// What ExactScan (base/scan.h) gives, by way of a tree of the same rows under the mask of the one
// notion of `ranking` that has a weight.
TreeAnswer NearestInTree(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                         const BoxTree& tree, size_t k,
                         std::optional<uint32_t> excluded = std::nullopt);

}  // namespace csn
