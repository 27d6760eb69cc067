// Files read whole, written so that a reader sees the old or the new bytes and nothing between.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

// Throws Error(kNotFound) where there is none, Error(kFailed) where reading fails; both name the
// path.
std::vector<uint8_t> ReadFile(const std::string& path);
// Throws Error(kInvalidArgument) too, as soon as there are more than `max_bytes`: a pipe or a
// device need not end.
std::string ReadTextFile(const std::string& path,
                         uint64_t max_bytes = std::numeric_limits<uint64_t>::max());
// `count` bytes from `offset` on, fewer where the file ends.
std::vector<uint8_t> ReadFilePart(const std::string& path, uint64_t offset, uint64_t count);

// Writes to a temporary name beside `path` (beside its target where it is a link), syncs it,
// renames, syncs the folder. On failure, or where something else than a regular file stands there,
// that stays, the temporary one is removed, and Error(kFailed) names the path and the reason.
void WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes);
void WriteFileAtomically(const std::string& path, std::string_view text);

// For many small files of which none counts before all are there: writes over what stands there,
// syncs nothing. On failure the file may be half written, and Error(kFailed) names it.
void WriteFileUnsynced(const std::string& path, std::span<const uint8_t> bytes);

// fsync of a file or folder. Throws Error(kFailed).
void SyncPath(const std::string& path);
// Everything written so far to the file system that holds `path` is on the disk when this returns:
// one sync for all files that WriteFileUnsynced wrote. Throws Error(kFailed).
void SyncFileSystem(const std::string& path);

}  // namespace csn
