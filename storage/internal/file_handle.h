// An open file descriptor that closes itself, with the system's errors as Error(kFailed) naming the
// path.
#pragma once

#include <cstddef>
#include <string>

namespace csn::internal {

class FileHandle {
 public:
  // open(2) with O_CLOEXEC. Throws Error(kNotFound) where a file to be read is missing, else
  // Error(kFailed).
  FileHandle(std::string path, int flags);
  ~FileHandle();
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

  void Write(const void* data, size_t size);  // all of it, at the end of what was written
  void WriteAt(const void* data, size_t size, size_t position);  // all of it, at `position`
  void Sync();

 private:
  [[noreturn]] void FailSystem(const char* action) const;

  std::string path_;
  int fd_;
};

}  // namespace csn::internal
