// Keeps the k nearest of many.
#pragma once

#include <algorithm>
#include <vector>

#include "base/neighbor.h"

namespace csn {

class NearestHeap {
 public:
  // `most`: how many will be added at most.
  NearestHeap(size_t k, size_t most) : k_(k) { heap_.reserve(std::min(k, most)); }

  void Add(const Neighbor& neighbor) {
    if (heap_.size() < k_) {
      heap_.push_back(neighbor);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (neighbor < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = neighbor;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  bool full() const { return heap_.size() == k_; }
  // The farthest of those kept, of a heap that is full.
  const Neighbor& farthest() const { return heap_.front(); }

  // Nearest first.
  std::vector<Neighbor> Take() && {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  const size_t k_;              // at least 1
  std::vector<Neighbor> heap_;  // the farthest on top
};

}  // namespace csn
