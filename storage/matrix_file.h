// Many vectors from a file, as data sets of the field come.
#pragma once

#include <string>

#include "base/matrix.h"

namespace csn {

// The rows of a .npy file (little-endian float32 or float64, C order, shape [n, d]) or of a .fvecs
// file (each row its dimension as a 32-bit number, then float32 values), told apart by the first
// bytes. Every value must be finite. Throws Error(kNotFound), Error(kFailed) where it cannot be
// read, or Error(kInvalidArgument) naming the file, the row, what was expected and what came.
Matrix ReadMatrixFile(const std::string& path);

}  // namespace csn
