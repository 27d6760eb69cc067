// EncodeJpeg (base/image.h).
// jpeglib.h needs FILE, jerror.h what jpeglib.h defines.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <array>
#include <csetjmp>
#include <cstdlib>
#include <new>

#include "base/error.h"
#include "base/image.h"
#include "base/internal/codecs.h"

namespace csn {
namespace {

// libjpeg's state of one picture. Its errors leave libjpeg by a long jump to Encode, over C frames
// only.
class Compressor {
 public:
  explicit Compressor(const Image& image) : image_(image) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      std::longjmp(static_cast<Compressor*>(info->client_data)->jump_, 1);
    };
  }
  ~Compressor() {
    jpeg_destroy_compress(&info_);
    std::free(data_);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::vector<uint8_t> Encode(int quality) {
    if (setjmp(jump_) != 0) {
      if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      std::array<char, JMSG_LENGTH_MAX> message{};
      errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message.data());
      Fail(ErrorCode::kFailed, "encoding a JPEG of {} x {} pixels: {}", image_.width, image_.height,
           message.data());
    }
    Write(quality);
    return {data_, data_ + size_};
  }

 private:
  // No locals with destructors: a long jump leaves it.
  void Write(int quality) {
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &data_, &size_);
    info_.image_width = static_cast<unsigned>(image_.width);
    info_.image_height = static_cast<unsigned>(image_.height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      // libjpeg's interface knows no const; it only reads.
      JSAMPROW row =
          const_cast<uint8_t*>(image_.rgb.data()) + 3 * info_.next_scanline * info_.image_width;
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
  }

  const Image& image_;
  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_{};
  unsigned char* data_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

std::vector<uint8_t> EncodeJpeg(const Image& image, int quality) {
  Require(quality >= 1 && quality <= 100, "encoding a JPEG: expected a quality of 1 to 100, got {}",
          quality);
  internal::RequirePixels(image, "JPEG");
  return Compressor(image).Encode(quality);
}

}  // namespace csn
