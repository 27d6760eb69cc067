// What a column holds, and how often: of all items, or of those a filter lets through.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/item.h"
#include "base/row_set.h"
#include "storage/metadata_store.h"

namespace csn {

struct Facet {
  Column column;
  uint64_t items = 0;     // those looked at
  uint64_t missing = 0;   // of them, without a value
  uint64_t distinct = 0;  // different values (of lists, parts) among them
  // The values that most of them have, and how many: the most frequent first, equals ascending. Of
  // a list column, an item counts for each of its parts.
  std::vector<std::pair<Value, uint64_t>> values = {};
  // Of number columns: least and greatest.
  std::optional<std::pair<double, double>> range = {};
};

// Counts a column's values among the rows of `among` (none: all rows); `most` of them are kept.
// Throws Error(kInvalidArgument) where the column cannot be looked into, Error(kCorruption) as
// MetadataStore. Thread-safe.
Facet CountFacet(const MetadataStore& store, size_t column, const RowSet* among, size_t most);

// The column of this name, or of the only one that differs from it but in case and in `-` or a
// blank for `_`. Throws Error(kInvalidArgument) that begins with `asker` and has near names.
size_t FindColumn(const std::vector<Column>& columns, std::string_view name,
                  std::string_view asker);

}  // namespace csn
