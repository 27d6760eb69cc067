// What must hold within one manifest, whether it is about to be written or was read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "storage/manifest.h"

namespace csn::internal {

// Bounds on what a manifest may announce, far above any use, so that hostile text cannot ask for
// endless memory.
inline constexpr size_t kMaxManifestDim = 1 << 16;
inline constexpr size_t kMaxManifestNotions = 1024;

// The first contradiction found; "" where there is none.
std::string ManifestFault(const Manifest& manifest);

// True for exactly `digits` lower-case hexadecimal digits.
bool IsHex(std::string_view text, size_t digits);

}  // namespace csn::internal
