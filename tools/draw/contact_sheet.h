// Many photographs on one picture, in rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/image.h"

namespace csn {

// `tiles`, each [side, side, 3] bytes as PrepareImage gives them, from left to right and top to
// bottom on white, `gap` pixels between; as many rows as it takes. Throws Error(kInvalidArgument)
// where there is no tile, one has another size, or side, columns or gap are below 1, 1 and 0.
Image ContactSheet(const std::vector<std::vector<uint8_t>>& tiles, int side, int columns,
                   int gap = 2);

}  // namespace csn
