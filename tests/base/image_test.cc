#include "base/image.h"

// jpeglib.h needs FILE.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <webp/encode.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/internal/pixel_lease.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::TestImage;
using test::ThrowsError;

std::array<int, 3> Pixel(std::span<const uint8_t> rgb, int width, int x, int y) {
  const size_t at =
      3 * (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x));
  return {rgb[at], rgb[at + 1], rgb[at + 2]};
}

std::array<int, 3> Pixel(const Image& image, int x, int y) {
  return Pixel(image.rgb, image.width, x, y);
}

void ExpectNear(const std::array<int, 3>& got, const std::array<int, 3>& expected, int tolerance) {
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
std::vector<uint8_t> MakeJpeg(std::vector<uint8_t> pixels, int width, int height,
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

std::vector<uint8_t> MakeJpeg(const Image& image, const JpegKind& kind = {}) {
  return MakeJpeg(image.rgb, image.width, image.height, kind);
}

// Where the header of the first scan stands.
size_t FindScan(const std::vector<uint8_t>& jpeg) {
  const std::array<uint8_t, 2> marker = {0xff, 0xda};
  return static_cast<size_t>(std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end()) -
                             jpeg.begin());
}

std::vector<uint8_t> TakeWebp(uint8_t* data, size_t size) {
  EXPECT_GT(size, 0u);
  std::vector<uint8_t> bytes(data, data + size);
  WebPFree(data);
  return bytes;
}

std::vector<uint8_t> MakeWebp(const Image& image) {
  uint8_t* data = nullptr;
  const size_t size =
      WebPEncodeLosslessRGB(image.rgb.data(), image.width, image.height, 3 * image.width, &data);
  return TakeWebp(data, size);
}

// A PNG's first bytes, with any claimed size.
std::vector<uint8_t> PngClaiming(uint32_t width, uint32_t height) {
  std::vector<uint8_t> bytes = EncodePng(TestImage(2, 2, 9));
  for (int i = 0; i < 4; ++i) {
    bytes[static_cast<size_t>(16 + i)] = static_cast<uint8_t>(width >> (24 - 8 * i));
    bytes[static_cast<size_t>(20 + i)] = static_cast<uint8_t>(height >> (24 - 8 * i));
  }
  return bytes;
}

TEST(DecodeImage, PngRoundTripIsLossless) {
  for (const auto& [width, height] : {std::pair{1, 1}, {37, 20}, {3, 200}}) {
    const Image image = TestImage(width, height, 200);
    const Image decoded = DecodeImage(EncodePng(image));
    EXPECT_EQ(decoded.width, width);
    EXPECT_EQ(decoded.height, height);
    EXPECT_EQ(decoded.rgb, image.rgb);
  }
  EXPECT_THAT([] { EncodePng(Image{.width = 2, .height = 2, .rgb = {1}}); },
              ThrowsError(ErrorCode::kInvalidArgument, "2 x 2 pixels, got 1"));
}

TEST(DecodeImage, Jpeg) {
  const Image image = TestImage(64, 48, 220);
  for (const JpegKind& kind :
       {JpegKind{}, JpegKind{.progressive = true}, JpegKind{.stored = JCS_RGB}}) {
    const Image decoded = DecodeImage(MakeJpeg(image, kind));
    ASSERT_EQ(decoded.width, 64);
    ASSERT_EQ(decoded.height, 48);
    ExpectNear(Pixel(decoded, 1, 1), Pixel(image, 1, 1), 3);
    ExpectNear(Pixel(decoded, 32, 24), Pixel(image, 32, 24), 3);
  }
}

TEST(DecodeImage, GreyJpegBecomesRgb) {
  const std::vector<uint8_t> grey(16 * 8, 90);
  const Image decoded = DecodeImage(MakeJpeg(grey, 16, 8, {JCS_GRAYSCALE, JCS_GRAYSCALE}));
  ASSERT_EQ(decoded.rgb.size(), 3u * 16 * 8);
  ExpectNear(Pixel(decoded, 5, 5), {90, 90, 90}, 1);
}

TEST(DecodeImage, CmykJpegIsConverted) {
  // Inverted, as Adobe writes it: no cyan, half magenta, full yellow, little black.
  std::vector<uint8_t> cmyk;
  for (int i = 0; i < 16 * 16; ++i) cmyk.insert(cmyk.end(), {255, 128, 0, 230});
  for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
    const Image decoded = DecodeImage(MakeJpeg(cmyk, 16, 16, {JCS_CMYK, stored}));
    ASSERT_EQ(decoded.rgb.size(), 3u * 16 * 16);
    ExpectNear(Pixel(decoded, 8, 8), {230, 128 * 230 / 255, 0}, 3);
  }
}

