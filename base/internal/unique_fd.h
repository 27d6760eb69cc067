// A file descriptor that closes itself, and the reading of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace csn::internal {

class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  ~UniqueFd() { Close(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  UniqueFd& operator=(UniqueFd&&) = delete;

  int get() const { return fd_; }
  // Closes now; false where the system reports an error.
  bool Close();

 private:
  int fd_;
};

// Opens for reading. Throws Error(kNotFound) where nothing is there, Error(kFailed) otherwise; both
// name the path.
UniqueFd OpenForReading(const std::string& path, int extra_flags = 0);

// Fills `buffer` up to the file's end; returns how many bytes came. Throws Error(kFailed) naming
// the path.
size_t ReadUpTo(const UniqueFd& fd, const std::string& path, std::span<uint8_t> buffer);

}  // namespace csn::internal
