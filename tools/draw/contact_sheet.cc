#include "tools/draw/contact_sheet.h"

#include <algorithm>

#include "base/error.h"

namespace csn {

Image ContactSheet(const std::vector<std::vector<uint8_t>>& tiles, int side, int columns, int gap) {
  Require(!tiles.empty(), "a contact sheet: no photographs");
  Require(side >= 1 && columns >= 1 && gap >= 0,
          "a contact sheet: tiles of {} pixels in {} columns, {} apart", side, columns, gap);
  const int count = static_cast<int>(tiles.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  Image sheet{columns * (side + gap) - gap, rows * (side + gap) - gap, {}};
  sheet.rgb.assign(static_cast<size_t>(sheet.width) * sheet.height * 3, 255);
  const size_t line = static_cast<size_t>(side) * 3;
  for (int i = 0; i < count; ++i) {
    Require(tiles[i].size() == line * side, "a contact sheet: photograph {} has {} bytes, not {}",
            i, tiles[i].size(), line * side);
    const size_t left = static_cast<size_t>(i % columns) * (side + gap);
    const size_t top = static_cast<size_t>(i / columns) * (side + gap);
    for (size_t y = 0; y < static_cast<size_t>(side); ++y) {
      std::copy_n(
          tiles[i].begin() + static_cast<std::ptrdiff_t>(y * line), line,
          sheet.rgb.begin() + static_cast<std::ptrdiff_t>(((top + y) * sheet.width + left) * 3));
    }
  }
  return sheet;
}

}  // namespace csn
