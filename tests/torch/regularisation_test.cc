// Stochastic depth, weight decay, and convolutions in bfloat16.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "embedder/internal/batch_loader.h"
#include "embedder/torch/csn_model.h"
#include "embedder/torch/learner.h"
#include "tests/torch/shoe_world.h"

namespace csn {
namespace {

using test::SharedWorld;
using test::World;

torch::Tensor DrawnPhotographs(int64_t n, int64_t channels, int64_t side) {
  torch::manual_seed(5);
  return torch::randn({n, channels, side, side});
}

bool Equal(const torch::Tensor& a, const torch::Tensor& b) { return torch::equal(a, b); }

// In training, a photograph's output is that of the shortcut, or of shortcut plus 1 / (1 - skip)
// times the rest; which, is drawn for each photograph, as often as asked for.
TEST(StochasticDepthTest, ABlockIsSkippedOrCountsForMore) {
  torch::manual_seed(1);
  BasicBlock block(4, 4, 1);
  const torch::Tensor x = DrawnPhotographs(400, 4, 3).abs();  // relu(x) is x
  const torch::Tensor whole = block->forward(x);
  // Where the block's sum is negative, relu hides it.
  const torch::Tensor seen = whole.gt(0);
  block->skip = 0.25;
  const torch::Tensor y = block->forward(x);
  const torch::Tensor expected = torch::relu(x + (whole - x) / 0.75);
  int skipped = 0;
  for (int64_t i = 0; i < x.size(0); ++i) {
    if (Equal(y[i], x[i])) {
      ++skipped;
    } else {
      EXPECT_TRUE(torch::allclose(y[i].masked_select(seen[i]), expected[i].masked_select(seen[i]),
                                  1e-4, 1e-5))
          << i;
    }
  }
  EXPECT_NEAR(skipped, 100, 45);  // five standard deviations
}

TEST(StochasticDepthTest, GrowsFromBlockToBlockAndOnlyTrains) {
  torch::manual_seed(1);
  TrunkNet trunk(Trunk::kSmall, 8);
  trunk->SetStochasticDepth(0.4);
  std::vector<double> skips;
  for (const auto& module : trunk->modules(/*include_self=*/false)) {
    if (const auto* block = module->as<BasicBlock>()) skips.push_back(block->skip);
  }
  ASSERT_EQ(skips.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(skips[i], 0.1 * static_cast<double>(i + 1), 1e-12);
  }

  const torch::NoGradGuard no_grad;
  const torch::Tensor x = DrawnPhotographs(6, 3, 32);
  const auto forward = [&](uint64_t seed) {
    torch::manual_seed(seed);
    return trunk->forward(x);
  };
  EXPECT_TRUE(Equal(forward(1), forward(1)));
  EXPECT_FALSE(Equal(forward(1), forward(2)));
  trunk->eval();
  const torch::Tensor evaluated = forward(1);
  EXPECT_TRUE(Equal(evaluated, forward(2)));
  trunk->SetStochasticDepth(0);
  EXPECT_TRUE(Equal(evaluated, forward(1)));
}

// With a rate of r and nothing else to learn from, a step leaves 1 - r * decay of the kernels.
TEST(WeightDecayTest, IsOfTheKernelsAlone) {
  const World& world = SharedWorld();
  TrainOptions options = world.options;
  options.learning_rate = 1e-3;
  options.masks = MaskKind::kFixed;
  const auto weights_after_a_step = [&](double decay) {
    options.weight_decay = decay;
    Learner learner(options, 2);
    learner.Step(*BatchLoader(options, world.data, 0, 1).Next());
    std::map<std::string, std::vector<float>> weights;
    for (const auto& tensor : learner.Tensors()) weights[tensor.name] = tensor.values;
    return weights;
  };
  Learner start(options, 2);
  const auto without = weights_after_a_step(0), with = weights_after_a_step(100);
  size_t kernels = 0;
  for (const auto& tensor : start.Tensors()) {
    const auto& a = without.at(tensor.name);
    const auto& b = with.at(tensor.name);
    const bool kernel = tensor.shape.size() > 1;
    kernels += kernel ? 1 : 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const double expected = a[i] - (kernel ? 0.1 * tensor.values[i] : 0);
      ASSERT_NEAR(b[i], expected, 1e-6 + 1e-5 * std::abs(expected)) << tensor.name;
    }
  }
  EXPECT_EQ(kernels, 1u + 4 * 2 + 2 + 1);  // stem, blocks, their shortcuts, head
}

// bfloat16 has 8 bits of precision: the embeddings differ by about a hundredth, and only in
// training.
TEST(Bfloat16Test, IsCloseToFloat32AndOnlyTrains) {
  torch::manual_seed(1);
  TrunkNet trunk(Trunk::kSmall, 8);
  const torch::Tensor x = DrawnPhotographs(16, 3, 48);
  const torch::Tensor full = trunk->forward(x);
  trunk->bfloat16 = true;
  const torch::Tensor rounded = trunk->forward(x);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_FALSE(Equal(rounded, full));
  const auto norm = [](const torch::Tensor& of) { return of.norm().item<double>(); };
  EXPECT_LT(norm(rounded - full), 0.05 * norm(full));
  rounded.square().sum().backward();
  for (const torch::Tensor& parameter : trunk->parameters()) {
    EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
    EXPECT_EQ(parameter.grad().scalar_type(), torch::kFloat32);
  }
  trunk->eval();
  const torch::Tensor evaluated = trunk->forward(x);
  trunk->bfloat16 = false;
  EXPECT_TRUE(Equal(evaluated, trunk->forward(x)));
}

}  // namespace
}  // namespace csn
