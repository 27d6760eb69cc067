#include <png.h>

#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/internal/codecs.h"

namespace csn::internal {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkBytes = 12;  // length, type and checksum

// Frees what libpng holds, whatever happens.
struct PngReader {
  png_image image{};
  PngReader() { image.version = PNG_IMAGE_VERSION; }
  ~PngReader() { png_image_free(&image); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
};

// A whole file is chunks from IHDR to IEND. libpng stops reading at the last pixel and so misses a
// lost tail. Returns the EXIF block, empty where there is none.
std::span<const uint8_t> CheckChunks(std::span<const uint8_t> bytes, const ImageLimits& limits,
                                     PixelLease& lease) {
  std::span<const uint8_t> exif;
  for (size_t at = kSignatureBytes;;) {
    if (bytes.size() - at < kChunkBytes) break;
    const size_t length = png_get_uint_32(bytes.data() + at);
    const uint8_t* type = bytes.data() + at + 4;
    if (length > bytes.size() - at - kChunkBytes) break;
    if (at == kSignatureBytes) {
      if (std::memcmp(type, "IHDR", 4) != 0 || length < 8) break;
      lease.Take(png_get_uint_32(type + 4), png_get_uint_32(type + 8), limits);
    }
    if (std::memcmp(type, "eXIf", 4) == 0) exif = bytes.subspan(at + kChunkBytes - 4, length);
    if (std::memcmp(type, "IEND", 4) == 0) return exif;
    at += kChunkBytes + length;
  }
  Fail(ErrorCode::kCorruption, "broken PNG: truncated, no whole chunks from IHDR to IEND");
}

// `format` is one of libpng's with a byte a channel.
std::vector<uint8_t> WritePng(std::span<const uint8_t> pixels, int width, int height,
                              png_uint_32 format) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<uint8_t> bytes(size);
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels.data(), 0, nullptr)) {
    Fail(ErrorCode::kFailed, "encoding a PNG of {} x {} pixels: {}", width, height, png.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

StoredImage DecodePng(std::span<const uint8_t> bytes, const ImageLimits& limits,
                      PixelLease& lease) {
  const std::span<const uint8_t> exif = CheckChunks(bytes, limits, lease);
  PngReader reader;
  if (!png_image_begin_read_from_memory(&reader.image, bytes.data(), bytes.size())) {
    Fail(ErrorCode::kCorruption, "broken PNG: {}", reader.image.message);
  }
  const bool alpha = (reader.image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  reader.image.format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  // Deep photographs without a gamma are sRGB like all others, not linear as libpng would have it.
  reader.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  Image image{.width = static_cast<int>(reader.image.width),
              .height = static_cast<int>(reader.image.height),
              .rgb = {}};
  image.rgb.resize(static_cast<size_t>(image.width) * static_cast<size_t>(image.height) *
                   (alpha ? 4 : 3));
  if (!png_image_finish_read(&reader.image, nullptr, image.rgb.data(), 0, nullptr)) {
    Fail(ErrorCode::kCorruption, "broken PNG: {}", reader.image.message);
  }
  if (alpha) LayOverWhite(image.rgb);
  return {std::move(image), ReadOrientation(exif)};
}

}  // namespace csn::internal

namespace csn {

std::vector<uint8_t> EncodePng(const Image& image) {
  internal::RequirePixels(image, "PNG");
  return internal::WritePng(image.rgb, image.width, image.height, PNG_FORMAT_RGB);
}

std::vector<uint8_t> EncodeGreyPng(std::span<const uint8_t> grey, int width, int height) {
  Require(width > 0 && height > 0 &&
              grey.size() == static_cast<size_t>(width) * static_cast<size_t>(height),
          "encoding a grey PNG: expected a byte a pixel for {} x {} pixels, got {}", width, height,
          grey.size());
  return internal::WritePng(grey, width, height, PNG_FORMAT_GRAY);
}

}  // namespace csn