TEST(DecodeImage, JpegIsScaledDownOnlyToTheSideAskedFor) {
  const std::vector<uint8_t> jpeg = MakeJpeg(TestImage(403, 301, 180));
  const std::array<std::array<int, 3>, 6> cases = {{{0, 403, 301},
                                                    {302, 403, 301},
                                                    {152, 403, 301},
                                                    {151, 202, 151},
                                                    {76, 101, 76},
                                                    {10, 51, 38}}};
  for (const auto& [min_side, width, height] : cases) {
    const Image decoded = DecodeImage(jpeg, {}, min_side);
    EXPECT_EQ(decoded.width, width) << min_side;
    EXPECT_EQ(decoded.height, height) << min_side;
    EXPECT_EQ(decoded.rgb.size(), 3u * static_cast<size_t>(width) * static_cast<size_t>(height));
  }
}

TEST(DecodeImage, Webp) {
  const Image image = TestImage(40, 30, 60);
  const Image decoded = DecodeImage(MakeWebp(image));
  EXPECT_EQ(decoded.width, 40);
  EXPECT_EQ(decoded.height, 30);
  EXPECT_EQ(decoded.rgb, image.rgb);
}

TEST(DecodeImage, TransparencyIsLaidOverWhite) {
  const std::vector<uint8_t> rgba = {100, 0, 200, 255, 100, 0, 200, 0, 100, 0, 200, 128};
  uint8_t* data = nullptr;
  const size_t size = WebPEncodeLosslessRGBA(rgba.data(), 3, 1, 12, &data);
  const Image decoded = DecodeImage(TakeWebp(data, size));
  EXPECT_EQ(Pixel(decoded, 0, 0), (std::array<int, 3>{100, 0, 200}));
  EXPECT_EQ(Pixel(decoded, 1, 0), (std::array<int, 3>{255, 255, 255}));
  EXPECT_EQ(Pixel(decoded, 2, 0), (std::array<int, 3>{177, 127, 227}));
}

TEST(DecodeImage, TransparentPng) {
  // 2 x 1 pixels, RGBA 8 bits: red at alpha 255 and at alpha 0, written by hand.
  const std::vector<uint8_t> png = {
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
      0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0xf4,
      0x22, 0x7f, 0x8a, 0x00, 0x00, 0x00, 0x0f, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8,
      0xcf, 0xc0, 0xf0, 0x1f, 0x88, 0x19, 0x00, 0x10, 0xf8, 0x02, 0xfe, 0xac, 0xe9, 0x46, 0xf8,
      0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
  const Image decoded = DecodeImage(png);
  ASSERT_EQ(decoded.rgb.size(), 6u);
  EXPECT_EQ(Pixel(decoded, 0, 0), (std::array<int, 3>{255, 0, 0}));
  EXPECT_EQ(Pixel(decoded, 1, 0), (std::array<int, 3>{255, 255, 255}));
}

void ExpectEveryTruncationRefused(const std::vector<uint8_t>& whole) {
  ASSERT_NO_THROW(DecodeImage(whole));
  for (size_t length = 0; length < whole.size(); ++length) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(length));
    EXPECT_THROW(DecodeImage(part), Error) << length << " of " << whole.size() << " bytes";
  }
}

