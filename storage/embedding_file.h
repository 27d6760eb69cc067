// Embeddings on disk: [n, d] float32 row-major, memory-mapped, a checksum a block.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/matrix.h"

namespace csn {

// Writes rows in order. A file left without Finish() has no valid header and does not open.
class EmbeddingFileWriter {
 public:
  // Throws Error(kFailed) where the file cannot be made.
  EmbeddingFileWriter(const std::string& path, size_t dim);
  ~EmbeddingFileWriter();
  EmbeddingFileWriter(const EmbeddingFileWriter&) = delete;
  EmbeddingFileWriter& operator=(const EmbeddingFileWriter&) = delete;

  // One row [d]. Throws Error(kInvalidArgument) on another length, Error(kFailed) where writing
  // fails.
  void Append(std::span<const float> row);
  // Writes checksums and header, syncs.
  void Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A mapped embedding file. Thread-safe. Blocks are verified at first touch.
class EmbeddingFile {
 public:
  // Checks header, size and the checksum table. Throws Error(kCorruption) naming file, expected and
  // found.
  static EmbeddingFile Open(const std::string& path);
  ~EmbeddingFile();
  EmbeddingFile(EmbeddingFile&&) noexcept;
  EmbeddingFile& operator=(EmbeddingFile&&) noexcept;

  // The size of a file of so many rows.
  static uint64_t FileBytes(uint64_t rows, size_t dim);

  size_t rows() const;
  size_t dim() const;
  // Checksum (base/hash.h) of the header and the table of blocks' checksums: two files with the
  // same one hold the same rows, as far as their blocks pass their own checks.
  std::string Outline() const;
  // One row [d], its block verified first. Throws Error(kCorruption) where the block is damaged.
  std::span<const float> Row(size_t row) const;
  // All rows, every block verified first (each once in the life of this object).
  MatrixView All() const;

 private:
  struct Impl;
  explicit EmbeddingFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
