// Sets of rows, as compressed bitmaps.
#pragma once

#include <array>
#include <cstdint>
#include <roaring/roaring.hh>

namespace csn {

// Ascending in iteration; `&`, `|`, `-`, cardinality(), contains() and addRange(first, end) are its
// own. A const one may be read by any number of threads.
using RowSet = ::Roaring;

// Calls visit(row) for the rows, ascending: faster than its iterator, which decodes one at a time.
template <typename Visit>
void ForEachRow(const RowSet& rows, const Visit& visit) {
  roaring_uint32_iterator_t at;
  roaring_init_iterator(&rows.roaring, &at);
  std::array<uint32_t, 256> some;
  while (const uint32_t count = roaring_read_uint32_iterator(&at, some.data(), some.size())) {
    for (uint32_t i = 0; i < count; ++i) visit(some[i]);
  }
}

}  // namespace csn
