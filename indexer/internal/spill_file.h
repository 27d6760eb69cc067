// A nameless temporary file: what a build cannot hold in memory while rows are not yet in their
// final order.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace csn {

// The name is removed as soon as the file is open, so nothing is left behind even where the process
// is killed. Not thread-safe.
class SpillFile {
 public:
  // Throws Error(kFailed) where no file can be made in `folder`.
  explicit SpillFile(const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Returns the offset of the bytes. Throws Error(kFailed) where writing fails.
  uint64_t Append(std::span<const uint8_t> bytes);
  // Fills `bytes` from `offset`. Throws Error(kFailed) where reading fails.
  void Read(uint64_t offset, std::span<uint8_t> bytes) const;

 private:
  std::string folder_;  // for messages
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace csn
