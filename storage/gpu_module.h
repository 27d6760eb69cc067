// The seam between programs and the loadable module csn_faiss_gpu, which holds FAISS's GPU code and
// what it needs of CUDA. Built where both are there (docs/gpu.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/loadable_module.h"
#include "base/matrix.h"
#include "base/stop.h"
#include "storage/index_key.h"

namespace csn {

inline constexpr int kGpuModuleVersion = 1;

// What the module offers. Nothing throws.
struct GpuModuleApi {
  int version;
  // How many CUDA devices there are; of none `*why` says why. Never aborts where there is no
  // driver, as FAISS itself does.
  int (*count_devices)(std::string* why);
  // Trains lists on a device, puts the rows into them there, and gives FAISS's file of the index in
  // the form for processors. `vectors` [n, d] are filled up to what the key's parts need. False
  // with *error filled where it cannot: out of device memory, a key that GPUs do not have. One
  // call at a time on each device; others wait.
  bool (*build_lists)(int device, const IndexKey& key, MatrixView vectors, const StopFlag* stop,
                      std::vector<uint8_t>* file, ModuleError* error);
};

// The module's one exported symbol.
inline constexpr char kGpuModuleSymbol[] = "csn_faiss_gpu_api";
using GpuModuleEntry = const GpuModuleApi* (*)();

// Loads the module at first call. Throws Error(kFailed) naming the places tried. Thread-safe.
const GpuModuleApi& GpuModule();

}  // namespace csn
