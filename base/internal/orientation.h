// Which way up a photograph is to be seen, as its EXIF block says.
#pragma once

#include <cstdint>
#include <span>

#include "base/image.h"

namespace csn::internal {

// EXIF's numbers: how the stored rows and columns lie in the scene. 1 is upright; from 5 on rows
// are stored as columns.
inline constexpr int kUpright = 1;

// The orientation that an EXIF block tells, with or without the "Exif" mark in front; kUpright
// where it tells none, or none that there is. Thread-safe.
int ReadOrientation(std::span<const uint8_t> exif);

// The stored picture turned and mirrored until it is upright.
Image Upright(Image stored, int orientation);

}  // namespace csn::internal
