#include "base/loadable_module.h"

#include <dlfcn.h>

#include <filesystem>

namespace csn {
namespace {

std::filesystem::path ProgramFolder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

}  // namespace

void* LoadModuleSymbol(const std::string& name, const char* symbol, const std::string& holds) {
  const std::filesystem::path folder = ProgramFolder();
  const std::string file = name + ".so";
  std::string tried;
  for (const std::filesystem::path& path :
       {folder / file, folder.parent_path() / CSN_MODULE_DIR / file}) {
    if (!std::filesystem::exists(path)) {
      tried += fmt::format("; {}: no such file", path.string());
      continue;
    }
    // Never closed: libraries such as LibTorch do not survive it.
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      tried += fmt::format("; {}", dlerror());
      continue;
    }
    if (void* found = dlsym(module, symbol)) return found;
    tried += fmt::format("; {}: no symbol {}", path.string(), symbol);
  }
  Fail(ErrorCode::kFailed, "cannot load the module {}, which holds {}{}", name, holds, tried);
}

void CheckModuleVersion(const std::string& name, int version, int expected) {
  if (version == expected) return;
  Fail(ErrorCode::kFailed, "module {}: version {}, expected {}", name, version, expected);
}

}  // namespace csn
