// On which device a network is.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "base/device.h"

namespace csn {

struct Placement {
  c10::Device device{c10::kCPU};
  // For a person: "cuda:0", or "cpu" and, where a CUDA device was looked for, why it is none.
  std::string text;
};

// A device that can be used: one that was asked for has held a tensor. Throws Error(kFailed) saying
// why where it is a CUDA device and there is none.
Placement Place(const Device& wanted);

}  // namespace csn
