#include "indexer/internal/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace csn {

SpillFile::SpillFile(const std::string& folder) : folder_(folder) {
  std::string path = folder + "/spill.XXXXXX";
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) {
    Fail(ErrorCode::kFailed, "making a temporary file in {}: {}", folder_, std::strerror(errno));
  }
  unlink(path.c_str());
}

SpillFile::~SpillFile() { close(fd_); }

uint64_t SpillFile::Append(std::span<const uint8_t> bytes) {
  const uint64_t offset = size_;
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Fail(ErrorCode::kFailed, "writing a temporary file in {}: {}", folder_, std::strerror(errno));
    }
    size_ += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return offset;
}

void SpillFile::Read(uint64_t offset, std::span<uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      Fail(ErrorCode::kFailed, "reading a temporary file in {}: {}", folder_,
           count < 0 ? std::strerror(errno) : "it is shorter than what was written");
    }
    offset += static_cast<uint64_t>(count);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

}  // namespace csn