TEST(DecodeImage, AnimatedWebpIsRefused) {
  // A container that announces animation, 1 x 1 pixels; frames would follow.
  constexpr std::string_view kAnimated("RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\0\0\0\0\0\0",
                                       30);
  EXPECT_THAT([&] { DecodeImage(AsBytes(kAnimated)); },
              ThrowsError(ErrorCode::kInvalidArgument, "an animated WebP"));
}

// Red, green over blue, white; the kinds of PNG that EncodePng does not write.
TEST(DecodeImage, EveryKindOfPng) {
  for (const char* kind : {"deep", "palette", "interlaced"}) {
    SCOPED_TRACE(kind);
    const Image image =
        DecodeImage(ReadFile(fmt::format("{}/tests/data/images/{}.png", CSN_SOURCE_DIR, kind)));
    ASSERT_EQ(image.width, 2);
    ASSERT_EQ(image.height, 2);
    EXPECT_THAT(image.rgb, testing::ElementsAre(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255));
  }
  // A palette whose red is transparent, and grey with alpha: black, half black, white, nothing.
  const auto pixels = [](const char* kind) {
    return DecodeImage(ReadFile(fmt::format("{}/tests/data/images/{}.png", CSN_SOURCE_DIR, kind)))
        .rgb;
  };
  EXPECT_THAT(pixels("transparent-palette"),
              testing::ElementsAre(255, 255, 255, 0, 255, 0, 0, 0, 255, 255, 255, 255));
  EXPECT_THAT(pixels("grey-alpha"),
              testing::ElementsAre(0, 0, 0, 127, 127, 127, 255, 255, 255, 255, 255, 255));
}

TEST(DecodeImage, EveryTruncationIsAnError) {
  const Image image = TestImage(20, 15, 120);
  for (const std::vector<uint8_t>& whole :
       {EncodePng(image), MakeJpeg(image), MakeJpeg(image, {.progressive = true}),
        MakeWebp(image)}) {
    ExpectEveryTruncationRefused(whole);
  }
}

// libjpeg warns of these oddities before it misses the rest of the file.
TEST(DecodeImage, HarmlessWarningsHideNoTruncation) {
  const Image image = TestImage(20, 15, 120);
  const std::vector<uint8_t> plain = MakeJpeg(image);
  std::vector<uint8_t> jfif = plain, scan = plain;
  constexpr size_t kJfifMajor = 11;
  ASSERT_EQ(jfif[kJfifMajor], 1);
  jfif[kJfifMajor] = 2;
  // Marker, length, number of channels, two bytes each for three of them, first coefficient, last.
  const size_t last_coefficient = FindScan(scan) + 2 + 2 + 1 + 6 + 1;
  ASSERT_EQ(scan.at(last_coefficient), 63);
  scan[last_coefficient] = 0;
  for (const std::vector<uint8_t>& odd : {jfif, scan}) {
    EXPECT_EQ(DecodeImage(odd).rgb, DecodeImage(plain).rgb);
    ExpectEveryTruncationRefused(odd);
  }
}

// Bytes that belong to no segment: padding is harmless, what a damaged scan left over is not.
TEST(DecodeImage, PaddingOfAJpegIsHarmless) {
  const Image image = TestImage(20, 15, 120);
  for (const bool progressive : {false, true}) {
    SCOPED_TRACE(progressive);
    const std::vector<uint8_t> plain = MakeJpeg(image, {.progressive = progressive});
    const auto with = [&](size_t at, const std::vector<uint8_t>& bytes) {
      std::vector<uint8_t> odd = plain;
      odd.insert(odd.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin(), bytes.end());
      return odd;
    };
    const size_t second_segment = 4 + 256 * size_t{plain[4]} + plain[5], end = plain.size() - 2;
    for (const std::vector<uint8_t>& odd :
         {with(second_segment, {1, 2}), with(end, std::vector<uint8_t>(1)),
          with(end, std::vector<uint8_t>(12))}) {
      EXPECT_EQ(DecodeImage(odd).rgb, DecodeImage(plain).rgb);
      ExpectEveryTruncationRefused(odd);
    }
    EXPECT_THAT([&] { DecodeImage(with(end, std::vector<uint8_t>(12, 0x5a))); },
                ThrowsError(ErrorCode::kCorruption, "extraneous bytes"));
  }
}

