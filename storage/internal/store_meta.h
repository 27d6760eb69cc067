// What a metadata store knows of itself: how many rows, which columns.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/item.h"

namespace csn::internal {

inline constexpr uint64_t kStoreVersion = 2;
inline constexpr uint64_t kMaxStoreRows = std::numeric_limits<uint32_t>::max();

struct StoreMeta {
  uint64_t version = kStoreVersion;
  uint64_t count = 0;
  std::vector<Column> columns;
  // One a column: its texts are too long to be looked into. Empty in version 1.
  std::vector<bool> too_long;

  bool has_attributes() const { return version >= 2; }
};

std::string EncodeMeta(const StoreMeta& meta);
// Throws Error(kCorruption) naming the store's folder where the bytes are short, wrong or of a
// later version.
StoreMeta DecodeMeta(std::string_view bytes, const std::string& folder);

}  // namespace csn::internal
