// The network: a trunk and the masks' parameter. Source: CSN paper, section 3; reference
// implementation.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "embedder/model_file.h"

namespace csn {

// Two 3x3 convolutions with a shortcut: ResNet's basic block.
class BasicBlockImpl : public torch::nn::Module {
 public:
  BasicBlockImpl(int64_t in, int64_t out, int64_t stride);
  torch::Tensor forward(const torch::Tensor& x);

  // In training, the chance in [0, 1) that a photograph takes the shortcut alone, drawn from
  // LibTorch's generator; what is not skipped counts for more, so that the mean stays.
  double skip = 0;

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, shortcut_{nullptr};
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr}, shortcut_norm_{nullptr};
};
TORCH_MODULE(BasicBlock);

// Photographs [n, 3, S, S], normalised -> embeddings [n, d], linear, not L2-normalised.
class TrunkNetImpl : public torch::nn::Module {
 public:
  TrunkNetImpl(Trunk trunk, int64_t dim);
  torch::Tensor forward(torch::Tensor x);

  // Stochastic depth: the last block is skipped with this chance, block k of n with k/n of it.
  void SetStochasticDepth(double chance);
  // Whether, in training, what comes before the head computes in bfloat16.
  bool bfloat16 = false;

 private:
  torch::Tensor Features(torch::Tensor x);

  torch::nn::Conv2d stem_{nullptr};
  torch::nn::BatchNorm2d stem_norm_{nullptr};
  torch::nn::Sequential blocks_;
  torch::nn::Linear head_{nullptr};
  bool max_pool_;
};
TORCH_MODULE(TrunkNet);

// beta [C, d] where masks of this kind start (embedder/model_file.h); m = relu(beta). kLearned
// draws from LibTorch's generator.
torch::Tensor StartMasks(MaskKind kind, int64_t notions, int64_t dim);

// Bytes [n, S, S, 3] -> float [n, 3, S, S] less ImageNet's mean over its deviation, channels last
// in memory, on `device`. `photographs` must live until the call returns.
torch::Tensor NormaliseBatch(const uint8_t* photographs, int64_t n, int64_t size,
                             torch::Device device);

// The trunk's parameters and running statistics by name, `prefix` before each, and back. Restore
// throws Error(kCorruption) naming the tensor that is missing, unknown or of another shape; only
// tensors with the prefix are looked at.
std::vector<Tensor> TrunkTensors(const TrunkNet& trunk, const std::string& prefix = "");
void RestoreTrunk(const std::vector<Tensor>& tensors, TrunkNet& trunk,
                  const std::string& prefix = "");

// What stands before the names of a network's tensors in a model of several; "" in a model of one.
std::string NetworkPrefix(int networks, int network);

}  // namespace csn
