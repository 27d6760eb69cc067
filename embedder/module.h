// The seam between programs and the loadable module csn_torch, which holds all of LibTorch.
#pragma once

#include <memory>

#include "embedder/embedder.h"
#include "embedder/trainer.h"

namespace csn {

inline constexpr int kModuleVersion = 3;

// What the module offers. Every function returns false and fills the error instead of throwing.
struct ModuleApi {
  int version;
  bool (*make_embedder)(const Model& model, const EmbedderOptions& options,
                        std::unique_ptr<Embedder>* embedder, ModuleError* error);
  bool (*train)(const TrainOptions& options, const TrainingData& data,
                const TrainCallbacks& callbacks, const Checkpoint* resume, TrainReport* report,
                ModuleError* error);
};

// The module's one exported symbol.
inline constexpr char kModuleSymbol[] = "csn_torch_api";
using ModuleEntry = const ModuleApi* (*)();

// Loads the module at first call: from the running program's folder, or lib/csn beside its bin
// after an install. Throws Error(kFailed) naming the places tried. Thread-safe.
const ModuleApi& TorchModule();

}  // namespace csn
