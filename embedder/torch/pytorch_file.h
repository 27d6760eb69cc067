// Weights that PyTorch wrote.
#pragma once

#include <string>
#include <vector>

#include "base/matrix.h"
#include "embedder/model_file.h"
#include "embedder/torch/csn_model.h"

namespace csn {

// The trunk's tensors by our names, and the masks [C, d] where the file holds any (else empty).
struct PyTorchWeights {
  std::vector<Tensor> trunk;
  Matrix masks;
};

// Reads a `resnet18` state dict (torchvision's names; its last stage and classifier are left out)
// or a checkpoint of the paper's reference implementation, as torch.save has written them since
// version 1.6: a ZIP archive of a pickle and raw numbers. Nothing in the file is executed.
// Throws Error(kNotFound), Error(kCorruption) naming the file and what is wrong with it: an older
// format (with the line that converts it), no such network.
PyTorchWeights ReadPyTorchWeights(const std::string& path);

// Puts the weights that are there into the trunk; a head that is not keeps its start. Throws
// Error(kCorruption) naming `path` and the tensor that is missing or of another shape.
void InitTrunk(const PyTorchWeights& weights, const std::string& path, TrunkNet& trunk);

}  // namespace csn
