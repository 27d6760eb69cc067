#include "base/internal/orientation.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace csn::internal {
namespace {

constexpr uint8_t kMark[] = {'E', 'x', 'i', 'f', 0, 0};
constexpr int kFirstTransposed = 5;
constexpr int kLastOrientation = 8;

using ExifBlock = std::unique_ptr<ExifData, decltype(&exif_data_unref)>;

// libexif wants the mark that only JPEG puts in front.
std::vector<uint8_t> WithMark(std::span<const uint8_t> exif) {
  std::vector<uint8_t> marked;
  if (exif.size() < sizeof kMark || !std::ranges::equal(exif.first(sizeof kMark), kMark)) {
    marked.assign(kMark, kMark + sizeof kMark);
  }
  marked.insert(marked.end(), exif.begin(), exif.end());
  return marked;
}

}  // namespace

int ReadOrientation(std::span<const uint8_t> exif) {
  if (exif.empty() || exif.size() > std::numeric_limits<unsigned>::max() / 2) return kUpright;
  const std::vector<uint8_t> marked = WithMark(exif);
  const ExifBlock block(
      exif_data_new_from_data(marked.data(), static_cast<unsigned>(marked.size())),
      exif_data_unref);
  if (block == nullptr) return kUpright;
  const ExifEntry* entry = exif_content_get_entry(block->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->components != 1 ||
      entry->size < 2) {
    return kUpright;
  }
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(block.get()));
  return orientation >= kUpright && orientation <= kLastOrientation ? orientation : kUpright;
}

Image Upright(Image stored, int orientation) {
  if (orientation == kUpright) return stored;
  const bool transposed = orientation >= kFirstTransposed;
  // Where the upright picture's first row and column are stored: at the end for these.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image upright{.width = transposed ? stored.height : stored.width,
                .height = transposed ? stored.width : stored.height,
                .rgb = {}};
  upright.rgb.resize(stored.rgb.size());
  uint8_t* to = upright.rgb.data();
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const int along = transposed ? y : x, down = transposed ? x : y;
      const int column = from_right ? stored.width - 1 - along : along;
      const int row = from_bottom ? stored.height - 1 - down : down;
      const size_t at = 3 * (static_cast<size_t>(row) * static_cast<size_t>(stored.width) +
                             static_cast<size_t>(column));
      to = std::copy_n(stored.rgb.data() + at, 3, to);
    }
  }
  return upright;
}

}  // namespace csn::internal
