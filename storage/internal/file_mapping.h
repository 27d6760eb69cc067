// A file's bytes in memory without a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace csn::internal {

// Whether a mapping's pages are fetched as they are touched or all at once: better where all are
// about to be read.
enum class Fetch { kAsTouched, kAtOnce };

// Read-only. Where another process cuts the file short, or the disk fails, touching its bytes ends
// the process (SIGBUS): only for files that nobody changes.
class FileMapping {
 public:
  // Throws Error(kNotFound) where the file is missing, Error(kCorruption) where it is empty,
  // Error(kFailed) where it cannot be mapped; all name it.
  explicit FileMapping(const std::string& path, Fetch fetch = Fetch::kAsTouched);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  const uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }
  std::span<const uint8_t> span() const { return {bytes_, size_}; }

 private:
  const uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
};

}  // namespace csn::internal
