#include "base/internal/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace csn::internal {

bool UniqueFd::Close() {
  const int fd = std::exchange(fd_, -1);
  return fd < 0 || close(fd) == 0;
}

UniqueFd OpenForReading(const std::string& path, int extra_flags) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | extra_flags));
  if (fd.get() < 0) {
    const int error = errno;
    const bool absent = error == ENOENT || error == ENOTDIR;
    Fail(absent ? ErrorCode::kNotFound : ErrorCode::kFailed, "opening {}: {}", path,
         std::strerror(error));
  }
  return fd;
}

size_t ReadUpTo(const UniqueFd& fd, const std::string& path, std::span<uint8_t> buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = read(fd.get(), buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail(ErrorCode::kFailed, "reading {}: {}", path, std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

}  // namespace csn::internal
