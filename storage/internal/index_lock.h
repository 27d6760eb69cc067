// The right to write into an index directory, held through INDEX/LOCK.
#pragma once

#include <memory>
#include <string>

#include "storage/internal/file_handle.h"

namespace csn::internal {

// Held while it lives, and no longer than its process. The file itself stays: what is locked is its
// inode.
class IndexLock {
 public:
  // `index` must exist. Throws Error(kLocked) naming it where another writer holds the lock.
  explicit IndexLock(const std::string& index);

 private:
  std::unique_ptr<FileHandle> file_;
};

}  // namespace csn::internal
