// The header of NumPy's .npy files, versions 1 and 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace csn {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

// One vector of little-endian floats.
struct NpyHeader {
  bool is_double = false;  // float64, else float32
  uint64_t count = 0;      // values, at least 1
  size_t data_start = 0;   // byte of the file where they begin
};

// `bytes` is the whole file, beginning with kNpyMagic. Throws Error(kInvalidArgument) naming `path`
// where the header is malformed or describes anything but float32 or float64, C order, shape [d] or
// [1, d].
NpyHeader ParseNpyHeader(const std::string& path, std::string_view bytes);

}  // namespace csn
