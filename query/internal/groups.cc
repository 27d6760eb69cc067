#include "query/internal/groups.h"

#include <span>
#include <string_view>

namespace csn::internal {

Groups ReadGroups(const MetadataStore& store, size_t column) {
  Groups groups{.of_row = std::vector<uint32_t>(store.size(), kNoGroup)};
  const auto add = [&](const auto& rows) {
    for (const uint32_t row : rows) groups.of_row[row] = groups.count;
    ++groups.count;
  };
  if (store.columns()[column].type == ColumnType::kNumber) {
    store.ForEachNumber(column, [&](double, std::span<const uint32_t> rows) { add(rows); });
  } else {
    store.ForEachText(column, "", [&](std::string_view, const RowSet& rows) {
      add(rows);
      return true;
    });
  }
  return groups;
}

}  // namespace csn::internal
