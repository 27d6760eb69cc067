#include "storage/embedding_file.h"

#include <fcntl.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "storage/internal/file_handle.h"
#include "storage/internal/file_mapping.h"

namespace csn {
namespace {

using internal::FileHandle;
using internal::FileMapping;

static_assert(std::endian::native == std::endian::little, "files are little-endian");

constexpr size_t kPage = 4096;
constexpr size_t kPageHashed = kPage - sizeof(uint64_t);  // the page's own checksum is its end
constexpr size_t kBlockBytes = 1 << 20;
constexpr uint32_t kVersion = 1;
constexpr std::array<char, 8> kMagic = {'c', 's', 'n', '-', 'f', '3', '2', '\n'};
constexpr uint64_t kMaxDim =
    1 << 20;  // above any network's; keeps the arithmetic on sizes from overflowing
constexpr uint64_t kMaxRows = std::numeric_limits<uint32_t>::max();

// The first bytes of the header page; zeros follow.
struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kVersion;
  uint32_t reserved = 0;
  uint64_t rows = 0;
  uint64_t dim = 0;
  uint64_t rows_per_block = 0;
  uint64_t table_offset = 0;
};
static_assert(sizeof(Header) == 48);

uint64_t RowsPerBlock(uint64_t dim) {
  return std::max<uint64_t>(1, kBlockBytes / (dim * sizeof(float)));
}

uint64_t BlockCount(const Header& header) {
  return (header.rows + header.rows_per_block - 1) / header.rows_per_block;
}

uint64_t HashOf(const void* data, size_t size) {
  return Hash64(std::span(static_cast<const uint8_t*>(data), size));
}

uint64_t ReadU64(const uint8_t* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void RequireHash(const std::string& path, std::string_view what, const void* data, size_t size,
                 uint64_t expected) {
  const uint64_t found = HashOf(data, size);
  if (found != expected) {
    Fail(ErrorCode::kCorruption, "{}: {}: checksum {:016x}, expected {:016x}", path, what, found,
         expected);
  }
}

// The header of a mapped file of `size` bytes, checked against itself and the size.
Header CheckedHeader(const std::string& path, const uint8_t* bytes, uint64_t size) {
  if (size < kPage + sizeof(uint64_t)) {
    Fail(ErrorCode::kCorruption, "{}: {} bytes, an embedding file has at least {}", path, size,
         kPage + sizeof(uint64_t));
  }
  Header header;
  std::memcpy(&header, bytes, sizeof header);
  if (header.magic != kMagic) {
    Fail(ErrorCode::kCorruption,
         "{}: not a finished embedding file: begins with {:02x}, expected {:02x}", path,
         fmt::join(std::span(bytes, kMagic.size()), " "),
         fmt::join(AsBytes({kMagic.data(), kMagic.size()}), " "));
  }
  if (header.version > kVersion) {
    Fail(ErrorCode::kCorruption, "{}: format version {}, this build reads up to {}", path,
         header.version, kVersion);
  }
  RequireHash(path, "the header", bytes, kPageHashed, ReadU64(bytes + kPageHashed));
  if (header.version < 1 || header.dim < 1 || header.dim > kMaxDim || header.rows > kMaxRows ||
      header.rows_per_block < 1 || header.rows_per_block > kMaxRows ||
      header.table_offset != kPage + header.rows * header.dim * sizeof(float)) {
    Fail(ErrorCode::kCorruption,
         "{}: the header contradicts itself (version {}, {} rows of {} floats, {} rows a block, "
         "table at {})",
         path, header.version, header.rows, header.dim, header.rows_per_block, header.table_offset);
  }
  const uint64_t expected = header.table_offset + (BlockCount(header) + 1) * sizeof(uint64_t);
  if (size != expected) {
    Fail(ErrorCode::kCorruption, "{}: {} bytes, expected {} for {} rows of {} floats", path, size,
         expected, header.rows, header.dim);
  }
  return header;
}

}  // namespace

struct EmbeddingFileWriter::Impl {
  Impl(const std::string& path, size_t dim) : file(path, O_WRONLY | O_CREAT | O_TRUNC) {
    header.dim = dim;
    header.rows_per_block = RowsPerBlock(dim);
    block.reserve(header.rows_per_block * dim);
    const std::vector<uint8_t> zeros(kPage);
    file.Write(zeros.data(), zeros.size());
  }

  void FlushBlock() {
    const size_t size = block.size() * sizeof(float);
    table.push_back(HashOf(block.data(), size));
    file.Write(block.data(), size);
    block.clear();
  }

