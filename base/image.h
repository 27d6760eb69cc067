// Photographs: bytes -> RGB, bounded; RGB -> the square a network takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

// 8-bit RGB, row-major, interleaved.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  // [height, width, 3]
};

// What is refused before any pixel is decoded.
struct ImageLimits {
  uint64_t max_bytes = 64ull << 20;   // of the file
  uint64_t max_pixels = 100'000'000;  // width * height as the header says
};

// Decodes JPEG, PNG or WebP (told by its first bytes). Grey becomes RGB, CMYK is converted,
// transparency is laid over white, and the picture is turned as its EXIF orientation says. A JPEG
// may come back scaled down by 1/2, 1/4 or 1/8 as long as its short side stays at least `min_side`
// pixels; 0 decodes it in full. Throws Error(kInvalidArgument) for an unknown format or beyond a
// limit, Error(kCorruption) for broken bytes, Error(kFailed) where it does not fit in memory; the
// message does not name the file, which the caller knows. Thread-safe; large pictures wait for each
// other, so that all threads together take at most 1.2 GB.
Image DecodeImage(std::span<const uint8_t> bytes, const ImageLimits& limits = {}, int min_side = 0);

// The file's bytes; refused unread beyond limits.max_bytes. Throws Error(kNotFound) or
// Error(kFailed) naming the path.
std::vector<uint8_t> ReadImageFile(const std::string& path, const ImageLimits& limits = {});

// The whole picture, upright, reduced where a side is longer than `max_side` pixels, for people to
// look at. Errors as DecodeImage.
Image ReduceImage(std::span<const uint8_t> bytes, int max_side, const ImageLimits& limits = {});

// Lossless PNG bytes of an image.
std::vector<uint8_t> EncodePng(const Image& image);
// The same of a grey one, [height, width] bytes from 0 (black) to 255, in grey. Throws
// Error(kInvalidArgument) for no pixels or another number of bytes.
std::vector<uint8_t> EncodeGreyPng(std::span<const uint8_t> grey, int width, int height);
// JPEG bytes of an image, `quality` 1 to 100.
std::vector<uint8_t> EncodeJpeg(const Image& image, int quality = 85);

enum class Fit {
  kPad,   // the whole photograph, long side to `size`, the rest filled with white
  kCrop,  // the paper's way: short side to `size`, then the centre
};
std::string_view FitName(Fit fit);  // "pad", "crop": stored in model files

// How a photograph becomes a network's input. Stored in model files; two equal recipes give equal
// bytes.
struct Preprocessing {
  int size = 112;  // side of the square, pixels
  Fit fit = Fit::kPad;
  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

// Tells recipes apart in manifests: hash.h Checksum of the text "size=112 fit=pad".
std::string PreprocessingChecksum(const Preprocessing& recipe);

// One photograph as a network takes it: [size, size, 3] bytes, interleaved RGB, resized with an
// area-like filter. `bytes` is the whole image file. Errors as DecodeImage. The only way from a
// file to a network's input.
std::vector<uint8_t> PrepareImage(std::span<const uint8_t> bytes, const Preprocessing& recipe,
                                  const ImageLimits& limits = {});

}  // namespace csn
