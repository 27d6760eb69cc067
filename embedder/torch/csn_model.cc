#include "embedder/torch/csn_model.h"

#include <ATen/autocast_mode.h>
#include <torch/nn/functional/pooling.h>
#include <torch/types.h>
#include <torch/version.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"

namespace csn {
namespace {

namespace nn = torch::nn;

nn::Conv2d Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  nn::Conv2d conv(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
  // He's start for layers followed by ReLU, as in ResNet.
  nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
  return conv;
}

// While one lives, convolutions on this thread compute in bfloat16, on such a device.
class Bfloat16Convolutions {
 public:
  explicit Bfloat16Convolutions(torch::DeviceType device) : device_(device) { Set(true); }
  ~Bfloat16Convolutions() {
    Set(false);
    at::autocast::clear_cache();
  }
  Bfloat16Convolutions(const Bfloat16Convolutions&) = delete;
  Bfloat16Convolutions& operator=(const Bfloat16Convolutions&) = delete;

 private:
  void Set(bool enabled) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, enabled);
#else
    if (device_ == torch::kCUDA) {
      at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
      at::autocast::set_enabled(enabled);
    } else {
      at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
      at::autocast::set_cpu_enabled(enabled);
    }
#endif
  }

  const torch::DeviceType device_;
};

}  // namespace

BasicBlockImpl::BasicBlockImpl(int64_t in, int64_t out, int64_t stride) {
  conv1_ = register_module("conv1", Convolution(in, out, 3, stride));
  norm1_ = register_module("bn1", nn::BatchNorm2d(out));
  conv2_ = register_module("conv2", Convolution(out, out, 3, 1));
  norm2_ = register_module("bn2", nn::BatchNorm2d(out));
  if (stride != 1 || in != out) {
    shortcut_ = register_module("downsample_conv", Convolution(in, out, 1, stride));
    shortcut_norm_ = register_module("downsample_bn", nn::BatchNorm2d(out));
  }
}

torch::Tensor BasicBlockImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = norm1_->forward(conv1_->forward(x)).relu_();
  y = norm2_->forward(conv2_->forward(y));
  if (is_training() && skip > 0) {
    const torch::Tensor kept = torch::rand({x.size(0), 1, 1, 1}, torch::TensorOptions(x.device()))
                                   .ge_(skip)
                                   .div_(1 - skip);
    y *= kept.to(y.scalar_type());
  }
  y += shortcut_ ? shortcut_norm_->forward(shortcut_->forward(x)) : x;
  return y.relu_();
}

TrunkNetImpl::TrunkNetImpl(Trunk trunk, int64_t dim) {
  struct Stage {
    int64_t width, stride;
  };
  std::vector<Stage> stages;
  int64_t width = 0;
  switch (trunk) {
    case Trunk::kSmall:
      width = 32;
      stem_ = Convolution(3, width, 5, 2);
      stages = {{32, 1}, {64, 2}, {128, 2}, {128, 1}};
      max_pool_ = false;
      break;
    case Trunk::kResNet18:
      width = 64;
      stem_ = Convolution(3, width, 7, 2);
      stages = {{64, 1}, {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}};
      max_pool_ = true;
      break;
  }
  register_module("conv1", stem_);
  stem_norm_ = register_module("bn1", nn::BatchNorm2d(width));
  for (const Stage& stage : stages) {
    blocks_->push_back(BasicBlock(width, stage.width, stage.stride));
    width = stage.width;
  }
  register_module("blocks", blocks_);
  head_ = register_module("head", nn::Linear(width, dim));
}

void TrunkNetImpl::SetStochasticDepth(double chance) {
  const double count = static_cast<double>(blocks_->size());
  for (size_t i = 0; i < blocks_->size(); ++i) {
    blocks_->at<BasicBlockImpl>(i).skip = chance * static_cast<double>(i + 1) / count;
  }
}

// The last block's output [n, channels, h, w].
torch::Tensor TrunkNetImpl::Features(torch::Tensor x) {
  std::optional<Bfloat16Convolutions> autocast;
  if (bfloat16 && is_training()) autocast.emplace(x.device().type());
  x = stem_norm_->forward(stem_->forward(x)).relu_();
  if (max_pool_) {
    x = nn::functional::max_pool2d(x, nn::functional::MaxPool2dFuncOptions(3).stride(2).padding(1));
  }
  return blocks_->forward(x);
}

