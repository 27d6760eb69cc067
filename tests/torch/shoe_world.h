// Drawn shoes to train on.
#pragma once

#include <numeric>
#include <vector>

#include "base/image.h"
#include "embedder/trainer.h"
#include "tools/draw/shoe_catalogue.h"

namespace csn::test {

inline constexpr int kSize = 48;
inline constexpr uint64_t kDrawSeed = 20;

class DrawnShoes : public PhotographSource {
 public:
  explicit DrawnShoes(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      shoes.push_back(CatalogueShoe(kDrawSeed, i));
      photographs_.push_back(
          PrepareImage(EncodePng(DrawShoe(shoes.back(), 96)), {.size = kSize, .fit = Fit::kPad}));
    }
  }
  void Load(uint32_t item, uint8_t* rgb) const override {
    std::copy(photographs_[item].begin(), photographs_[item].end(), rgb);
  }
  std::vector<Shoe> shoes;

 private:
  std::vector<std::vector<uint8_t>> photographs_;
};

// 360 drawn shoes, two notions, 240 to train and 120 to validate.
struct World {
  World() : source(360) {
    std::vector<Value> categories, heels;
    for (const Shoe& shoe : source.shoes) {
      categories.push_back(ShoeCategoryName(shoe.category));
      heels.push_back(shoe.heel_height_cm);
    }
    data.photographs = &source;
    data.labels = LabelTable({{.name = "category", .column = "category"},
                              {.name = "heel-height",
                               .column = "heel_height",
                               .kind = NotionKind::kNumeric,
                               .near = 1,
                               .far = 3}},
                             {categories, heels});
    data.train.resize(240);
    std::iota(data.train.begin(), data.train.end(), 0);
    data.validation.resize(120);
    std::iota(data.validation.begin(), data.validation.end(), 240);
    options.preprocessing = {.size = kSize, .fit = Fit::kPad};
    options.dim = 16;
    options.batch = 60;
    options.steps = 48;
    options.threads = 2;
  }
  DrawnShoes source;
  TrainingData data;
  TrainOptions options;
};

inline World& SharedWorld() {
  static World world;
  return world;
}

}  // namespace csn::test
