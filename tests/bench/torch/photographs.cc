#include "tests/bench/torch/photographs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/image.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "embedder/torch/csn_model.h"
#include "tests/support/test_support.h"
#include "tools/draw/shoe_catalogue.h"

namespace csn::bench {
namespace {

constexpr int kQuality = 90;
constexpr int kNoise = 12;  // levels: flat drawings would decode faster than photographs do

void AddNoise(Image& image, Rng& rng) {
  for (uint8_t& value : image.rgb) {
    const int noisy = value + static_cast<int>(rng.Below(kNoise + 1)) - kNoise / 2;
    value = static_cast<uint8_t>(std::clamp(noisy, 0, 255));
  }
}

std::string ImageName(size_t number, int side) {
  return fmt::format("images-{}/{:05}.jpg", side, number);
}

}  // namespace

std::string WritePhotographs(const std::string& folder, size_t rows, int side) {
  const size_t distinct = std::min(rows, kDistinct);
  ParallelFor(distinct, DefaultThreads(), [&](size_t i) {
    const std::string path = folder + "/" + ImageName(i, side);
    if (std::filesystem::exists(path)) return;
    Rng rng(i);
    Image image = DrawShoe(CatalogueShoe(1, i), side);
    AddNoise(image, rng);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteFileAtomically(path, EncodeJpeg(image, kQuality));
  });
  std::string text = "sku,image,category\n";
  for (size_t i = 0; i < rows; ++i) {
    text += fmt::format("sku-{:07},{},{}\n", i, ImageName(i % distinct, side),
                        ShoeCategoryName(CatalogueShoe(1, i % distinct).category));
  }
  const std::string catalogue = fmt::format("{}/catalogue-{}-{}.csv", folder, side, rows);
  test::WriteText(catalogue, text);
  return catalogue;
}

std::string WriteModel(const std::string& path, Trunk trunk, int size) {
  constexpr size_t kNotions = 3, kDim = 64, kLive = 21;
  Model model;
  model.trunk = trunk;
  model.preprocessing = {.size = size, .fit = Fit::kPad};
  Matrix weights(kNotions, kDim);
  for (size_t c = 0; c < kNotions; ++c) {
    const std::string name = fmt::format("notion-{}", c);
    model.notions.push_back({.name = name, .column = "category"});
    std::fill_n(weights.Row(c).begin() + static_cast<std::ptrdiff_t>(c * kLive), kLive, 1.0f);
  }
  model.masks = MaskTable(std::move(weights));
  model.tensors = TrunkTensors(TrunkNet(trunk, kDim));
  SaveModel(path, model);
  return path;
}

}  // namespace csn::bench
