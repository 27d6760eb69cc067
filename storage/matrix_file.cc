#include "storage/matrix_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "storage/internal/file_mapping.h"
#include "storage/internal/npy_header.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they are stored");

constexpr int32_t kMostDims = 65'536;

// Reads the values of one row, of which each must be a finite float.
template <typename T>
void ReadRow(const std::string& path, size_t row, const char* bytes, std::span<float> to) {
  for (size_t k = 0; k < to.size(); ++k) {
    T value;
    std::memcpy(&value, bytes + k * sizeof(T), sizeof(T));
    to[k] = static_cast<float>(value);
    Require(std::isfinite(to[k]), "{}: row {}, value {} is {}; expected a finite 32-bit float",
            path, row, k, value);
  }
}

Matrix ReadNpyMatrix(const std::string& path, std::string_view bytes) {
  const NpyHeader header = ParseNpyHeader(path, bytes, NpyShape::kMatrix);
  Require(header.cols <= kMostDims, "{}: rows of {} values, expected at most {}", path, header.cols,
          kMostDims);
  Matrix matrix(header.rows, header.cols);
  const size_t width = header.is_double ? sizeof(double) : sizeof(float);
  for (size_t row = 0; row < header.rows; ++row) {
    const char* from = bytes.data() + header.data_start + row * header.cols * width;
    header.is_double ? ReadRow<double>(path, row, from, matrix.Row(row))
                     : ReadRow<float>(path, row, from, matrix.Row(row));
  }
  return matrix;
}

Matrix ReadFvecs(const std::string& path, std::string_view bytes) {
  int32_t dim = 0;
  Require(bytes.size() >= sizeof dim, "{}: {} bytes, expected a .npy or .fvecs file", path,
          bytes.size());
  std::memcpy(&dim, bytes.data(), sizeof dim);
  Require(dim >= 1 && dim <= kMostDims,
          "{}: expected a .npy or .fvecs file; the first row of the latter would have {} values",
          path, dim);
  const size_t row_bytes = sizeof dim + static_cast<size_t>(dim) * sizeof(float);
  Require(bytes.size() % row_bytes == 0,
          "{}: {} bytes, expected a multiple of {}: rows of {} values", path, bytes.size(),
          row_bytes, dim);
  Matrix matrix(bytes.size() / row_bytes, static_cast<size_t>(dim));
  for (size_t row = 0; row < matrix.rows(); ++row) {
    const char* from = bytes.data() + row * row_bytes;
    int32_t own = 0;
    std::memcpy(&own, from, sizeof own);
    Require(own == dim, "{}: row {} has {} values, those before it {}", path, row, own, dim);
    ReadRow<float>(path, row, from + sizeof own, matrix.Row(row));
  }
  return matrix;
}

}  // namespace

Matrix ReadMatrixFile(const std::string& path) {
  const internal::FileMapping file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes()), file.size());
  return bytes.starts_with(kNpyMagic) ? ReadNpyMatrix(path, bytes) : ReadFvecs(path, bytes);
}

}  // namespace csn
