// Damage to files, done in place: rewriting a file makes some file systems wait for the disk every
// time.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace csn::test {

// Turns one bit over; a second call turns it back.
inline void FlipBit(const std::string& path, size_t byte, int bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  char value = 0;
  file.seekg(static_cast<std::streamoff>(byte)).get(value);
  file.seekp(static_cast<std::streamoff>(byte)).put(static_cast<char>(value ^ (1 << bit)));
}

}  // namespace csn::test
