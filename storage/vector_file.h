// A query vector from a file.
#pragma once

#include <string>
#include <vector>

namespace csn {

// The floats in a JSON array file or a .npy file (little-endian float32 or float64, C order, shape
// [d] or [1, d]), told apart by the first bytes. Every value must be finite. Throws
// Error(kNotFound), or Error(kInvalidArgument) naming the file, what was expected and what came.
std::vector<float> ReadVectorFile(const std::string& path);

}  // namespace csn
