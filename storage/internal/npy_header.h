// The header of NumPy's .npy files, versions 1 and 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace csn {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

// Little-endian floats.
struct NpyHeader {
  bool is_double = false;  // float64, else float32
  uint64_t rows = 0;
  uint64_t cols = 0;      // at least 1
  size_t data_start = 0;  // byte of the file where they begin
};

// [d] or [1, d]; any [n, d].
enum class NpyShape { kVector, kMatrix };

// `bytes` is the whole file, beginning with kNpyMagic. Throws Error(kInvalidArgument) naming `path`
// where the header is malformed, describes anything but float32 or float64, C order and the shape
// that is wanted, or announces another number of bytes than follow it.
NpyHeader ParseNpyHeader(const std::string& path, std::string_view bytes, NpyShape shape);

}  // namespace csn
