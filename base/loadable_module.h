// Modules that programs load when they first need them, so that what these link does not make every
// start slower or impossible.
#pragma once

#include <string>

#include "base/error.h"

namespace csn {

// How an error leaves a module: as code and text.
struct ModuleError {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;
};

// The symbol `symbol` of the module NAME.so: from the running program's folder, or lib/csn beside
// its bin after an install. The module stays loaded. Throws Error(kFailed) naming the module, what
// it `holds`, and the places tried. Thread-safe.
void* LoadModuleSymbol(const std::string& name, const char* symbol, const std::string& holds);

// Throws Error(kFailed) unless the module's version is the one this program was built with.
void CheckModuleVersion(const std::string& name, int version, int expected);

}  // namespace csn
