// Row-major float32 matrices: Matrix owns its values, MatrixView borrows them.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace csn {

// A borrowed row-major float32 [rows, cols]; valid as long as the memory it points to.
struct MatrixView {
  const float* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;

  std::span<const float> Row(size_t row) const {
    assert(row < rows);
    return {data + row * cols, cols};
  }
};

// An owned row-major float32 [rows, cols], zero at first.
class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t cols) : rows_(rows), cols_(cols), values_(rows * cols) {}

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  std::span<float> Row(size_t row) {
    assert(row < rows_);
    return {values_.data() + row * cols_, cols_};
  }
  std::span<const float> Row(size_t row) const { return View().Row(row); }
  MatrixView View() const { return {values_.data(), rows_, cols_}; }

 private:
  size_t rows_ = 0;
  size_t cols_ = 0;
  std::vector<float> values_;
};

}  // namespace csn
