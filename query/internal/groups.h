// Which rows share a value of a column.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "storage/metadata_store.h"

namespace csn::internal {

inline constexpr uint32_t kNoGroup = std::numeric_limits<uint32_t>::max();

// The group of every row, numbered from 0; kNoGroup where the value is missing.
struct Groups {
  std::vector<uint32_t> of_row;
  uint32_t count = 0;
};

// Of a text or number column. Errors as MetadataStore.
Groups ReadGroups(const MetadataStore& store, size_t column);

}  // namespace csn::internal
