// Pictures made for tests: JPEG of every kind, WebP, and what is expected of them.
#pragma once

// jpeglib.h needs FILE.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#include <gtest/gtest.h>
#include <webp/encode.h>

#include <array>
#include <cstdlib>
#include <span>
#include <vector>

#include "base/image.h"
#include "tests/support/test_support.h"

namespace csn::test {

inline std::array<int, 3> Pixel(std::span<const uint8_t> rgb, int width, int x, int y) {
  const size_t at =
      3 * (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x));
  return {rgb[at], rgb[at + 1], rgb[at + 2]};
}

inline std::array<int, 3> Pixel(const Image& image, int x, int y) {
  return Pixel(image.rgb, image.width, x, y);
}

inline void ExpectNear(const std::array<int, 3>& got, const std::array<int, 3>& expected,
                       int tolerance) {
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(got[c], expected[c], tolerance) << "channel " << c;
}

// What pixels are, and how they are to be stored.
struct JpegKind {
  J_COLOR_SPACE pixels = JCS_RGB;
  J_COLOR_SPACE stored = JCS_YCbCr;
  bool progressive = false;
  std::vector<jpeg_scan_info> scans = {};  // in place of the usual ones
};

// Pixels as a JPEG of best quality, every channel at full resolution.
inline std::vector<uint8_t> MakeJpeg(std::vector<uint8_t> pixels, int width, int height,
                                     const JpegKind& kind) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);  // ends the process, which a test may
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = static_cast<unsigned>(width);
  info.image_height = static_cast<unsigned>(height);
  info.in_color_space = kind.pixels;
  info.input_components = static_cast<int>(pixels.size()) / (width * height);
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, kind.stored);
  jpeg_set_quality(&info, 100, TRUE);
  for (int i = 0; i < info.num_components; ++i) {
    info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
  }
  if (kind.progressive) jpeg_simple_progression(&info);
  if (!kind.scans.empty()) {
    info.scan_info = kind.scans.data();
    info.num_scans = static_cast<int>(kind.scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  const size_t stride = pixels.size() / static_cast<size_t>(height);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.data() + info.next_scanline * stride;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<uint8_t> bytes(data, data + size);
  std::free(data);
  return bytes;
}

inline std::vector<uint8_t> MakeJpeg(const Image& image, const JpegKind& kind = {}) {
  return MakeJpeg(image.rgb, image.width, image.height, kind);
}

inline std::vector<uint8_t> TakeWebp(uint8_t* data, size_t size) {
  EXPECT_GT(size, 0u);
  std::vector<uint8_t> bytes(data, data + size);
  WebPFree(data);
  return bytes;
}

inline std::vector<uint8_t> MakeWebp(const Image& image) {
  uint8_t* data = nullptr;
  const size_t size =
      WebPEncodeLosslessRGB(image.rgb.data(), image.width, image.height, 3 * image.width, &data);
  return TakeWebp(data, size);
}

inline void ExpectEveryTruncationRefused(const std::vector<uint8_t>& whole) {
  ASSERT_NO_THROW(DecodeImage(whole));
  for (size_t length = 0; length < whole.size(); ++length) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(length));
    EXPECT_THROW(DecodeImage(part), Error) << length << " of " << whole.size() << " bytes";
  }
}

}  // namespace csn::test
