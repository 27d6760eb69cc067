#include "base/image.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/internal/pixel_lease.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "tests/base/made_images.h"

namespace csn {
namespace {

using test::ExpectEveryTruncationRefused;
using test::MakeJpeg;
using test::MakeWebp;
using test::Pixel;
using test::TakeWebp;
using test::TempDir;
using test::TestImage;
using test::ThrowsError;

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

TEST(EncodeGreyPng, RoundTripIsLosslessAndGrey) {
  std::vector<uint8_t> grey(37 * 20);
  for (size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<uint8_t>(i * 5);
  const std::vector<uint8_t> bytes = EncodeGreyPng(grey, 37, 20);
  EXPECT_EQ(bytes[24], 8) << "bits a sample";
  EXPECT_EQ(bytes[25], 0) << "PNG's colour type of grey";
  const Image decoded = DecodeImage(bytes);
  EXPECT_EQ(decoded.width, 37);
  EXPECT_EQ(decoded.height, 20);
  for (size_t i = 0; i < grey.size(); ++i) {
    for (size_t channel = 0; channel < 3; ++channel) {
      ASSERT_EQ(decoded.rgb[3 * i + channel], grey[i]) << "pixel " << i;
    }
  }
  EXPECT_THAT([&] { EncodeGreyPng(grey, 37, 21); },
              ThrowsError(ErrorCode::kInvalidArgument, "37 x 21 pixels, got 740"));
  EXPECT_THAT([&] { EncodeGreyPng({}, 0, 0); }, ThrowsError(ErrorCode::kInvalidArgument, "0 x 0"));
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
