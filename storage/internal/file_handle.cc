#include "storage/internal/file_handle.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace csn::internal {

FileHandle::FileHandle(std::string path, int flags)
    : path_(std::move(path)), fd_(open(path_.c_str(), flags | O_CLOEXEC, 0644)) {
  if (fd_ < 0) {
    const bool absent = errno == ENOENT && (flags & O_CREAT) == 0;
    Fail(absent ? ErrorCode::kNotFound : ErrorCode::kFailed, "{}: cannot be opened: {}", path_,
         std::strerror(errno));
  }
}

FileHandle::~FileHandle() { close(fd_); }

void FileHandle::Write(const void* data, size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd_, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) FailSystem("written");
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

void FileHandle::WriteAt(const void* data, size_t size, size_t position) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = pwrite(fd_, bytes, size, static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) FailSystem("written");
    bytes += written;
    size -= static_cast<size_t>(written);
    position += static_cast<size_t>(written);
  }
}

void FileHandle::Sync() {
  if (fsync(fd_) != 0) FailSystem("synced");
}

void FileHandle::FailSystem(const char* action) const {
  Fail(ErrorCode::kFailed, "{}: cannot be {}: {}", path_, action, std::strerror(errno));
}

}  // namespace csn::internal