torch::Tensor TrunkNetImpl::forward(torch::Tensor x) {
  x = Features(std::move(x)).to(torch::kFloat32).mean({2, 3});
  if (is_training()) return head_->forward(x);
  // A matrix product may round a row by its place in the batch; sums of rows do not.
  return (x.unsqueeze(1) * head_->weight).sum(2) + head_->bias;
}

torch::Tensor StartMasks(MaskKind kind, int64_t notions, int64_t dim) {
  switch (kind) {
    case MaskKind::kLearned:
      return torch::randn({notions, dim}) * 0.7 + 0.9;
    case MaskKind::kNone:
      return torch::ones({notions, dim});
    case MaskKind::kPreinitialised:
    case MaskKind::kFixed:
      break;
  }
  torch::Tensor beta = torch::full({notions, dim}, kind == MaskKind::kFixed ? 0.0f : 0.1f);
  const int64_t slice = dim / notions;
  for (int64_t c = 0; c < notions; ++c) beta[c].slice(0, c * slice, (c + 1) * slice).fill_(1.0f);
  return beta;
}

torch::Tensor NormaliseBatch(const uint8_t* photographs, int64_t n, int64_t size,
                             torch::Device device) {
  static const torch::Tensor mean =
      torch::tensor({0.485f, 0.456f, 0.406f}).mul_(255).view({1, 3, 1, 1});
  static const torch::Tensor factor =
      torch::tensor({0.229f, 0.224f, 0.225f}).mul_(255).reciprocal_().view({1, 3, 1, 1});
  // Interleaved bytes are channels-last memory already: only the view changes.
  const torch::Tensor bytes =
      torch::from_blob(const_cast<uint8_t*>(photographs), {n, size, size, 3}, torch::kUInt8);
  return bytes.to(device)
      .permute({0, 3, 1, 2})
      .to(torch::kFloat32)
      .sub_(mean.to(device))
      .mul_(factor.to(device));
}

std::string NetworkPrefix(int networks, int network) {
  return networks == 1 ? "" : std::to_string(network) + ".";
}

std::vector<Tensor> TrunkTensors(const TrunkNet& trunk, const std::string& prefix) {
  std::vector<Tensor> tensors;
  const auto add = [&](const std::string& name, const torch::Tensor& value) {
    // num_batches_tracked plays no part: momentum is fixed.
    if (!value.is_floating_point()) return;
    const torch::Tensor flat = value.detach().to(torch::kCPU).contiguous();
    const float* data = flat.data_ptr<float>();
    tensors.push_back({prefix + name, value.sizes().vec(), {data, data + flat.numel()}});
  };
  for (const auto& entry : trunk->named_parameters()) add(entry.key(), entry.value());
  for (const auto& entry : trunk->named_buffers()) add(entry.key(), entry.value());
  return tensors;
}

void RestoreTrunk(const std::vector<Tensor>& tensors, TrunkNet& trunk, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  std::map<std::string, const Tensor*> by_name;
  for (const Tensor& tensor : tensors) {
    if (tensor.name.starts_with(prefix)) by_name[tensor.name] = &tensor;
  }
  const auto restore = [&](const std::string& suffix, const torch::Tensor& target) {
    if (!target.is_floating_point()) return;
    const std::string name = prefix + suffix;
    const auto found = by_name.find(name);
    if (found == by_name.end()) Fail(ErrorCode::kCorruption, "model: tensor {} is missing", name);
    const Tensor& tensor = *found->second;
    if (torch::IntArrayRef(tensor.shape) != target.sizes()) {
      Fail(ErrorCode::kCorruption, "model: tensor {} has shape [{}], expected [{}]", name,
           fmt::join(tensor.shape, ", "), fmt::join(target.sizes().vec(), ", "));
    }
    target.copy_(torch::from_blob(const_cast<float*>(tensor.values.data()), target.sizes()));
    by_name.erase(found);
  };
  for (const auto& entry : trunk->named_parameters()) restore(entry.key(), entry.value());
  for (const auto& entry : trunk->named_buffers()) restore(entry.key(), entry.value());
  if (!by_name.empty()) {
    Fail(ErrorCode::kCorruption, "model: unknown tensor {}", by_name.begin()->first);
  }
}

}  // namespace csn
