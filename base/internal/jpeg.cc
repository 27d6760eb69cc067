#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "base/internal/codecs.h"

namespace csn::internal {
namespace {

struct DestroyHandle {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<tjhandle>, DestroyHandle>;

[[noreturn]] void FailBroken(tjhandle handle) {
  Fail(ErrorCode::kCorruption, "broken JPEG: {}", tjGetErrorStr2(handle));
}

// Oddities of a header that leave the pixels whole. Every other warning means that pixels are
// missing or made up.
bool IsHarmless(std::string_view warning) {
  return warning.find("JFIF revision") != std::string_view::npos ||
         warning.find("Adobe color transform") != std::string_view::npos ||
         warning.find("Invalid SOS parameters") != std::string_view::npos;
}

// The greatest reduction of 1, 1/2, 1/4, 1/8 that keeps the short side at `min_side` or above.
tjscalingfactor ChooseScale(int width, int height, int min_side) {
  tjscalingfactor scale{1, 1};
  for (const int divisor : {2, 4, 8}) {
    const tjscalingfactor smaller{1, divisor};
    if (min_side <= 0 || TJSCALED(std::min(width, height), smaller) < min_side) break;
    scale = smaller;
  }
  return scale;
}

// Adobe's CMYK, the only one in use, is stored inverted: 255 is no ink.
std::vector<uint8_t> CmykToRgb(std::span<const uint8_t> cmyk) {
  std::vector<uint8_t> rgb(cmyk.size() / 4 * 3);
  for (size_t i = 0, j = 0; j < rgb.size(); i += 4) {
    const unsigned key = cmyk[i + 3];
    for (size_t c = 0; c < 3; ++c) rgb[j++] = static_cast<uint8_t>((cmyk[i + c] * key + 127) / 255);
  }
  return rgb;
}

}  // namespace

Image DecodeJpeg(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side) {
  const Handle handle(tjInitDecompress());
  if (handle == nullptr) throw std::bad_alloc();
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(handle.get(), bytes.data(), bytes.size(), &width, &height, &subsampling,
                          &colors) != 0 &&
      (tjGetErrorCode(handle.get()) == TJERR_FATAL || !IsHarmless(tjGetErrorStr2(handle.get())))) {
    FailBroken(handle.get());
  }
  CheckSize(width, height, limits);

  const tjscalingfactor scale = ChooseScale(width, height, min_side);
  const bool cmyk = colors == TJCS_CMYK || colors == TJCS_YCCK;
  Image image{.width = TJSCALED(width, scale), .height = TJSCALED(height, scale), .rgb = {}};
  image.rgb.resize(static_cast<size_t>(image.width) * static_cast<size_t>(image.height) *
                   (cmyk ? 4 : 3));
  // LIMITSCANS: a few kilobytes of progressive scans could otherwise keep a processor busy for
  // minutes.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  if (tjDecompress2(handle.get(), bytes.data(), bytes.size(), image.rgb.data(), image.width, 0,
                    image.height, cmyk ? TJPF_CMYK : TJPF_RGB, flags) != 0 &&
      (tjGetErrorCode(handle.get()) == TJERR_FATAL || !IsHarmless(tjGetErrorStr2(handle.get())))) {
    FailBroken(handle.get());
  }
  if (cmyk) image.rgb = CmykToRgb(image.rgb);
  return image;
}

}  // namespace csn::internal
