// Numbers in plain loops and the same in tensors.
#pragma once

#include <torch/types.h>

#include <vector>

namespace csn::test {

using Rows = std::vector<std::vector<double>>;

// [rows, columns] of doubles that a gradient is wanted of.
inline torch::Tensor ToTensor(const Rows& rows) {
  torch::Tensor tensor = torch::empty(
      {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}, torch::kFloat64);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t k = 0; k < rows[i].size(); ++k) {
      tensor[static_cast<int64_t>(i)][static_cast<int64_t>(k)] = rows[i][k];
    }
  }
  return tensor.set_requires_grad(true);
}

}  // namespace csn::test