TEST(DecodeImage, JpegOfHundredsOfScansIsRefused) {
  // Grey, sound: each coefficient by itself, then every bit of it by itself.
  const auto scans = [](int coefficients) {
    std::vector<jpeg_scan_info> scans = {{1, {0}, 0, 0, 0, 0}};
    for (int k = 1; k <= coefficients; ++k) {
      scans.push_back({1, {0}, k, k, 0, 8});
      for (int bit = 7; bit >= 0; --bit) scans.push_back({1, {0}, k, k, bit + 1, bit});
    }
    return scans;
  };
  const std::vector<uint8_t> grey(16 * 8, 90);
  const auto jpeg = [&](int coefficients) {
    return MakeJpeg(grey, 16, 8, {JCS_GRAYSCALE, JCS_GRAYSCALE, true, scans(coefficients)});
  };
  EXPECT_NO_THROW(DecodeImage(jpeg(50)));
  EXPECT_THAT([&] { DecodeImage(jpeg(60)); },
              ThrowsError(ErrorCode::kCorruption, "broken JPEG: more than 500 scans"));
}

TEST(DecodeImage, FlippedBytesNeverCrash) {
  constexpr uint64_t kSeed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  const Image image = TestImage(20, 15, 120);
  const ImageLimits limits{.max_pixels = 1'000'000};
  for (const std::vector<uint8_t>& whole : {EncodePng(image), MakeJpeg(image), MakeWebp(image)}) {
    for (int i = 0; i < 1000; ++i) {
      std::vector<uint8_t> damaged = whole;
      for (uint64_t flips = 1 + rng.Below(4); flips > 0; --flips) {
        damaged[rng.Below(damaged.size())] = static_cast<uint8_t>(rng.Next());
      }
      try {
        const Image decoded = DecodeImage(damaged, limits);
        EXPECT_EQ(decoded.rgb.size(),
                  3 * static_cast<size_t>(decoded.width) * static_cast<size_t>(decoded.height));
      } catch (const Error&) {  // refused is as good
      }
    }
  }
}

TEST(DecodeImage, LimitsAreCheckedBeforePixels) {
  EXPECT_THAT([] { DecodeImage(PngClaiming(100'000, 100'000)); },
              ThrowsError(ErrorCode::kInvalidArgument, "100000 x 100000 pixels"));
  EXPECT_THAT([] { DecodeImage(PngClaiming(0, 5)); },
              ThrowsError(ErrorCode::kCorruption, "0 x 5 pixels"));
  const Image image = TestImage(20, 10, 1);
  for (const std::vector<uint8_t>& bytes : {EncodePng(image), MakeJpeg(image), MakeWebp(image)}) {
    EXPECT_NO_THROW(DecodeImage(bytes, {.max_pixels = 200}));
    EXPECT_THAT([&] { DecodeImage(bytes, {.max_pixels = 199}); },
                ThrowsError(ErrorCode::kInvalidArgument, "20 x 10 pixels: expected at most 199"));
    EXPECT_THAT([&] { DecodeImage(bytes, {.max_bytes = bytes.size() - 1}); },
                ThrowsError(ErrorCode::kInvalidArgument, "expected at most"));
  }
}

