// The image formats, one function each. The caller has told the format by its first bytes.
// All throw what PixelLease throws, before any pixel has memory, and Error(kCorruption) for broken
// bytes. Thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "base/image.h"
#include "base/internal/pixel_lease.h"

namespace csn::internal {

// `min_side` as DecodeImage's; `lease` is taken for the size that the header tells.
Image DecodeJpeg(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side,
                 PixelLease& lease);
Image DecodePng(std::span<const uint8_t> bytes, const ImageLimits& limits, PixelLease& lease);
Image DecodeWebp(std::span<const uint8_t> bytes, const ImageLimits& limits, PixelLease& lease);

// [pixels, 4] with alpha last becomes [pixels, 3], laid over white. In place, for pictures are
// large.
void LayOverWhite(std::vector<uint8_t>& rgba);

}  // namespace csn::internal
