// Photographs come out upright, whatever their EXIF blocks say.
#include <map>
#include <string>
#include <string_view>

#include "base/image.h"
#include "tests/base/made_images.h"

namespace csn {
namespace {

using Bytes = std::vector<uint8_t>;

void Append(Bytes& to, std::string_view text) { to.insert(to.end(), text.begin(), text.end()); }
void Append(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
void AppendNumber(Bytes& to, uint32_t value, int bytes, bool big) {
  for (int i = 0; i < bytes; ++i) {
    to.push_back(static_cast<uint8_t>(value >> (8 * (big ? bytes - 1 - i : i))));
  }
}

// A TIFF header and one directory of a camera's name and the orientation (EXIF 2.3, 4.6).
Bytes ExifBlock(uint32_t orientation, bool big_endian) {
  Bytes exif;
  Append(exif, big_endian ? "MM" : "II");
  AppendNumber(exif, 42, 2, big_endian);
  AppendNumber(exif, 8, 4, big_endian);  // the directory follows
  AppendNumber(exif, 2, 2, big_endian);  // entries
  AppendNumber(exif, 0x010f, 2, big_endian);
  AppendNumber(exif, 2, 2, big_endian);  // text
  AppendNumber(exif, 4, 4, big_endian);
  Append(exif, std::string_view("cam\0", 4));
  AppendNumber(exif, 0x0112, 2, big_endian);
  AppendNumber(exif, 3, 2, big_endian);  // 16 bits
  AppendNumber(exif, 1, 4, big_endian);
  AppendNumber(exif, orientation, 2, big_endian);
  AppendNumber(exif, 0, 2, big_endian);
  AppendNumber(exif, 0, 4, big_endian);  // no further directory
  return exif;
}

Bytes JpegWith(const Bytes& exif, const Bytes& jpeg) {
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  Append(bytes, "\xff\xe1");
  AppendNumber(bytes, static_cast<uint32_t>(2 + 6 + exif.size()), 2, true);
  Append(bytes, std::string_view("Exif\0\0", 6));
  Append(bytes, exif);
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

// PNG's checksum (its specification, annex D).
uint32_t Crc(const Bytes& bytes) {
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

Bytes PngWith(const Bytes& exif, const Bytes& png) {
  constexpr long kAfterHeader = 8 + 25;
  Bytes chunk;
  Append(chunk, "eXIf");
  Append(chunk, exif);
  Bytes bytes(png.begin(), png.begin() + kAfterHeader);
  AppendNumber(bytes, static_cast<uint32_t>(exif.size()), 4, true);
  Append(bytes, chunk);
  AppendNumber(bytes, Crc(chunk), 4, true);
  bytes.insert(bytes.end(), png.begin() + kAfterHeader, png.end());
  return bytes;
}

Bytes WebpWith(const Bytes& exif, const Image& image) {
  const Bytes simple = test::MakeWebp(image);
  Bytes body;
  Append(body, "WEBPVP8X");
  AppendNumber(body, 10, 4, false);
  AppendNumber(body, 0x08, 4, false);  // has EXIF
  AppendNumber(body, static_cast<uint32_t>(image.width - 1), 3, false);
  AppendNumber(body, static_cast<uint32_t>(image.height - 1), 3, false);
  body.insert(body.end(), simple.begin() + 12, simple.end());
  Append(body, "EXIF");
  AppendNumber(body, static_cast<uint32_t>(exif.size()), 4, false);
  Append(body, exif);
  if (exif.size() % 2 == 1) body.push_back(0);
  Bytes bytes;
  Append(bytes, "RIFF");
  AppendNumber(bytes, static_cast<uint32_t>(body.size()), 4, false);
  Append(bytes, body);
  return bytes;
}

// What EXIF 2.3 says of each orientation: the sides of the scene where row 0 and column 0 lie.
struct Sides {
  char row;
  char column;
};
const std::map<uint32_t, Sides> kSides = {{1, {'T', 'L'}}, {2, {'T', 'R'}}, {3, {'B', 'R'}},
                                          {4, {'B', 'L'}}, {5, {'L', 'T'}}, {6, {'R', 'T'}},
                                          {7, {'R', 'B'}}, {8, {'L', 'B'}}};

// The scene as a camera with that orientation would store it.
Image Stored(const Image& scene, Sides sides) {
  const bool turned = sides.row == 'L' || sides.row == 'R';
  Image stored{.width = turned ? scene.height : scene.width,
               .height = turned ? scene.width : scene.height,
               .rgb = {}};
  const auto along = [](char side, int at, int extent) {
    return side == 'R' || side == 'B' ? extent - 1 - at : at;
  };
  for (int row = 0; row < stored.height; ++row) {
    for (int column = 0; column < stored.width; ++column) {
      const int x =
          turned ? along(sides.row, row, scene.width) : along(sides.column, column, scene.width);
      const int y =
          turned ? along(sides.column, column, scene.height) : along(sides.row, row, scene.height);
      for (const int value : test::Pixel(scene, x, y)) {
        stored.rgb.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return stored;
}

TEST(Orientation, EveryOneInEveryFormatComesOutUpright) {
  const Image scene = test::TestImage(24, 16, 5);
  for (const auto& [orientation, sides] : kSides) {
    const Image stored = Stored(scene, sides);
    for (const bool big_endian : {false, true}) {
      SCOPED_TRACE(testing::Message() << "orientation " << orientation << " big " << big_endian);
      const Bytes exif = ExifBlock(orientation, big_endian);
      for (const Bytes& bytes : {PngWith(exif, EncodePng(stored)), WebpWith(exif, stored)}) {
        const Image image = DecodeImage(bytes);
        EXPECT_EQ(image.width, scene.width);
        EXPECT_EQ(image.height, scene.height);
        EXPECT_EQ(image.rgb, scene.rgb);
      }
      const Image image = DecodeImage(JpegWith(exif, test::MakeJpeg(stored)));
      ASSERT_EQ(image.width, scene.width);
      for (int y = 0; y < scene.height; ++y) {
        for (int x = 0; x < scene.width; ++x) {
          test::ExpectNear(test::Pixel(image, x, y), test::Pixel(scene, x, y), 40);
        }
      }
    }
  }
}

TEST(Orientation, PreparedAndReducedPhotographsAreUprightToo) {
  const Image scene = test::TestImage(40, 20, 8);
  for (const auto& [orientation, sides] : kSides) {
    SCOPED_TRACE(testing::Message() << "orientation " << orientation);
    const Bytes turned = PngWith(ExifBlock(orientation, false), EncodePng(Stored(scene, sides)));
    for (const Fit fit : {Fit::kPad, Fit::kCrop}) {
      const Bytes expected = PrepareImage(EncodePng(scene), {.size = 10, .fit = fit});
      const Bytes found = PrepareImage(turned, {.size = 10, .fit = fit});
      ASSERT_EQ(found.size(), expected.size());
      // Sums of floats in another order.
      for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1);
    }
    EXPECT_EQ(ReduceImage(turned, 40).rgb, scene.rgb);
    const Image small = ReduceImage(turned, 20);
    EXPECT_EQ(small.width, 20);
    EXPECT_EQ(small.height, 10);
  }
}

TEST(Orientation, WhatIsNoOrientationLeavesThePhotographAlone) {
  const Image scene = test::TestImage(6, 4, 2);
  Bytes cut = ExifBlock(6, false), text = ExifBlock(6, false);
  cut.resize(20);
  text[8 + 2 + 12 + 2] = 2;  // a text in place of a number
  for (const Bytes& exif :
       {ExifBlock(0, false), ExifBlock(9, true), cut, text, Bytes{}, Bytes(30, 0xff)}) {
    EXPECT_EQ(DecodeImage(PngWith(exif, EncodePng(scene))).rgb, scene.rgb);
    EXPECT_EQ(DecodeImage(WebpWith(exif, scene)).rgb, scene.rgb);
    EXPECT_EQ(DecodeImage(JpegWith(exif, test::MakeJpeg(scene))).width, scene.width);
  }
}

TEST(EncodeJpeg, ComesBackAlmostAsItWas) {
  const Image image = test::TestImage(50, 30, 4);
  const Image decoded = DecodeImage(EncodeJpeg(image, 100));
  ASSERT_EQ(decoded.width, 50);
  ASSERT_EQ(decoded.height, 30);
  EXPECT_LT(EncodeJpeg(image, 20).size(), EncodeJpeg(image, 95).size());
  const Image grey{.width = 16, .height = 16, .rgb = Bytes(3 * 16 * 16, 128)};
  for (const uint8_t value : DecodeImage(EncodeJpeg(grey)).rgb) EXPECT_NEAR(value, 128, 2);
  for (const int quality : {0, 101}) {
    EXPECT_THAT([&] { EncodeJpeg(grey, quality); },
                test::ThrowsError(ErrorCode::kInvalidArgument, "quality of 1 to 100"));
  }
  EXPECT_THAT([] { EncodeJpeg({.width = 70'000, .height = 1, .rgb = Bytes(210'000)}); },
              test::ThrowsError(ErrorCode::kFailed, "70000 x 1 pixels"));
  EXPECT_THAT([] { EncodeJpeg({.width = 2, .height = 2, .rgb = Bytes(3)}); },
              test::ThrowsError(ErrorCode::kInvalidArgument, "JPEG"));
}

}  // namespace
}  // namespace csn