// 400 MB and more each: what is legal one by one must not add up.
TEST(DecodeImage, LargePicturesWaitForEachOther) {
  const uint64_t side = 100;
  std::atomic<uint64_t> pixels = 0, most = 0;
  ParallelFor(64, 8, [&](size_t) {
    internal::PixelLease lease;
    lease.Take(side * side, internal::kMostPixelsAtOnce / (side * side) / 3, {});
    const uint64_t now = ++pixels;
    most = std::max(most.load(), now);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --pixels;
  });
  EXPECT_EQ(most, 3);
  // Beyond the bound, one waits until it is alone.
  internal::PixelLease alone;
  alone.Take(1, 2 * static_cast<int64_t>(internal::kMostPixelsAtOnce),
             {.max_pixels = 3 * internal::kMostPixelsAtOnce});
}

TEST(DecodeImage, UnknownBytes) {
  const std::vector<uint8_t> gif = {'G', 'I', 'F', '8', '9', 'a'};
  EXPECT_THAT([&] { DecodeImage(gif); },
              ThrowsError(ErrorCode::kInvalidArgument, "JPEG, PNG or WebP, got 47 49 46 38"));
  EXPECT_THAT([] { DecodeImage({}); }, ThrowsError(ErrorCode::kCorruption, "empty"));
}

TEST(ReadImageFile, RefusesWhatItCannotOrMayNotRead) {
  const TempDir dir;
  test::WriteText(dir / "f", "12345");
  EXPECT_EQ(ReadImageFile(dir / "f"), ReadFile(dir / "f"));
  EXPECT_THAT([&] { ReadImageFile(dir / "f", {.max_bytes = 4}); },
              ThrowsError(ErrorCode::kInvalidArgument, (dir / "f") + ": an image file of 5 B"));
  EXPECT_THAT([&] { ReadImageFile(dir / "none"); },
              ThrowsError(ErrorCode::kNotFound, dir / "none"));
  EXPECT_THAT([&] { ReadImageFile(dir.path()); },
              ThrowsError(ErrorCode::kFailed, dir.path() + ": not a regular file"));
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT([&] { ReadImageFile(dir / "pipe"); },
              ThrowsError(ErrorCode::kFailed, "not a regular file"));
}

// A wide photograph: left quarter red, middle half green, right quarter blue.
Image Stripes(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int channel = x < width / 4 ? 0 : x < width * 3 / 4 ? 1 : 2;
      for (int c = 0; c < 3; ++c) image.rgb.push_back(c == channel ? 255 : 0);
    }
  }
  return image;
}

TEST(PrepareImage, PadKeepsTheWholePhotographOnWhite) {
  for (const int scale : {1, 2, 5}) {  // enlarged, as it is, reduced
    const std::vector<uint8_t> square =
        PrepareImage(EncodePng(Stripes(32 * scale, 16 * scale)), {.size = 64, .fit = Fit::kPad});
    ASSERT_EQ(square.size(), 3u * 64 * 64);
    const std::array<int, 3> white = {255, 255, 255};
    EXPECT_EQ(Pixel(square, 64, 30, 15), white);
    EXPECT_EQ(Pixel(square, 64, 0, 48), white);
    EXPECT_EQ(Pixel(square, 64, 2, 16), (std::array<int, 3>{255, 0, 0}));
    EXPECT_EQ(Pixel(square, 64, 32, 32), (std::array<int, 3>{0, 255, 0}));
    EXPECT_EQ(Pixel(square, 64, 61, 47), (std::array<int, 3>{0, 0, 255}));
  }
}

TEST(PrepareImage, PadOfTallAndVeryThinPhotographs) {
  const Image thin{.width = 1, .height = 1000, .rgb = std::vector<uint8_t>(3000, 0)};
  const std::vector<uint8_t> square = PrepareImage(EncodePng(thin), {.size = 8, .fit = Fit::kPad});
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      EXPECT_EQ(Pixel(square, 8, x, y)[0], x == 3 ? 0 : 255) << x << ", " << y;
    }
  }
}

TEST(PrepareImage, CropTakesTheCentre) {
  for (const int scale : {1, 2, 5}) {
    const std::vector<uint8_t> square =
        PrepareImage(EncodePng(Stripes(40 * scale, 20 * scale)), {.size = 32, .fit = Fit::kCrop});
    ASSERT_EQ(square.size(), 3u * 32 * 32);
    // The middle half is all that a 2:1 photograph keeps.
    for (const int x : {2, 16, 29}) {
      EXPECT_EQ(Pixel(square, 32, x, 5), (std::array<int, 3>{0, 255, 0})) << x;
    }
  }
}

