// Files read whole, written so that a reader sees the old or the new bytes and nothing between.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

// Throws Error(kNotFound) where there is none, Error(kFailed) where reading fails; both name the
// path.
std::vector<uint8_t> ReadFile(const std::string& path);
std::string ReadTextFile(const std::string& path);

// Writes to a temporary name beside `path`, syncs it, renames, syncs the folder. On failure the old
// file stands, the temporary one is removed, and Error(kFailed) names the path and the system's
// reason.
void WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes);
void WriteFileAtomically(const std::string& path, std::string_view text);

// fsync of a file or folder. Throws Error(kFailed).
void SyncPath(const std::string& path);

}  // namespace csn
