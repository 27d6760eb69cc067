#include "base/internal/pixel_lease.h"

#include <condition_variable>
#include <mutex>

#include "base/error.h"

namespace csn::internal {
namespace {

std::mutex mutex;
std::condition_variable given_back;
uint64_t taken = 0;

}  // namespace

PixelLease::~PixelLease() {
  if (pixels_ == 0) return;
  const std::lock_guard lock(mutex);
  taken -= pixels_;
  given_back.notify_all();
}

void PixelLease::Take(int64_t width, int64_t height, const ImageLimits& limits) {
  if (width <= 0 || height <= 0) {
    Fail(ErrorCode::kCorruption, "broken image: its header claims {} x {} pixels", width, height);
  }
  // Formats hold sides below 2^32, so the product fits.
  const uint64_t pixels = static_cast<uint64_t>(width) * static_cast<uint64_t>(height);
  Require(pixels <= limits.max_pixels, "an image of {} x {} pixels: expected at most {} in all",
          width, height, limits.max_pixels);
  std::unique_lock lock(mutex);
  given_back.wait(lock, [&] { return taken == 0 || taken + pixels <= kMostPixelsAtOnce; });
  taken += pixels;
  pixels_ = pixels;
}

}  // namespace csn::internal