TEST(PrepareImage, ReducingAveragesAndSameSizeKeepsEveryByte) {
  // A checkerboard of single pixels must come out grey, not aliased.
  Image board{.width = 240, .height = 240, .rgb = {}};
  for (int i = 0; i < 240 * 240; ++i) {
    const uint8_t value = (i / 240 + i % 240) % 2 == 0 ? 255 : 0;
    board.rgb.insert(board.rgb.end(), {value, value, value});
  }
  for (const Fit fit : {Fit::kPad, Fit::kCrop}) {
    for (const uint8_t value : PrepareImage(EncodePng(board), {.size = 30, .fit = fit})) {
      ASSERT_NEAR(value, 127.5, 6);
    }
    const Image image = TestImage(50, 50, 77);
    EXPECT_EQ(PrepareImage(EncodePng(image), {.size = 50, .fit = fit}), image.rgb);
  }
}

// A mean under the triangle filter, coded from its definition in double.
double TriangleMean(const Image& image, double center_x, double center_y, double reach) {
  double sum = 0, total = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double weight = std::max(0.0, 1 - std::abs(x + 0.5 - center_x) / reach) *
                            std::max(0.0, 1 - std::abs(y + 0.5 - center_y) / reach);
      sum += weight * Pixel(image, x, y)[0];
      total += weight;
    }
  }
  return sum / total;
}

TEST(PrepareImage, FilterIsTheOneDefined) {
  constexpr uint64_t kSeed = 9;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  for (const int side : {5, 31, 70}) {
    Image noise{.width = side, .height = side, .rgb = {}};
    for (int i = 0; i < 3 * side * side; ++i) {
      noise.rgb.push_back(static_cast<uint8_t>(rng.Next()));
    }
    const int size = 13;
    const std::vector<uint8_t> square = PrepareImage(EncodePng(noise), {.size = size});
    const double step = static_cast<double>(side) / size;
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        EXPECT_NEAR(Pixel(square, size, x, y)[0],
                    TriangleMean(noise, (x + 0.5) * step, (y + 0.5) * step, std::max(1.0, step)),
                    0.51);
      }
    }
  }
}

TEST(PrepareImage, EverySizeWorksAndAConstantStaysConstant) {
  constexpr uint64_t kSeed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  for (int i = 0; i < 300; ++i) {
    const int width = 1 + static_cast<int>(rng.Below(150)),
              height = 1 + static_cast<int>(rng.Below(150));
    const int size = 1 + static_cast<int>(rng.Below(100));
    SCOPED_TRACE(testing::Message() << width << " x " << height << " to " << size);
    const Image plain{.width = width,
                      .height = height,
                      .rgb = std::vector<uint8_t>(static_cast<size_t>(3 * width * height), 200)};
    const std::vector<uint8_t> bytes = EncodePng(plain);
    const std::vector<uint8_t> cropped = PrepareImage(bytes, {.size = size, .fit = Fit::kCrop});
    EXPECT_EQ(cropped, std::vector<uint8_t>(static_cast<size_t>(3 * size * size), 200));
    for (const uint8_t value : PrepareImage(bytes, {.size = size})) {
      ASSERT_TRUE(value == 200 || value == 255) << int{value};
    }
  }
}

TEST(PrepareImage, RefusesSidesOutOfRange) {
  const std::vector<uint8_t> png = EncodePng(TestImage(4, 4, 4));
  for (const int size : {-1, 0, 1'000'000}) {
    EXPECT_THAT([&] { PrepareImage(png, {.size = size}); },
                ThrowsError(ErrorCode::kInvalidArgument, "expected a side of 1 to"));
  }
}

}  // namespace
}  // namespace csn
