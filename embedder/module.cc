#include "embedder/module.h"

#include "base/loadable_module.h"

namespace csn {
namespace {

const ModuleApi* Load() {
  const std::string name = "csn_torch";
  const auto entry =
      reinterpret_cast<ModuleEntry>(LoadModuleSymbol(name, kModuleSymbol, "LibTorch"));
  const ModuleApi* api = entry();
  CheckModuleVersion(name, api->version, kModuleVersion);
  return api;
}

}  // namespace

const ModuleApi& TorchModule() {
  static const ModuleApi* const api = Load();
  return *api;
}

}  // namespace csn
