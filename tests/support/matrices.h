// Matrices written out.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "base/matrix.h"

namespace csn::test {

// Rows of `cols` values each, one after the other.
inline Matrix MakeMatrix(size_t cols, std::initializer_list<float> values) {
  Matrix matrix(values.size() / cols, cols);
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}

}  // namespace csn::test
