// Columns as people name them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/item.h"

namespace csn::internal {

// Whether names are one but for case and for `-` or a blank in the place of `_`.
bool AreAlike(std::string_view a, std::string_view b);

// The position of the column of this very name, or else of the only one whose name is alike.
std::optional<size_t> LookUpColumn(const std::vector<Column>& columns, std::string_view name);

}  // namespace csn::internal
