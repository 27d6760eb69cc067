#include "storage/gpu_module.h"

namespace csn {
namespace {

const GpuModuleApi* Load() {
  const std::string name = "csn_faiss_gpu";
  const auto entry = reinterpret_cast<GpuModuleEntry>(
      LoadModuleSymbol(name, kGpuModuleSymbol, "FAISS's GPU code"));
  const GpuModuleApi* api = entry();
  CheckModuleVersion(name, api->version, kGpuModuleVersion);
  return api;
}

}  // namespace

const GpuModuleApi& GpuModule() {
  static const GpuModuleApi* const api = Load();
  return *api;
}

}  // namespace csn
