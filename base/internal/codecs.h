// The image formats, one function each. The caller has told the format by its first bytes.
// All throw Error(kInvalidArgument) beyond limits.max_pixels, before any pixel has memory, and
// Error(kCorruption) for broken bytes. Thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "base/image.h"

namespace csn::internal {

// `min_side` as DecodeImage's.
Image DecodeJpeg(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side);
Image DecodePng(std::span<const uint8_t> bytes, const ImageLimits& limits);
Image DecodeWebp(std::span<const uint8_t> bytes, const ImageLimits& limits);

// Refuses what the header of an image claims: an empty picture as damage, one beyond the limit as
// the caller's fault.
void CheckSize(int64_t width, int64_t height, const ImageLimits& limits);

// [pixels, 4] with alpha last, laid over white: [pixels, 3].
std::vector<uint8_t> OverWhite(std::span<const uint8_t> rgba);

}  // namespace csn::internal
