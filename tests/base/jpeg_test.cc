// DecodeImage (base/image.h) on JPEG.
#include <algorithm>
#include <array>

#include "tests/base/made_images.h"

namespace csn {
namespace {

using test::ExpectEveryTruncationRefused;
using test::ExpectNear;
using test::JpegKind;
using test::MakeJpeg;
using test::Pixel;
using test::TestImage;
using test::ThrowsError;

// Where the header of the first scan stands.
size_t FindScan(const std::vector<uint8_t>& jpeg) {
  const std::array<uint8_t, 2> marker = {0xff, 0xda};
  return static_cast<size_t>(std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end()) -
                             jpeg.begin());
}

TEST(DecodeJpeg, Jpeg) {
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

TEST(DecodeJpeg, GreyJpegBecomesRgb) {
  const std::vector<uint8_t> grey(16 * 8, 90);
  const Image decoded = DecodeImage(MakeJpeg(grey, 16, 8, {JCS_GRAYSCALE, JCS_GRAYSCALE}));
  ASSERT_EQ(decoded.rgb.size(), 3u * 16 * 8);
  ExpectNear(Pixel(decoded, 5, 5), {90, 90, 90}, 1);
}

TEST(DecodeJpeg, CmykJpegIsConverted) {
  // Inverted, as Adobe writes it: no cyan, half magenta, full yellow, little black.
  std::vector<uint8_t> cmyk;
  for (int i = 0; i < 16 * 16; ++i) cmyk.insert(cmyk.end(), {255, 128, 0, 230});
  for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
    const Image decoded = DecodeImage(MakeJpeg(cmyk, 16, 16, {JCS_CMYK, stored}));
    ASSERT_EQ(decoded.rgb.size(), 3u * 16 * 16);
    ExpectNear(Pixel(decoded, 8, 8), {230, 128 * 230 / 255, 0}, 3);
  }
}

TEST(DecodeJpeg, JpegIsScaledDownOnlyToTheSideAskedFor) {
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

// libjpeg warns of these oddities before it misses the rest of the file.
TEST(DecodeJpeg, HarmlessWarningsHideNoTruncation) {
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
TEST(DecodeJpeg, PaddingOfAJpegIsHarmless) {
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

TEST(DecodeJpeg, JpegOfHundredsOfScansIsRefused) {
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

}  // namespace
}  // namespace csn
