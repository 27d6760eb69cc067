#include "base/box_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/internal/box_distances.h"
#include "base/nearest_heap.h"
#include "base/score_filter.h"

namespace csn {
namespace {

using internal::BoxBytes;
using internal::kBoxesTogether;

// The least and greatest codes of one box, [pairs][2] each.
struct Box {
  explicit Box(size_t pairs) : least(2 * pairs, 255), greatest(2 * pairs, 0) {}

  void Take(size_t at, uint8_t low, uint8_t high) {
    least[at] = std::min(least[at], low);
    greatest[at] = std::max(greatest[at], high);
  }

  std::vector<uint8_t> least, greatest;
};

using PairBytes = std::array<uint8_t, kCodeBlockRows>;

// The second To bytes onto the first: a number that is known, so that it goes by vectors.
template <size_t To>
void Fold(PairBytes& least, PairBytes& greatest) {
  for (size_t i = 0; i < To; ++i) {
    least[i] = std::min(least[i], least[To + i]);
    greatest[i] = std::max(greatest[i], greatest[To + i]);
  }
}

// Two codes of each row of a block that is full.
void TakeWhole(const uint8_t* codes, size_t pair, Box& box) {
  PairBytes least, greatest;
  for (size_t i = 0; i < least.size(); ++i) {
    least[i] = std::min(codes[i], codes[least.size() + i]);
    greatest[i] = std::max(codes[i], codes[least.size() + i]);
  }
  Fold<32>(least, greatest);
  Fold<16>(least, greatest);
  for (size_t i = 0; i < 16; ++i) box.Take(2 * pair + i % 2, least[i], greatest[i]);
}

Box BoxOfBlock(const CodesView& codes, size_t block) {
  Box box(codes.pairs());
  const size_t rows = std::min(kCodeBlockRows, codes.rows - block * kCodeBlockRows);
  const uint8_t* at = codes.codes + block * codes.block_bytes();
  for (size_t pair = 0; pair < codes.pairs(); ++pair, at += kCodeBlockRows * 2) {
    if (rows == kCodeBlockRows) {
      TakeWhole(at, pair, box);
    } else {
      for (size_t i = 0; i < 2 * rows; ++i) box.Take(2 * pair + i % 2, at[i], at[i]);
    }
  }
  return box;
}

// Where, in boxes of one level, the least codes of a node's pair stand; the greatest are behind
// those of all 16.
size_t BoxPlace(size_t node, size_t pairs, size_t pair) {
  return node / kBoxesTogether * BoxBytes(pairs) + pair * BoxBytes(1) + node % kBoxesTogether * 2;
}

void PutBox(const Box& box, size_t node, size_t pairs, std::vector<uint8_t>& boxes) {
  for (size_t pair = 0; pair < pairs; ++pair) {
    uint8_t* at = &boxes[BoxPlace(node, pairs, pair)];
    for (size_t i = 0; i < 2; ++i) {
      at[i] = box.least[2 * pair + i];
      at[2 * kBoxesTogether + i] = box.greatest[2 * pair + i];
    }
  }
}

// About the children of one node.
Box BoxOfNodes(const std::vector<uint8_t>& boxes, size_t first, size_t count, size_t pairs) {
  Box box(pairs);
  for (size_t node = first; node < first + count; ++node) {
    for (size_t pair = 0; pair < pairs; ++pair) {
      const uint8_t* at = &boxes[BoxPlace(node, pairs, pair)];
      for (size_t i = 0; i < 2; ++i) box.Take(2 * pair + i, at[i], at[2 * kBoxesTogether + i]);
    }
  }
  return box;
}

// Into the cache, before it is asked for.
void Fetch(const uint8_t* at, size_t bytes) {
  constexpr size_t kLineBytes = 64;
  for (size_t line = 0; line < bytes; line += kLineBytes) __builtin_prefetch(at + line);
}

size_t ParentsOf(size_t nodes) { return (nodes + kBoxesTogether - 1) / kBoxesTogether; }

}  // namespace

BoxTree::BoxTree(const CodesView& codes) : codes_(codes) {
  const size_t pairs = codes.pairs();
  Level blocks{.nodes = codes.blocks(),
               .boxes = std::vector<uint8_t>(ParentsOf(codes.blocks()) * BoxBytes(pairs)),
               .errors = {codes.errors.begin(), codes.errors.end()}};
  for (size_t block = 0; block < blocks.nodes; ++block) {
    PutBox(BoxOfBlock(codes, block), block, pairs, blocks.boxes);
  }
  levels_.push_back(std::move(blocks));
  while (levels_.back().nodes > kBoxesTogether) {
    const Level& below = levels_.back();
    Level level{.nodes = ParentsOf(below.nodes),
                .boxes = std::vector<uint8_t>(ParentsOf(ParentsOf(below.nodes)) * BoxBytes(pairs)),
                .errors = {}};
    for (size_t node = 0; node < level.nodes; ++node) {
      const size_t first = node * kBoxesTogether;
      const size_t count = std::min(kBoxesTogether, below.nodes - first);
      PutBox(BoxOfNodes(below.boxes, first, count, pairs), node, pairs, level.boxes);
      const auto errors = std::span(below.errors).subspan(first, count);
      level.errors.push_back(*std::max_element(errors.begin(), errors.end()));
    }
    levels_.push_back(std::move(level));
  }
}

BoxTreeSearch::BoxTreeSearch(const BoxTree& tree, const CodeFilter& filter)
    : tree_(tree),
      filter_(filter),
      ceiling_(std::numeric_limits<float>::infinity()),
      reach_(ceiling_) {
  nodes_.reserve(8 * kBoxesTogether);
  opened_.reserve(kBoxesTogether);
  Open(tree_.levels_.size() - 1, 0);
}

void BoxTreeSearch::Open(size_t level, size_t node) {
  const BoxTree::Level& at = tree_.levels_[level];
  const size_t first = node * kBoxesTogether, pairs = tree_.codes_.pairs();
  if (at.nodes == 0) return;
  std::array<int32_t, kBoxesTogether> squares;
  internal::BoxDistances(&at.boxes[node * BoxBytes(pairs)], pairs, filter_.point().data(),
                         squares.data());
  const size_t count = std::min(kBoxesTogether, at.nodes - first);
  for (size_t i = 0; i < count; ++i) {
    // Rounded a few times, of numbers that rows' errors and distances are not smaller than.
    const float distance = std::sqrt(static_cast<float>(squares[i])) * (1 - 0x1p-20f) -
                           at.errors[first + i] * (1 + 0x1p-20f);
    if (distance > reach_) continue;
    const Entry child = {distance, static_cast<uint32_t>(level), static_cast<uint32_t>(first + i)};
    if (level == 0) {
      opened_.push_back(child);
    } else {
      nodes_.push_back(child);
      std::push_heap(nodes_.begin(), nodes_.end());
    }
  }
  if (level == 0) std::sort(opened_.begin(), opened_.end());
}

std::optional<uint32_t> BoxTreeSearch::NextBlock() {
  while (true) {
    if (!opened_.empty() && !(opened_.back().distance > reach_)) {
      const uint32_t block = opened_.back().node;
      opened_.pop_back();
      if (!opened_.empty()) {
        const CodesView& codes = tree_.codes_;
        Fetch(codes.codes + opened_.back().node * codes.block_bytes(), codes.block_bytes());
      }
      return block;
    }
    opened_.clear();  // the others are farther
    if (nodes_.empty() || nodes_.front().distance > reach_) return std::nullopt;
    const Entry nearest = nodes_.front();
    std::pop_heap(nodes_.begin(), nodes_.end());
    nodes_.pop_back();
    if (!nodes_.empty()) {
      const size_t bytes = BoxBytes(tree_.codes_.pairs());
      const Entry& next = nodes_.front();
      Fetch(&tree_.levels_[next.level - 1].boxes[next.node * bytes], bytes);
    }
    Open(nearest.level - 1, nearest.node);
  }
}

size_t BoxTreeSearch::Next(float ceiling, std::span<uint32_t, kCodeBlockRows> rows) {
  if (ceiling != ceiling_) reach_ = filter_.Reach(ceiling);
  ceiling_ = ceiling;
  const std::span<const uint32_t> order = tree_.codes_.order;
  while (const std::optional<uint32_t> block = NextBlock()) {
    ++blocks_;
    uint64_t within = 0;
    filter_.FindWithinReach(*block, reach_, {&within, 1});
    size_t count = 0;
    for (; within != 0; within &= within - 1) {
      const size_t place =
          size_t{*block} * kCodeBlockRows + static_cast<size_t>(std::countr_zero(within));
      rows[count++] = order.empty() ? static_cast<uint32_t>(place) : order[place];
    }
    if (count > 0) return count;
  }
  return 0;
}

TreeAnswer NearestInTree(const Ranking& ranking, std::span<const float> query, MatrixView rows,
                         const BoxTree& tree, size_t k, std::optional<uint32_t> excluded) {
  Require(k >= 1, "exact search: expected k of at least 1, got {}", k);
  const Examples examples{.liked = {query}};
  Measurer measurer(ranking, examples);
  NearestHeap nearest(k, rows.rows);
  const auto measure = [&](uint32_t row) {
    if (excluded != row) nearest.Add({row, measurer.Score(rows.Row(row))});
  };
  const ScoreFilter filter(ranking, examples);
  const std::vector<CodesView> codes(ranking.weights.size(), tree.codes());
  const std::optional<CodeFilter> by_codes = CodeFilter::Make(ranking, filter, codes);
  if (!by_codes) {
    for (uint32_t row = 0; row < rows.rows; ++row) measure(row);
    return {.nearest = std::move(nearest).Take(), .blocks = tree.codes().blocks()};
  }
  BoxTreeSearch search(tree, *by_codes);
  std::array<uint32_t, kCodeBlockRows> within;
  float ceiling = std::numeric_limits<float>::infinity();
  while (const size_t count = search.Next(ceiling, within)) {
    for (size_t i = 0; i < count; ++i) measure(within[i]);
    if (nearest.full()) ceiling = filter.Ceiling(nearest.farthest().value);
  }
  return {.nearest = std::move(nearest).Take(), .blocks = search.blocks()};
}

}  // namespace csn
