// JPEG, PNG and WebP, under limits so small that a decoder that works for long is a finding.
#include "base/image.h"
#include "tests/fuzz/fuzz.h"

namespace csn {
namespace {

constexpr ImageLimits kLimits = {.max_bytes = 64 << 10, .max_pixels = 64 << 10};
constexpr int kMinSide = 16;

std::optional<Image> Decode(std::span<const uint8_t> bytes, int min_side) {
  return fuzz::Accepted([&] { return DecodeImage(bytes, kLimits, min_side); },
                        {ErrorCode::kCorruption, ErrorCode::kInvalidArgument});
}

bool Same(const Image& a, const Image& b) {
  return a.width == b.width && a.height == b.height && a.rgb == b.rgb;
}

void CheckShape(const Image& image) {
  fuzz::Expect(image.width > 0 && image.height > 0, "an image has pixels");
  const uint64_t pixels = static_cast<uint64_t>(image.width) * static_cast<uint64_t>(image.height);
  fuzz::Expect(pixels <= kLimits.max_pixels, "an image is within the limits");
  fuzz::Expect(image.rgb.size() == 3 * pixels, "a pixel has three bytes");
}

void Check(std::span<const uint8_t> bytes) {
  const std::optional<Image> image = Decode(bytes, 0);
  const std::optional<Image> scaled = Decode(bytes, kMinSide);
  if (scaled) CheckShape(*scaled);
  for (const Fit fit : {Fit::kPad, Fit::kCrop}) {
    const auto prepare = [&] { return PrepareImage(bytes, {.size = 8, .fit = fit}, kLimits); };
    const auto square =
        fuzz::Accepted(prepare, {ErrorCode::kCorruption, ErrorCode::kInvalidArgument});
    if (square) fuzz::Expect(square->size() == 8 * 8 * 3, "a prepared photograph has its size");
  }
  if (!image) return;
  CheckShape(*image);
  const std::optional<Image> again = Decode(bytes, 0);
  fuzz::Expect(again && Same(*again, *image), "an image decodes the same twice");
  const std::optional<Image> png = Decode(EncodePng(*image), 0);
  fuzz::Expect(!png || Same(*png, *image), "an image written as PNG decodes the same");
}

}  // namespace
}  // namespace csn

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  csn::Check({data, size});
  return 0;
}
