#include "base/device.h"

#include <charconv>

#include "base/error.h"

namespace csn {
namespace {

constexpr std::string_view kCudaPrefix = "cuda:";
constexpr int kMostDevices = 1024;

}  // namespace

Device ParseDevice(std::string_view text) {
  if (text == "auto") return {};
  if (text == "cpu") return {.kind = Device::Kind::kCpu};
  if (text == "cuda") return {.kind = Device::Kind::kCuda};
  Device device{.kind = Device::Kind::kCuda};
  if (text.starts_with(kCudaPrefix)) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] =
        std::from_chars(text.data() + kCudaPrefix.size(), end, device.index);
    const bool whole = error == std::errc() && stopped == end;
    if (whole && device.index >= 0 && device.index < kMostDevices) return device;
  }
  Fail(ErrorCode::kInvalidArgument, "device: expected auto, cpu, cuda or cuda:N, got '{}'", text);
}

std::string DeviceName(const Device& device) {
  switch (device.kind) {
    case Device::Kind::kAuto:
      return "auto";
    case Device::Kind::kCpu:
      return "cpu";
    case Device::Kind::kCuda:
      return fmt::format("{}{}", kCudaPrefix, device.index);
  }
  return "";
}

}  // namespace csn
