#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/internal/unique_fd.h"
#include "base/text.h"

namespace csn {
namespace {

using internal::OpenForReading;
using internal::ReadUpTo;
using internal::UniqueFd;

// What the system says of its size: 0 for a pipe.
uint64_t SizeOf(const UniqueFd& fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) {
    Fail(ErrorCode::kFailed, "reading {}: {}", path, std::strerror(errno));
  }
  return static_cast<uint64_t>(std::max<off_t>(info.st_size, 0));
}

// Bytes is std::vector<uint8_t> or std::string.
template <typename Bytes>
Bytes ReadWhole(const std::string& path, uint64_t max_bytes) {
  const UniqueFd fd = OpenForReading(path);
  // The size is a hint: pipes have none, and a file may grow. One byte more sees the end in one
  // read.
  constexpr uint64_t kLeast = 4096;
  uint64_t room = std::max(std::min(SizeOf(fd, path), max_bytes) + 1, kLeast);
  Bytes bytes;
  size_t filled = 0;
  while (true) {
    bytes.resize(room);
    filled +=
        ReadUpTo(fd, path, {reinterpret_cast<uint8_t*>(bytes.data()) + filled, room - filled});
    Require(filled <= max_bytes, "{}: expected at most {}, got more", path, HumanBytes(max_bytes));
    if (filled < room) break;
    room = room <= max_bytes / 2 ? 2 * room : max_bytes + 1;
  }
  bytes.resize(filled);
  return bytes;
}

[[noreturn]] void FailWriting(const std::string& path, int error) {
  Fail(ErrorCode::kFailed, "writing {}: {}", path, std::strerror(error));
}

void WriteAll(const UniqueFd& fd, const std::string& path, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) FailWriting(path, errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

// What a rename may replace: a link is followed, a device or folder refused.
std::string Target(const std::string& path) {
  std::error_code error;  // what cannot be looked at fails when it is written
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return path;
  if (!std::filesystem::is_regular_file(status)) {
    Fail(ErrorCode::kFailed, "writing {}: expected a regular file or nothing there", path);
  }
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

// Beside `path`, so that a rename stays within one file system; no two writers share one.
std::string TemporaryName(const std::string& path) {
  static std::atomic<uint64_t> count{0};
  return fmt::format("{}.tmp.{}.{}", path, getpid(), count.fetch_add(1));
}

// Writes the file `name` whole, on the disk when this returns if `sync`; messages name `path`,
// which the caller asked for.
void WriteWhole(const std::string& name, const std::string& path, std::span<const uint8_t> bytes,
                bool sync) {
  UniqueFd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (fd.get() < 0) FailWriting(path, errno);
  WriteAll(fd, path, bytes);
  if (sync && fsync(fd.get()) != 0) FailWriting(path, errno);
  if (!fd.Close()) FailWriting(path, errno);
}

}  // namespace

std::vector<uint8_t> ReadFile(const std::string& path) {
  return ReadWhole<std::vector<uint8_t>>(path, std::numeric_limits<uint64_t>::max());
}

std::string ReadTextFile(const std::string& path, uint64_t max_bytes) {
  return ReadWhole<std::string>(path, max_bytes);
}

std::vector<uint8_t> ReadFilePart(const std::string& path, uint64_t offset, uint64_t count) {
  const UniqueFd fd = OpenForReading(path);
  const uint64_t size = SizeOf(fd, path);
  // Bounded by what is there: the count may come from damaged bytes.
  std::vector<uint8_t> bytes(std::min(count, size - std::min(offset, size)));
  if (lseek(fd.get(), static_cast<off_t>(std::min(offset, size)), SEEK_SET) < 0) {
    Fail(ErrorCode::kFailed, "reading {}: {}", path, std::strerror(errno));
  }
  bytes.resize(ReadUpTo(fd, path, bytes));
  return bytes;
}

void WriteFileAtomically(const std::string& name, std::span<const uint8_t> bytes) {
  const std::string path = Target(name);
  const std::string temporary = TemporaryName(path);
  try {
    WriteWhole(temporary, path, bytes, true);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) FailWriting(path, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  SyncPath(folder.empty() ? "." : folder);
}

void WriteFileAtomically(const std::string& path, std::string_view text) {
  WriteFileAtomically(path, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

void WriteFileUnsynced(const std::string& path, std::span<const uint8_t> bytes) {
  WriteWhole(path, path, bytes, false);
}

void SyncPath(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) {
    Fail(ErrorCode::kFailed, "syncing {}: {}", path, std::strerror(errno));
  }
}

void SyncFileSystem(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || syncfs(fd.get()) != 0) {
    Fail(ErrorCode::kFailed, "syncing the file system of {}: {}", path, std::strerror(errno));
  }
}

}  // namespace csn
