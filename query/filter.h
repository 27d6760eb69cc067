// The rows of a store that a filter lets through.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/row_set.h"
#include "query/where.h"
#include "storage/metadata_store.h"

namespace csn {

struct FilterResult {
  RowSet rows;
  // What is probably a mistake, for people: a text that no item has, with near ones.
  std::vector<std::string> notes;
};

// Evaluates a filter by the store's attributes. `sku` is a text column beside the store's own. A
// comparison with a missing value is false: `not (price < 5)` lets items without a price through,
// `price >= 5` does not. Texts compare bytewise. A column is meant by its name, or where no other
// one differs from it but in case and in - or a blank for _, by such a name.
//
// Throws Error(kInvalidArgument) as ParseWhere, and naming the character for a column that is not
// there (with near names) or cannot be asked, a value of another type than the column's, a range
// whose ends are the wrong way round, and a store that has no attributes; Error(kCorruption) as
// MetadataStore. Thread-safe.
FilterResult Filter(const MetadataStore& store, std::string_view where);

// The rows that a part of a filter lets through that has been read and checked, without notes.
RowSet FilterRows(const MetadataStore& store, const WhereExpression& part);

}  // namespace csn
