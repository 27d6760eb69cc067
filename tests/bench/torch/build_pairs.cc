#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "embedder/torch/csn_model.h"
#include "embedder/torch/runtime.h"
#include "tests/bench/pair.h"
#include "tests/bench/programs.h"
#include "tests/bench/torch/photographs.h"
#include "tests/bench/torch/torch_pairs.h"
#include "tests/support/test_support.h"

namespace csn::bench {
namespace {

constexpr int64_t kForwardBatch = 32;  // what a forward pass of the module takes

struct BuildSetting {
  Trunk trunk;
  int size;
  int threads;
  size_t rows;
  bool kept_memory = false;  // the peer's: as the programs have it, or as LibTorch comes
};

std::string SharedFolder() {
  static const test::TempDir folder;
  return folder.path();
}

// csn_index build of `rows` rows, as the real program, into a folder that is removed again.
Cost BuildIndex(const std::string& catalogue, const std::string& model, int threads) {
  const std::string index = SharedFolder() + "/index";
  const Cost cost = RunProgram({"csn_index", "build", "--catalogue", catalogue, "--model", model,
                                "--index", index, "--threads", std::to_string(threads)});
  std::filesystem::remove_all(index);
  return cost;
}

// The network alone, on photographs that lie in memory as tensors already.
class Forward {
 public:
  explicit Forward(const BuildSetting& setting)
      : setting_(setting),
        trunk_(setting.trunk, 64),
        photographs_(torch::rand({kForwardBatch, 3, setting.size, setting.size})
                         .contiguous(torch::MemoryFormat::ChannelsLast)) {
    if (setting.kept_memory) memory_.emplace();
    UseChannelsLast(trunk_);
    trunk_->eval();
  }

  double ImagesPerSecond(size_t rows) {
    UseThreads(setting_.threads);
    const torch::InferenceMode inference;
    const auto passes = std::max<int64_t>(1, static_cast<int64_t>(rows) / kForwardBatch);
    const double seconds = Seconds([&] {
      for (int64_t i = 0; i < passes; ++i) trunk_->forward(photographs_);
    });
    return static_cast<double>(passes * kForwardBatch) / seconds;
  }

 private:
  const BuildSetting setting_;
  std::optional<KeptMemory> memory_;
  TrunkNet trunk_;
  const torch::Tensor photographs_;
};

void AddBuildPair(const std::string& name, BuildSetting setting, Bar bar, double limit) {
  AddPair(
      {.name = name,
       .ours = fmt::format("csn_index build, {} of {} pixels, {} rows, --threads {}",
                           TrunkName(setting.trunk), setting.size, setting.rows, setting.threads),
       .peer = setting.kept_memory ? "forward pass alone, freed memory kept" : "forward pass alone",
       .unit = "images/s",
       .bar = bar,
       .limit = limit,
       .pairs = 5},
      [=] {
        const size_t rows = Quick() ? setting.rows / 10 : setting.rows;
        const std::string catalogue = WritePhotographs(SharedFolder(), rows);
        const std::string model =
            WriteModel(SharedFolder() + "/model.csn", setting.trunk, setting.size);
        const auto forward = std::make_shared<Forward>(setting);
        return Sides{.ours =
                         [=] {
                           return static_cast<double>(rows) /
                                  BuildIndex(catalogue, model, setting.threads).seconds;
                         },
                     .peer = [=] { return forward->ImagesPerSecond(rows / 4); }};
      });
}

// How peak memory grows with the catalogue: rows of photographs of side x side pixels, which a
// network of `size` embeds.
void AddMemoryPair(const std::string& name, size_t more, size_t fewer, int side, int size) {
  AddPair({.name = name,
           .ours = fmt::format("peak memory of csn_index build, {} rows of {} pixels", more, side),
           .peer = fmt::format("{} rows", fewer),
           .unit = "MiB"},
          [=] {
            const std::string model = fmt::format("{}/model-{}.csn", SharedFolder(), size);
            WriteModel(model, Trunk::kSmall, size);
            const auto peak = [=](size_t rows) {
              const std::string catalogue = WritePhotographs(SharedFolder(), rows, side);
              return [=] { return BuildIndex(catalogue, model, 2).peak_mib; };
            };
            const size_t divisor = Quick() ? 10 : 1;
            return Sides{.ours = peak(more / divisor), .peer = peak(fewer / divisor)};
          });
}

}  // namespace

void AddBuildPairs() {
  AddBuildPair("build/resnet18-112", {Trunk::kResNet18, 112, 2, 3000}, Bar::kRatioAtLeast, 0.85);
  AddBuildPair("build/resnet18-112-kept", {Trunk::kResNet18, 112, 2, 3000, true}, Bar::kNone, 0);
  AddBuildPair("build/small-64", {Trunk::kSmall, 64, 2, 6000}, Bar::kRatioAtLeast, 0.85);
  AddBuildPair("build/small-64-1thread", {Trunk::kSmall, 64, 1, 4000}, Bar::kRatioAtLeast, 0.85);
  AddMemoryPair("memory/photographs", 8000, 2000, 600, 64);
  AddMemoryPair("memory/rows", 48'000, 12'000, 32, 32);
}

}  // namespace csn::bench
