// jpeglib.h needs FILE, jerror.h what jpeglib.h defines.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <array>
#include <csetjmp>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/internal/codecs.h"

namespace csn::internal {
namespace {

// A few kilobytes of progressive scans could otherwise keep a processor busy for minutes.
constexpr int kMaxScans = 500;
constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr unsigned kMostMarkerBytes = 0xffff;

// Oddities of a header that leave the pixels whole. Every other warning means that pixels are
// missing or made up.
bool IsHarmless(int warning) {
  return warning == JWRN_JFIF_MAJOR || warning == JWRN_ADOBE_XFORM ||
         warning == JWRN_NOT_SEQUENTIAL;
}

// libjpeg's state of one picture. Its errors leave libjpeg by a long jump to Run, over C frames and
// functions without destructors only.
class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { Self(info).LeaveBroken(); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      const bool warning = level < 0;
      if (warning && !IsHarmless(info->err->msg_code) && !Self(info).IsPadding()) {
        Self(info).LeaveBroken();
      }
    };
    progress_.progress_monitor = [](j_common_ptr info) { Self(info).CheckScans(); };
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  void ReadHeader(std::span<const uint8_t> bytes) {
    bytes_ = bytes;
    Run([](Decompressor& self) {
      jpeg_create_decompress(&self.info_);
      self.info_.progress = &self.progress_;
      jpeg_mem_src(&self.info_, self.bytes_.data(), self.bytes_.size());
      jpeg_save_markers(&self.info_, kExifMarker, kMostMarkerBytes);
      jpeg_read_header(&self.info_, TRUE);
    });
  }

  // As the header says.
  int width() const { return static_cast<int>(info_.image_width); }
  int height() const { return static_cast<int>(info_.image_height); }
  bool is_cmyk() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }

  // By the first EXIF block. Before Decode, which drops it.
  int orientation() const {
    for (const jpeg_marker_struct* marker = info_.marker_list; marker != nullptr;
         marker = marker->next) {
      const std::span<const uint8_t> data(marker->data, marker->data_length);
      if (data.size() > 4 && std::equal(data.begin(), data.begin() + 4, "Exif")) {
        return ReadOrientation(data);
      }
    }
    return kUpright;
  }

  // Sets what comes out: its size, and RGB, or CMYK for both kinds of ink.
  void Scale(int divisor) {
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(divisor);
    info_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_RGB;
    Run([](Decompressor& self) { jpeg_calc_output_dimensions(&self.info_); });
  }
  int output_width() const { return static_cast<int>(info_.output_width); }
  int output_height() const { return static_cast<int>(info_.output_height); }
  size_t output_channels() const { return is_cmyk() ? 4 : 3; }

  // `pixels` has room for all of the output.
  void Decode(uint8_t* pixels) {
    pixels_ = pixels;
    Run([](Decompressor& self) {
      jpeg_start_decompress(&self.info_);
      const size_t stride = self.info_.output_width * self.output_channels();
      while (self.info_.output_scanline < self.info_.output_height) {
        JSAMPROW row = self.pixels_ + self.info_.output_scanline * stride;
        jpeg_read_scanlines(&self.info_, &row, 1);
      }
      jpeg_finish_decompress(&self.info_);
    });
  }

 private:
  static Decompressor& Self(j_common_ptr info) {
    return *static_cast<Decompressor*>(info->client_data);
  }

  // Calls `step`, a function without locals that have destructors.
  void Run(void (*step)(Decompressor&)) {
    if (setjmp(jump_) == 0) {
      step(*this);
      return;
    }
    if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    Fail(ErrorCode::kCorruption, "broken JPEG: {}", message_.data());
  }

  [[noreturn]] void LeaveBroken() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_.data());
    std::longjmp(jump_, 1);
  }

  // True for a warning of bytes between segments that belong to none of them and hide no pixels:
  // before the first scan, or zeros between the last one and the end. (Other bytes there are what a
  // damaged scan left over.)
  bool IsPadding() const {
    if (errors_.msg_code != JWRN_EXTRANEOUS_DATA) return false;
    if (info_.input_scan_number == 0) return true;
    const size_t read = bytes_.size() - info_.src->bytes_in_buffer;  // the marker not included
    const size_t skipped = std::min(static_cast<size_t>(errors_.msg_parm.i[0]), read);
    const auto bytes = bytes_.subspan(read - skipped, skipped);
    return errors_.msg_parm.i[1] == JPEG_EOI &&
           std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
  }

  void CheckScans() {
    if (info_.input_scan_number <= kMaxScans) return;
    std::snprintf(message_.data(), message_.size(), "more than %d scans", kMaxScans);
    std::longjmp(jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  std::array<char, JMSG_LENGTH_MAX> message_{};
  std::span<const uint8_t> bytes_;
  uint8_t* pixels_ = nullptr;
};

// The greatest of 1, 2, 4 and 8 that divides the short side to no less than `min_side`.
int ChooseDivisor(int width, int height, int min_side) {
  int chosen = 1;
  for (const int divisor : {2, 4, 8}) {
    const int side = (std::min(width, height) + divisor - 1) / divisor;
    if (min_side <= 0 || side < min_side) break;
    chosen = divisor;
  }
  return chosen;
}

// Adobe's CMYK, the only one in use, is stored inverted: 255 is no ink. In place.
void CmykToRgb(std::vector<uint8_t>& pixels) {
  size_t end = 0;
  for (size_t i = 0; i + 3 < pixels.size(); i += 4) {
    const unsigned key = pixels[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      pixels[end++] = static_cast<uint8_t>((pixels[i + c] * key + 127) / 255);
    }
  }
  pixels.resize(end);
}

}  // namespace

StoredImage DecodeJpeg(std::span<const uint8_t> bytes, const ImageLimits& limits, int min_side,
                       PixelLease& lease) {
  Decompressor jpeg;
  jpeg.ReadHeader(bytes);
  const int orientation = jpeg.orientation();
  lease.Take(jpeg.width(), jpeg.height(), limits);
  jpeg.Scale(ChooseDivisor(jpeg.width(), jpeg.height(), min_side));
  Image image{.width = jpeg.output_width(), .height = jpeg.output_height(), .rgb = {}};
  image.rgb.resize(static_cast<size_t>(image.width) * static_cast<size_t>(image.height) *
                   jpeg.output_channels());
  jpeg.Decode(image.rgb.data());
  if (jpeg.is_cmyk()) CmykToRgb(image.rgb);
  return {std::move(image), orientation};
}

}  // namespace csn::internal
