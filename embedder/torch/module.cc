// The module's entry: the functions of embedder/module.h, with every exception turned into code and
// text.
#include "embedder/module.h"

#include <c10/util/Exception.h>

#include <vector>

#include "embedder/torch/placement.h"
#include "embedder/torch/runtime.h"
#include "embedder/torch/torch_trainer.h"

namespace csn {
namespace {

// Runs `body`; what it throws goes into *error, less LibTorch's stack trace.
template <typename Body>
bool Guarded(ModuleError* error, const Body& body) {
  try {
    body();
    return true;
  } catch (const Error& e) {
    *error = {e.code(), e.what()};
  } catch (const c10::Error& e) {
    *error = {ErrorCode::kFailed, fmt::format("LibTorch: {}", e.what_without_backtrace())};
  } catch (const std::exception& e) {
    *error = {ErrorCode::kFailed, e.what()};
  }
  return false;
}

class TorchEmbedder : public Embedder {
 public:
  TorchEmbedder(const Model& model, int threads, const Placement& placement)
      : Embedder(model.preprocessing.size, model.dim(), placement.text), place_(placement.device) {
    const int64_t dim = static_cast<int64_t>(model.dim()) / model.networks;
    for (int i = 0; i < model.networks; ++i) {
      TrunkNet& trunk = trunks_.emplace_back(model.trunk, dim);
      RestoreTrunk(model.tensors, trunk, NetworkPrefix(model.networks, i));
      trunk->to(place_);
      UseChannelsLast(trunk);
    }
    UseThreads(threads);
  }

 protected:
  bool DoEmbed(const uint8_t* photographs, size_t n, float* out, ModuleError* error) override {
    return Guarded(error, [&] { EmbedBatches(trunks_, place_, photographs, n, size_, out); });
  }

 private:
  const KeptMemory memory_;
  const torch::Device place_;
  std::vector<TrunkNet> trunks_;
};

bool MakeEmbedder(const Model& model, const EmbedderOptions& options,
                  std::unique_ptr<Embedder>* embedder, ModuleError* error) {
  return Guarded(error, [&] {
    *embedder = std::make_unique<TorchEmbedder>(model, options.threads, Place(options.device));
  });
}

bool Train(const TrainOptions& options, const TrainingData& data, const TrainCallbacks& callbacks,
           const Checkpoint* resume, TrainReport* report, ModuleError* error) {
  return Guarded(error, [&] { *report = TrainWithTorch(options, data, callbacks, resume); });
}

constexpr ModuleApi kApi{kModuleVersion, &MakeEmbedder, &Train};

}  // namespace
}  // namespace csn

extern "C" __attribute__((visibility("default"))) const csn::ModuleApi* csn_torch_api() {
  return &csn::kApi;
}
