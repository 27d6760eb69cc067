#include "storage/code_file.h"

#include <fcntl.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "storage/internal/file_handle.h"
#include "storage/internal/file_mapping.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

constexpr uint32_t kCodeVersion = 2;
constexpr std::array<char, 8> kCodeMagic = {'c', 's', 'n', '-', 'c', 'o', 'd', '\n'};
constexpr uint64_t kMostCodedRows = std::numeric_limits<uint32_t>::max();

// Codes follow, then origins, then errors, then their order where they have one.
struct CodeHeader {
  std::array<char, 8> magic = kCodeMagic;
  uint32_t version = kCodeVersion;
  uint32_t rows_per_block = kCodeBlockRows;
  uint64_t rows = 0;
  uint64_t dim = 0;
  double step = 0;
  uint64_t ordered = 0;  // 1: an order follows; from version 2
  uint64_t reserved = 0;
  uint64_t checksum = 0;  // XXH3-64 of what stands before it
};
static_assert(sizeof(CodeHeader) == 64);

uint64_t HeaderChecksum(const CodeHeader& header) {
  return Hash64(
      std::span(reinterpret_cast<const uint8_t*>(&header), sizeof header - sizeof header.checksum));
}

CodesView Shape(const CodeHeader& header) {
  return {.rows = header.rows, .dim = header.dim, .step = header.step};
}

uint64_t CodeBytes(const CodesView& shape) { return shape.blocks() * shape.block_bytes(); }

uint64_t SizeOf(const CodeHeader& header) {
  const CodesView shape = Shape(header);
  return sizeof header + CodeBytes(shape) + (shape.dim + shape.blocks()) * sizeof(float) +
         header.ordered * shape.rows * sizeof(uint32_t);
}

// The header of a file of `size` bytes that begins with `bytes`, checked against itself and the
// size.
CodeHeader CheckedCodeHeader(const std::string& path, std::span<const uint8_t> bytes,
                             uint64_t size) {
  CodeHeader header;
  if (bytes.size() < sizeof header) {
    Fail(ErrorCode::kCorruption, "{}: {} bytes, a file of codes has at least {}", path, size,
         sizeof header);
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kCodeMagic) {
    Fail(ErrorCode::kCorruption, "{}: not a file of codes: begins with {:02x}, expected {:02x}",
         path, fmt::join(bytes.first(kCodeMagic.size()), " "),
         fmt::join(AsBytes({kCodeMagic.data(), kCodeMagic.size()}), " "));
  }
  if (header.version > kCodeVersion) {
    Fail(ErrorCode::kCorruption, "{}: format version {}, this build reads up to {}", path,
         header.version, kCodeVersion);
  }
  if (const uint64_t found = HeaderChecksum(header); found != header.checksum) {
    Fail(ErrorCode::kCorruption, "{}: the header: checksum {:016x}, expected {:016x}", path, found,
         header.checksum);
  }
  if (header.version < 1 || header.rows_per_block != kCodeBlockRows ||
      header.rows > kMostCodedRows || header.ordered > 1 || header.dim < 1 ||
      header.dim > kMostCodedDims || !std::isnormal(header.step) || header.step < 0) {
    Fail(ErrorCode::kCorruption,
         "{}: the header contradicts itself (version {}, {} rows of {} dimensions, {} rows a "
         "block, step {})",
         path, header.version, header.rows, header.dim, header.rows_per_block, header.step);
  }
  if (size != SizeOf(header)) {
    Fail(ErrorCode::kCorruption, "{}: {} bytes, expected {} for {} rows of {} dimensions", path,
         size, SizeOf(header), header.rows, header.dim);
  }
  return header;
}

}  // namespace

void CodeFile::Write(const std::string& path, const CodesView& codes) {
  CodeHeader header{.rows = codes.rows,
                    .dim = codes.dim,
                    .step = codes.step,
                    .ordered = codes.order.empty() ? 0u : 1u};
  header.checksum = HeaderChecksum(header);
  internal::FileHandle file(path, O_WRONLY | O_CREAT | O_TRUNC);
  file.Write(&header, sizeof header);
  file.Write(codes.codes, CodeBytes(codes));
  file.Write(codes.origin.data(), codes.origin.size_bytes());
  file.Write(codes.errors.data(), codes.errors.size_bytes());
  file.Write(codes.order.data(), codes.order.size_bytes());
  file.Sync();
}

struct CodeFile::Impl {
  Impl(const std::string& path, const std::string& checksum)
      : mapping(path, internal::Fetch::kAtOnce) {
    const CodeHeader header = CheckedCodeHeader(path, mapping.span(), mapping.size());
    if (const std::string found = Checksum(mapping.span()); found != checksum) {
      Fail(ErrorCode::kCorruption, "{}: checksum {}, expected {}", path, found, checksum);
    }
    view = Shape(header);
    view.codes = mapping.bytes() + sizeof header;
    const auto* floats = reinterpret_cast<const float*>(view.codes + CodeBytes(view));  // aligned
    view.origin = {floats, view.dim};
    view.errors = {floats + view.dim, view.blocks()};
    if (header.ordered == 0) return;
    view.order = {reinterpret_cast<const uint32_t*>(view.errors.data() + view.blocks()), view.rows};
    // Rows are looked up by it.
    if (view.rows > 0 && *std::max_element(view.order.begin(), view.order.end()) >= view.rows) {
      Fail(ErrorCode::kCorruption, "{}: its order names a row which is not there", path);
    }
  }

  internal::FileMapping mapping;
  CodesView view;
};

CodeFile::CodeFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CodeFile::~CodeFile() = default;
CodeFile::CodeFile(CodeFile&&) noexcept = default;
CodeFile& CodeFile::operator=(CodeFile&&) noexcept = default;

CodeFile CodeFile::Load(const std::string& path, const std::string& checksum) {
  return CodeFile(std::make_unique<Impl>(path, checksum));
}

uint64_t CodeFile::FileBytes(uint64_t rows, size_t dim, bool ordered) {
  return SizeOf({.rows = rows, .dim = dim, .ordered = ordered ? 1u : 0u});
}

void CodeFile::CheckHeader(const std::string& path, size_t rows, size_t dim, bool ordered) {
  const CodeHeader header = CheckedCodeHeader(path, ReadFilePart(path, 0, sizeof(CodeHeader)),
                                              std::filesystem::file_size(path));
  if (header.rows != rows || header.dim != dim) {
    Fail(ErrorCode::kCorruption, "{}: {} rows of {} dimensions, expected {} of {}", path,
         header.rows, header.dim, rows, dim);
  }
  // None are in any order.
  if (rows > 0 && header.ordered != (ordered ? 1 : 0)) {
    Fail(ErrorCode::kCorruption, "{}: {} an order of its own, expected one {} it", path,
         header.ordered == 1 ? "has" : "lacks", ordered ? "with" : "without");
  }
}

const CodesView& CodeFile::view() const { return impl_->view; }

}  // namespace csn
