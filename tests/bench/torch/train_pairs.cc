#include <fmt/format.h>
#include <torch/optim/adam.h>

#include <memory>
#include <numeric>

#include "embedder/internal/batch_loader.h"
#include "embedder/torch/learner.h"
#include "embedder/torch/runtime.h"
#include "tests/bench/pair.h"
#include "tests/bench/torch/torch_pairs.h"
#include "tools/draw/shoe_catalogue.h"

namespace csn::bench {
namespace {

constexpr int64_t kBatch = 96;
constexpr int64_t kDim = 64;

// Drawn shoes, decoded and in memory, as training holds them.
class Shoes : public PhotographSource {
 public:
  Shoes(size_t count, int size) {
    for (size_t i = 0; i < count; ++i) {
      shoes.push_back(CatalogueShoe(1, i));
      rgb_.push_back(DrawShoe(shoes.back(), size).rgb);
    }
  }
  void Load(uint32_t item, uint8_t* rgb) const override {
    std::copy(rgb_[item].begin(), rgb_[item].end(), rgb);
  }
  std::vector<Shoe> shoes;

 private:
  std::vector<std::vector<uint8_t>> rgb_;
};

// One network each side, so that neither sees what the other learns.
class TrainWorld {
 public:
  TrainWorld(Trunk trunk, int size, int64_t steps)
      : shoes_(20 * kBatch, size),
        options_(Options(trunk, size)),
        steps_(steps),
        learner_(options_, kNotions),
        bare_(trunk, kDim),
        adam_(bare_->parameters(), torch::optim::AdamOptions(1e-3)),
        photographs_(
            torch::rand({kBatch, 3, size, size}).contiguous(torch::MemoryFormat::ChannelsLast)) {
    std::vector<Value> categories, closures, heels;
    for (const Shoe& shoe : shoes_.shoes) {
      categories.push_back(ShoeCategoryName(shoe.category));
      closures.push_back(ShoeClosureName(shoe.closure));
      heels.push_back(shoe.heel_height_cm);
    }
    data_.photographs = &shoes_;
    data_.labels = LabelTable({{.name = "category", .column = "category"},
                               {.name = "closure", .column = "closure"},
                               {.name = "heel-height",
                                .column = "heel_height",
                                .kind = NotionKind::kNumeric,
                                .near = 1,
                                .far = 3}},
                              {categories, closures, heels});
    data_.train.resize(shoes_.shoes.size());
    std::iota(data_.train.begin(), data_.train.end(), 0);
    UseThreads(options_.threads);
    UseChannelsLast(bare_);
    bare_->train();
  }

  // Images a second of training as csn_train does it: photographs copied, augmented, triplets
  // drawn, loss, Adam over trunk and masks. What was prepared ahead is used up before the clock
  // runs, and as much is prepared behind it.
  double Train() {
    BatchLoader loader(options_, data_, 0, kAhead + steps_ + kAhead);
    for (int64_t i = 0; i < kAhead; ++i) learner_.Step(*loader.Next());
    return PerSecond(Seconds([&] {
      for (int64_t i = 0; i < steps_; ++i) learner_.Step(*loader.Next());
    }));
  }

  // The same network, forward, backward and Adam, over and over on one batch in memory.
  double Bare() {
    BareStep();
    return PerSecond(Seconds([&] {
      for (int64_t i = 0; i < steps_; ++i) BareStep();
    }));
  }

 private:
  static constexpr int64_t kNotions = 3;
  static constexpr int64_t kAhead = kBatchesAhead + 2;

  static TrainOptions Options(Trunk trunk, int size) {
    TrainOptions options;
    options.trunk = trunk;
    options.preprocessing = {.size = size, .fit = Fit::kPad};
    options.dim = kDim;
    options.batch = kBatch;
    options.threads = 2;
    return options;
  }

  double PerSecond(double seconds) const { return static_cast<double>(steps_ * kBatch) / seconds; }

  void BareStep() {
    const torch::Tensor loss = bare_->forward(photographs_).square().mean();
    adam_.zero_grad();
    loss.backward();
    adam_.step();
  }

  const KeptMemory memory_;
  Shoes shoes_;
  TrainingData data_;
  const TrainOptions options_;
  const int64_t steps_;
  Learner learner_;
  TrunkNet bare_;
  torch::optim::Adam adam_;
  torch::Tensor photographs_;
};

void AddTrainPair(const std::string& name, Trunk trunk, int size, int64_t steps) {
  AddPair(
      {.name = name,
       .ours =
           fmt::format("training steps, {} of {} pixels, batch {}", TrunkName(trunk), size, kBatch),
       .peer = "forward, backward, Adam alone",
       .unit = "images/s",
       .bar = Bar::kRatioAtLeast,
       .limit = 0.8,
       .pairs = 7},
      [=] {
        const auto world = std::make_shared<TrainWorld>(trunk, size, steps);
        return Sides{.ours = [=] { return world->Train(); }, .peer = [=] { return world->Bare(); }};
      });
}

}  // namespace

void AddTrainPairs() {
  AddTrainPair("train/small-64", Trunk::kSmall, 64, 20);
  AddTrainPair("train/resnet18-112", Trunk::kResNet18, 112, 4);
}

}  // namespace csn::bench
