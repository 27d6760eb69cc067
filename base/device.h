// Where networks compute, as it is asked for.
#pragma once

#include <string>
#include <string_view>

namespace csn {

struct Device {
  enum class Kind {
    kAuto,  // a CUDA device where one can be used, else the processor
    kCpu,
    kCuda,  // that one or none
  };
  Kind kind = Kind::kAuto;
  int index = 0;  // of the CUDA device

  friend bool operator==(const Device&, const Device&) = default;
};

// "auto", "cpu", "cuda" (the first one) or "cuda:1". Throws Error(kInvalidArgument) that quotes it.
Device ParseDevice(std::string_view text);
std::string DeviceName(const Device& device);  // what ParseDevice reads: "cuda:0"

}  // namespace csn
