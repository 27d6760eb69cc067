// One row found by a search.
#pragma once

#include <cstdint>

namespace csn {

// `value` is what the search ranked by: a squared distance D_c, or a score; smaller is nearer.
struct Neighbor {
  uint32_t row = 0;
  double value = 0;

  // Nearest first; rows are in sku order, so a tie goes to the smaller sku.
  friend bool operator<(const Neighbor& a, const Neighbor& b) {
    return a.value != b.value ? a.value < b.value : a.row < b.row;
  }
  friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

}  // namespace csn
