// The image formats, one function each. The caller has told the format by its first bytes.
// All throw what PixelLease throws, before any pixel has memory, and Error(kCorruption) for broken
// bytes. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/image.h"
#include "base/internal/orientation.h"
#include "base/internal/pixel_lease.h"

namespace csn::internal {

// A picture as it is stored, and how to see it.
struct StoredImage {
  Image image;
  int orientation = kUpright;
};

// `min_side` as DecodeImage's; `lease` is taken for the size that the header tells.
StoredImage DecodeJpeg(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side,
                       PixelLease& lease);
StoredImage DecodePng(std::span<const uint8_t> bytes, const ImageLimits& limits, PixelLease& lease);
StoredImage DecodeWebp(std::span<const uint8_t> bytes, const ImageLimits& limits,
                       PixelLease& lease);

// [pixels, 4] with alpha last becomes [pixels, 3], laid over white. In place, for pictures are
// large.
void LayOverWhite(std::vector<uint8_t>& rgba);

// Throws Error(kInvalidArgument) naming the format where an image to be encoded has no pixels or
// not 3 bytes for each.
void RequirePixels(const Image& image, std::string_view format);

}  // namespace csn::internal
