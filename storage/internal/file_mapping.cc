#include "storage/internal/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "storage/internal/file_handle.h"

namespace csn::internal {

FileMapping::FileMapping(const std::string& path, Fetch fetch) {
  const FileHandle file(path, O_RDONLY);
  struct stat status;
  if (fstat(file.fd(), &status) != 0) {
    Fail(ErrorCode::kFailed, "{}: cannot be examined: {}", path, std::strerror(errno));
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) Fail(ErrorCode::kCorruption, "{}: the file is empty", path);
  const int flags = MAP_SHARED | (fetch == Fetch::kAtOnce ? MAP_POPULATE : 0);
  void* address = mmap(nullptr, size_, PROT_READ, flags, file.fd(), 0);
  if (address == MAP_FAILED) {
    Fail(ErrorCode::kFailed, "{}: cannot be mapped: {}", path, std::strerror(errno));
  }
  bytes_ = static_cast<const uint8_t*>(address);
}

FileMapping::~FileMapping() { munmap(const_cast<uint8_t*>(bytes_), size_); }

}  // namespace csn::internal
