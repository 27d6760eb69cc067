#include "base/image.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/internal/codecs.h"
#include "base/internal/pixel_lease.h"
#include "base/internal/resize.h"
#include "base/internal/unique_fd.h"
#include "base/text.h"

namespace csn {
namespace {

constexpr int kMaxInputSide = 4096;

bool StartsWith(std::span<const uint8_t> bytes, std::string_view prefix, size_t at = 0) {
  return bytes.size() >= at + prefix.size() &&
         std::memcmp(bytes.data() + at, prefix.data(), prefix.size()) == 0;
}

void CheckBytes(uint64_t bytes, const ImageLimits& limits, std::string_view where) {
  Require(bytes <= limits.max_bytes, "{}an image file of {}: expected at most {}", where,
          HumanBytes(bytes), HumanBytes(limits.max_bytes));
}

// The whole photograph upright, its long side `size` pixels. Turned when it is small: it is the
// same picture and takes less memory.
Image ResizeWhole(const internal::StoredImage& stored, int size) {
  const Image& photo = stored.image;
  const double scale = static_cast<double>(size) / std::max(photo.width, photo.height);
  const int width = std::clamp(static_cast<int>(std::lround(photo.width * scale)), 1, size);
  const int height = std::clamp(static_cast<int>(std::lround(photo.height * scale)), 1, size);
  const internal::Window whole{0, 0, static_cast<double>(photo.width),
                               static_cast<double>(photo.height)};
  return internal::Upright(internal::Resize(photo, whole, width, height), stored.orientation);
}

// The photograph reduced or enlarged to touch two sides of the square, white left and right or
// above and below.
std::vector<uint8_t> Pad(const internal::StoredImage& stored, int size) {
  const Image resized = ResizeWhole(stored, size);
  std::vector<uint8_t> square(3 * static_cast<size_t>(size) * static_cast<size_t>(size), 255);
  const size_t left = static_cast<size_t>((size - resized.width) / 2);
  const size_t top = static_cast<size_t>((size - resized.height) / 2);
  const size_t stride = 3 * static_cast<size_t>(resized.width);
  for (size_t y = 0; y < static_cast<size_t>(resized.height); ++y) {
    std::copy_n(resized.rgb.data() + y * stride, stride,
                square.data() + 3 * ((top + y) * static_cast<size_t>(size) + left));
  }
  return square;
}

// The centred square as wide as the short side, which is then `size`.
std::vector<uint8_t> Crop(const internal::StoredImage& stored, int size) {
  const Image& photo = stored.image;
  const double side = std::min(photo.width, photo.height);
  const internal::Window center{(photo.width - side) / 2, (photo.height - side) / 2, side, side};
  return internal::Upright(internal::Resize(photo, center, size, size), stored.orientation).rgb;
}

// As DecodeImage, but as it is stored; `lease` must outlive the picture.
internal::StoredImage Decode(std::span<const uint8_t> bytes, const ImageLimits& limits,
                             int min_side, internal::PixelLease& lease) {
  CheckBytes(bytes.size(), limits, "");
  if (bytes.empty()) Fail(ErrorCode::kCorruption, "broken image: the file is empty");
  if (StartsWith(bytes, "\xff\xd8\xff")) {
    return internal::DecodeJpeg(bytes, limits, min_side, lease);
  }
  if (StartsWith(bytes, "\x89PNG\r\n\x1a\n")) return internal::DecodePng(bytes, limits, lease);
  if (StartsWith(bytes, "RIFF") && StartsWith(bytes, "WEBP", 8)) {
    return internal::DecodeWebp(bytes, limits, lease);
  }
  std::string start;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 4))) {
    start += fmt::format(" {:02x}", byte);
  }
  Fail(ErrorCode::kInvalidArgument, "unknown image format: expected JPEG, PNG or WebP, got{} ...",
       start);
}

// One picture too large for this machine is no reason to end a run over thousands.
template <typename Work>
auto WithinMemory(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    Fail(ErrorCode::kFailed, "the image does not fit in memory");
  }
}

}  // namespace

namespace internal {

void LayOverWhite(std::vector<uint8_t>& rgba) {
  size_t end = 0;
  for (size_t i = 0; i + 3 < rgba.size(); i += 4) {
    const unsigned alpha = rgba[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      rgba[end++] = static_cast<uint8_t>((rgba[i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  rgba.resize(end);
}

void RequirePixels(const Image& image, std::string_view format) {
  Require(image.width > 0 && image.height > 0 &&
              image.rgb.size() ==
                  3 * static_cast<size_t>(image.width) * static_cast<size_t>(image.height),
          "encoding a {}: expected 3 bytes a pixel for {} x {} pixels, got {}", format, image.width,
          image.height, image.rgb.size());
}

}  // namespace internal

Image DecodeImage(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side) {
  return WithinMemory([&] {
    internal::PixelLease lease;
    internal::StoredImage stored = Decode(bytes, limits, min_side, lease);
    return internal::Upright(std::move(stored.image), stored.orientation);
  });
}

std::vector<uint8_t> ReadImageFile(const std::string& path, const ImageLimits& limits) {
  // Without O_NONBLOCK a named pipe in a catalogue would wait for a writer for ever.
  const internal::UniqueFd fd = internal::OpenForReading(path, O_NONBLOCK);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) {
    Fail(ErrorCode::kFailed, "reading {}: {}", path, std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) Fail(ErrorCode::kFailed, "reading {}: not a regular file", path);
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  CheckBytes(size, limits, path + ": ");
  std::vector<uint8_t> bytes(size);
  bytes.resize(internal::ReadUpTo(fd, path, bytes));
  return bytes;
}

Image ReduceImage(std::span<const uint8_t> bytes, int max_side, const ImageLimits& limits) {
  Require(max_side >= 1, "reducing an image: expected a side of at least 1 pixel, got {}",
          max_side);
  return WithinMemory([&] {
    internal::PixelLease lease;
    internal::StoredImage stored = Decode(bytes, limits, max_side, lease);
    if (std::max(stored.image.width, stored.image.height) > max_side) {
      return ResizeWhole(stored, max_side);
    }
    return internal::Upright(std::move(stored.image), stored.orientation);
  });
}

std::string_view FitName(Fit fit) {
  switch (fit) {
    case Fit::kPad:
      return "pad";
    case Fit::kCrop:
      return "crop";
  }
  Fail(ErrorCode::kInvalidArgument, "fit {}: expected pad or crop", static_cast<int>(fit));
}

std::string PreprocessingChecksum(const Preprocessing& recipe) {
  return Checksum(AsBytes(fmt::format("size={} fit={}", recipe.size, FitName(recipe.fit))));
}

std::vector<uint8_t> PrepareImage(std::span<const uint8_t> bytes, const Preprocessing& recipe,
                                  const ImageLimits& limits) {
  Require(recipe.size >= 1 && recipe.size <= kMaxInputSide,
          "preparing a photograph: expected a side of 1 to {} pixels, got {}", kMaxInputSide,
          recipe.size);
  return WithinMemory([&] {
    internal::PixelLease lease;
    // Twice the size leaves the reduction to the filter, not to the JPEG decoder.
    const internal::StoredImage photo = Decode(bytes, limits, 2 * recipe.size, lease);
    switch (recipe.fit) {
      case Fit::kPad:
        return Pad(photo, recipe.size);
      case Fit::kCrop:
        return Crop(photo, recipe.size);
    }
    Fail(ErrorCode::kInvalidArgument, "preparing a photograph: unknown fit {}",
         static_cast<int>(recipe.fit));
  });
}

}  // namespace csn
