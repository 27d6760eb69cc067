#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <utility>

#include "base/error.h"
#include "base/internal/codecs.h"

namespace csn::internal {
namespace {

int OrientationOf(std::span<const uint8_t> bytes) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         WebPDemuxDelete);
  WebPChunkIterator chunk{};
  if (demuxer == nullptr || !WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk)) return kUpright;
  const int orientation = ReadOrientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

}  // namespace

StoredImage DecodeWebp(std::span<const uint8_t> bytes, const ImageLimits& limits,
                       PixelLease& lease) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
    Fail(ErrorCode::kCorruption, "broken WebP: the header is damaged or truncated");
  }
  Require(!features.has_animation, "an animated WebP: expected a single picture");
  lease.Take(features.width, features.height, limits);
  const bool alpha = features.has_alpha != 0;
  Image image{.width = features.width, .height = features.height, .rgb = {}};
  const size_t stride = static_cast<size_t>(image.width) * (alpha ? 4 : 3);
  image.rgb.resize(stride * static_cast<size_t>(image.height));
  const auto decode = alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(),
             static_cast<int>(stride)) == nullptr) {
    Fail(ErrorCode::kCorruption, "broken WebP: damaged or truncated pixels");
  }
  if (alpha) LayOverWhite(image.rgb);
  return {std::move(image), OrientationOf(bytes)};
}

}  // namespace csn::internal
