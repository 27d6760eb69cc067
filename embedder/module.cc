#include "embedder/module.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <vector>

namespace csn {
namespace {

std::filesystem::path ProgramFolder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

const ModuleApi* Load() {
  const std::filesystem::path folder = ProgramFolder();
  std::string tried;
  for (const std::filesystem::path& path :
       {folder / "csn_torch.so", folder.parent_path() / CSN_MODULE_DIR / "csn_torch.so"}) {
    if (!std::filesystem::exists(path)) {
      tried += fmt::format("; {}: no such file", path.string());
      continue;
    }
    // Never closed: LibTorch does not survive it.
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      tried += fmt::format("; {}", dlerror());
      continue;
    }
    const auto entry = reinterpret_cast<ModuleEntry>(dlsym(module, kModuleSymbol));
    if (entry == nullptr) {
      tried += fmt::format("; {}: no symbol {}", path.string(), kModuleSymbol);
      continue;
    }
    const ModuleApi* api = entry();
    if (api->version != kModuleVersion) {
      tried += fmt::format("; {}: module version {}, expected {}", path.string(), api->version,
                           kModuleVersion);
      continue;
    }
    return api;
  }
  Fail(ErrorCode::kFailed, "cannot load the module csn_torch, which holds LibTorch{}", tried);
}

}  // namespace

const ModuleApi& TorchModule() {
  static const ModuleApi* const api = Load();
  return *api;
}

}  // namespace csn
