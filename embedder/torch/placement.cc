#include "embedder/torch/placement.h"

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include "base/error.h"

namespace csn {
namespace {

// Why nothing can be put on a CUDA device; empty where it can.
std::string WhyNoCuda(int index) {
  if (!at::hasCUDA()) return "this LibTorch is without CUDA";
  const auto count = static_cast<int64_t>(torch::cuda::device_count());
  if (count == 0) return "no CUDA driver, or no device";
  if (index >= count) return fmt::format("{} CUDA device{}", count, count == 1 ? "" : "s");
  try {
    torch::ones({1}, torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index)))
        .item<float>();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

}  // namespace

Placement Place(const Device& wanted) {
  if (wanted.kind == Device::Kind::kCpu) return {.device = torch::kCPU, .text = "cpu"};
  const std::string why = WhyNoCuda(wanted.index);
  if (why.empty()) {
    const Device cuda{.kind = Device::Kind::kCuda, .index = wanted.index};
    return {.device = {torch::kCUDA, static_cast<c10::DeviceIndex>(wanted.index)},
            .text = DeviceName(cuda)};
  }
  if (wanted.kind == Device::Kind::kCuda) {
    Fail(ErrorCode::kFailed, "device {}: cannot be used: {}", DeviceName(wanted), why);
  }
  return {.device = torch::kCPU, .text = fmt::format("cpu ({})", why)};
}

}  // namespace csn
