// The codes of one notion's rows on disk (base/row_codes.h), memory-mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/row_codes.h"

namespace csn {

// A mapped file of codes. Thread-safe.
class CodeFile {
 public:
  // Writes and syncs. Throws Error(kFailed).
  static void Write(const std::string& path, const CodesView& codes);
  // Reads the file whole and checks it against `checksum` (hash.h Checksum). Throws
  // Error(kCorruption) naming the file, Error(kFailed) where it cannot be read.
  static CodeFile Load(const std::string& path, const std::string& checksum);
  // The size of a file of so many rows, in their own order or another.
  static uint64_t FileBytes(uint64_t rows, size_t dim, bool ordered);
  // Reads the file's first bytes and its size only. Throws Error(kCorruption) naming the file
  // unless they are those of so many rows and dimensions, in their own order or another.
  static void CheckHeader(const std::string& path, size_t rows, size_t dim, bool ordered);

  ~CodeFile();
  CodeFile(CodeFile&&) noexcept;
  CodeFile& operator=(CodeFile&&) noexcept;

  const CodesView& view() const;  // as long as this lives

 private:
  struct Impl;
  explicit CodeFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
