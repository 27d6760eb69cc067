// Why a filter does not let an item through.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/metadata_store.h"

namespace csn::internal {

struct FilterReason {
  std::string text;    // a part of the filter, as written
  bool holds = false;  // it does, but under a "not"; else it does not
  std::string column;  // that it asks for, as written
};

// The parts that keep `row` out: of an "and" those that are false, of an "or" all of them. None
// where the filter lets the row through. Errors as Filter.
std::vector<FilterReason> WhyFilteredOut(const MetadataStore& store, std::string_view where,
                                         uint32_t row);

}  // namespace csn::internal
