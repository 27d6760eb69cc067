// The bound on the memory that pictures take while they are decoded, whatever the threads.
#pragma once

#include <cstdint>

#include "base/image.h"

namespace csn::internal {

// Pixels that may be in decoding at once in the whole process. A picture beyond it, where the
// limits allow one, waits until it is alone.
inline constexpr uint64_t kMostPixelsAtOnce = 100'000'000;

// A picture's part of them, given back at the end of its life. Used by one thread.
class PixelLease {
 public:
  PixelLease() = default;
  ~PixelLease();
  PixelLease(const PixelLease&) = delete;
  PixelLease& operator=(const PixelLease&) = delete;

  // Refuses what the header of a picture claims: an empty one as damage, one beyond the limit as
  // the caller's fault. Else waits until there is room for it. Called once, before any pixel has
  // memory.
  void Take(int64_t width, int64_t height, const ImageLimits& limits);

 private:
  uint64_t pixels_ = 0;
};

}  // namespace csn::internal
