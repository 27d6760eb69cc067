// Checksums against damage (XXH3) and names for models (SHA-256).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace csn {

uint64_t Hash64(std::span<const uint8_t> bytes);  // XXH3-64
uint64_t Hash64(std::string_view text);
// XXH3-128 as 32 lower-case hexadecimal digits.
std::string Checksum(std::span<const uint8_t> bytes);
// Checksum of a whole file, read in pieces. Throws Error(kNotFound) or Error(kFailed) naming the
// path.
std::string FileChecksum(const std::string& path);
// SHA-256 as 64 lower-case hexadecimal digits.
std::string Sha256(std::span<const uint8_t> bytes);

inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace csn
