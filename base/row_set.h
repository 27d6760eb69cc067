// Sets of rows, as compressed bitmaps.
#pragma once

#include <roaring/roaring.hh>

namespace csn {

// Ascending in iteration; `&`, `|`, `-`, cardinality(), contains() and addRange(first, end) are its
// own. A const one may be read by any number of threads.
using RowSet = ::Roaring;

}  // namespace csn
