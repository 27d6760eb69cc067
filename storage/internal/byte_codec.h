// Little pieces of binary: varints, lengths, doubles; reading is bounds-checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace csn::internal {

// Appends to a string.
class ByteWriter {
 public:
  void Byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void Varint(uint64_t value);        // LEB128: 7 bits a byte, least significant first
  void Double(double value);          // 8 bytes, little-endian
  void Text(std::string_view value);  // varint length, bytes
  std::string Take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote. Every call throws Error(kCorruption) naming `what` where the bytes
// are short or wrong. `bytes` and `what` must outlive the reader.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string_view what) : rest_(bytes), what_(what) {}

  uint8_t Byte() { return static_cast<uint8_t>(Take(1)[0]); }
  uint64_t Varint() {
    // Nearly all are lengths below 128.
    if (!rest_.empty() && static_cast<uint8_t>(rest_[0]) < 0x80) return Byte();
    return LongVarint();
  }
  double Double();
  // The bytes where they lie.
  std::string_view Text() { return Take(Varint()); }
  // A number of things of at least one byte each that follow: at most what is left, so a caller may
  // reserve it.
  uint64_t Count();
  // Throws unless everything was read.
  void End() const;

 private:
  std::string_view Take(size_t size) {
    if (size > rest_.size()) FailShort(size);
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  uint64_t LongVarint();
  [[noreturn]] void FailShort(size_t size) const;

  std::string_view rest_;
  std::string_view what_;
};

}  // namespace csn::internal
