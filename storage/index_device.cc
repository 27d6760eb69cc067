#include "storage/index_device.h"

#include "base/error.h"
#include "storage/gpu_module.h"

namespace csn {
namespace {

// Why the device cannot be used, or "".
std::string Fault(int device) {
#ifdef CSN_FAISS_GPU
  try {
    std::string why;
    const int count = GpuModule().count_devices(&why);
    if (device < count) return "";
    return count == 0 ? why : fmt::format("there are {} CUDA devices", count);
  } catch (const Error& error) {
    return error.what();
  }
#else
  static_cast<void>(device);
  return "this build is without FAISS's GPU code";
#endif
}

}  // namespace

IndexDevice PlaceIndexes(const Device& wanted) {
  if (wanted.kind == Device::Kind::kCpu) return {};
  const int device = wanted.kind == Device::Kind::kCuda ? wanted.index : 0;
  const std::string fault = Fault(device);
  if (fault.empty()) return {.cuda = device, .text = fmt::format("cuda:{}", device)};
  if (wanted.kind == Device::Kind::kCuda) {
    Fail(ErrorCode::kFailed, "device {}: cannot be used for indexes: {}", DeviceName(wanted),
         fault);
  }
  return {.text = fmt::format("cpu ({})", fault)};
}

}  // namespace csn