  FileHandle file;
  Header header;
  std::vector<float> block;
  std::vector<uint64_t> table;  // one checksum a block written
};

EmbeddingFileWriter::EmbeddingFileWriter(const std::string& path, size_t dim) {
  Require(dim >= 1 && dim <= kMaxDim, "{}: embeddings of {} floats, expected 1 to {}", path, dim,
          kMaxDim);
  impl_ = std::make_unique<Impl>(path, dim);
}

EmbeddingFileWriter::~EmbeddingFileWriter() = default;

void EmbeddingFileWriter::Append(std::span<const float> row) {
  Require(row.size() == impl_->header.dim, "{}: row {} has {} floats, expected {}",
          impl_->file.path(), impl_->header.rows, row.size(), impl_->header.dim);
  Require(impl_->header.rows < kMaxRows, "{}: more than {} rows", impl_->file.path(), kMaxRows);
  impl_->block.insert(impl_->block.end(), row.begin(), row.end());
  ++impl_->header.rows;
  if (impl_->header.rows % impl_->header.rows_per_block == 0) impl_->FlushBlock();
}

void EmbeddingFileWriter::Finish() {
  if (!impl_->block.empty()) impl_->FlushBlock();
  Header& header = impl_->header;
  header.table_offset = kPage + header.rows * header.dim * sizeof(float);
  const size_t table_size = impl_->table.size() * sizeof(uint64_t);
  const uint64_t table_hash = HashOf(impl_->table.data(), table_size);
  impl_->file.Write(impl_->table.data(), table_size);
  impl_->file.Write(&table_hash, sizeof table_hash);

  std::vector<uint8_t> page(kPage);
  std::memcpy(page.data(), &header, sizeof header);
  const uint64_t page_hash = HashOf(page.data(), kPageHashed);
  std::memcpy(page.data() + kPageHashed, &page_hash, sizeof page_hash);
  impl_->file.WriteAt(page.data(), page.size(), 0);
  impl_->file.Sync();
}

uint64_t EmbeddingFile::FileBytes(uint64_t rows, size_t dim) {
  const Header header{.rows = rows, .dim = dim, .rows_per_block = RowsPerBlock(dim)};
  return kPage + rows * dim * sizeof(float) + (BlockCount(header) + 1) * sizeof(uint64_t);
}

struct EmbeddingFile::Impl {
  explicit Impl(const std::string& file)
      : path(file),
        mapping(file),
        header(CheckedHeader(file, mapping.bytes(), mapping.size())),
        block_count(BlockCount(header)),
        verified(block_count) {
    const uint8_t* table = mapping.bytes() + header.table_offset;
    const size_t size = block_count * sizeof(uint64_t);
    RequireHash(path, "the table of checksums", table, size, ReadU64(table + size));
  }

  const float* values() const {
    return reinterpret_cast<const float*>(mapping.bytes() + kPage);  // aligned: a page in
  }

  // Two threads may both verify a block; they find the same.
  void VerifyBlock(uint64_t block) {
    if (verified[block].load(std::memory_order_acquire)) return;
    const uint64_t first = block * header.rows_per_block;
    const uint64_t rows = std::min(header.rows_per_block, header.rows - first);
    const uint64_t expected =
        ReadU64(mapping.bytes() + header.table_offset + block * sizeof(uint64_t));
    RequireHash(path, fmt::format("rows {} to {}", first, first + rows - 1),
                values() + first * header.dim, rows * header.dim * sizeof(float), expected);
    verified[block].store(true, std::memory_order_release);
  }

  void VerifyAll() {
    if (all_verified.load(std::memory_order_acquire)) return;
    for (uint64_t block = 0; block < block_count; ++block) VerifyBlock(block);
    all_verified.store(true, std::memory_order_release);
  }

  std::string path;
  FileMapping mapping;
  Header header;
  uint64_t block_count;
  std::vector<std::atomic<bool>> verified;
  std::atomic<bool> all_verified = false;
};

EmbeddingFile::EmbeddingFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddingFile::~EmbeddingFile() = default;
EmbeddingFile::EmbeddingFile(EmbeddingFile&&) noexcept = default;
EmbeddingFile& EmbeddingFile::operator=(EmbeddingFile&&) noexcept = default;

EmbeddingFile EmbeddingFile::Open(const std::string& path) {
  return EmbeddingFile(std::make_unique<Impl>(path));
}

size_t EmbeddingFile::rows() const { return impl_->header.rows; }

size_t EmbeddingFile::dim() const { return impl_->header.dim; }

std::string EmbeddingFile::Outline() const {
  const uint8_t* bytes = impl_->mapping.bytes();
  std::vector<uint8_t> outline(bytes, bytes + kPage);
  outline.insert(outline.end(), bytes + impl_->header.table_offset, bytes + impl_->mapping.size());
  return Checksum(outline);
}

std::span<const float> EmbeddingFile::Row(size_t row) const {
  Require(row < rows(), "{}: row {} of {}", impl_->path, row, rows());
  impl_->VerifyBlock(row / impl_->header.rows_per_block);
  return {impl_->values() + row * dim(), dim()};
}

MatrixView EmbeddingFile::All() const {
  impl_->VerifyAll();
  return {impl_->values(), rows(), dim()};
}

}  // namespace csn
