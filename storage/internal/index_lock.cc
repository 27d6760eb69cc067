#include "storage/internal/index_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "storage/layout.h"

namespace csn::internal {
namespace {

// False where the file was removed, or replaced, between being opened and being locked.
bool IsStillThere(const FileHandle& file) {
  struct stat held, named;
  return fstat(file.fd(), &held) == 0 && stat(file.path().c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

IndexLock::IndexLock(const std::string& index) {
  do {
    file_ = std::make_unique<FileHandle>(layout::Lock(index), O_RDWR | O_CREAT);
    int result;
    do {
      result = flock(file_->fd(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EWOULDBLOCK) {
      Fail(ErrorCode::kLocked, "index {}: another writer holds its lock", index);
    }
    if (result != 0) {
      Fail(ErrorCode::kFailed, "{}: cannot be locked: {}", file_->path(), std::strerror(errno));
    }
  } while (!IsStillThere(*file_));
}

}  // namespace csn::internal
