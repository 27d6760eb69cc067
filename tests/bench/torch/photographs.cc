#include "tests/bench/torch/photographs.h"

#include <cstdio>
// jpeglib.h needs FILE.
#include <fmt/format.h>
#include <jpeglib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

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

std::string EncodeJpeg(Image image) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);  // ends the process, which a benchmark may
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = static_cast<unsigned>(image.width);
  info.image_height = static_cast<unsigned>(image.height);
  info.in_color_space = JCS_RGB;
  info.input_components = 3;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, kQuality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = image.rgb.data() + size_t{info.next_scanline} * info.image_width * 3;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string bytes(reinterpret_cast<char*>(data), size);
  std::free(data);
  return bytes;
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
    test::WriteText(path, EncodeJpeg(std::move(image)));
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
