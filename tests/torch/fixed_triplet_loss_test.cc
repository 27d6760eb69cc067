#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/random.h"
#include "embedder/torch/triplet_loss.h"
#include "tests/torch/tensors.h"

namespace csn {
namespace {

using test::Rows;
using test::ToTensor;

// B triplets in 3 B rows by role, as the paper's recipe places them.
struct Example {
  Example(size_t triplet_count, size_t d, size_t c, uint64_t seed) {
    Rng rng(seed);
    e.assign(3 * triplet_count, std::vector<double>(d));
    m.assign(c, std::vector<double>(d));
    for (auto& row : e) {
      for (double& x : row) x = 0.2 * rng.Normal();
    }
    for (auto& row : m) {
      for (double& x : row) x = rng.Uniform(0.05, 1);
    }
    for (uint32_t i = 0; i < triplet_count; ++i) {
      const auto b = static_cast<uint32_t>(triplet_count);
      triplets.push_back({.anchor = i, .positive = b + i, .negative = 2 * b + i});
      notions.push_back(static_cast<NotionId>(rng.Below(c)));
    }
  }
  Rows e, m;
  std::vector<Triplet> triplets;
  std::vector<NotionId> notions;
};

double Frobenius(const Rows& rows, size_t begin, size_t end) {
  double sum = 0;
  for (size_t i = begin; i < end; ++i) {
    for (const double x : rows[i]) sum += x * x;
  }
  return std::sqrt(sum);
}

// The loss by its definition, in plain loops, sharing nothing with the code under test.
double LossByHand(const Example& x, Recipe recipe, const LossWeights& w) {
  const auto distance = [&](size_t t, uint32_t a, uint32_t b) {
    double sum = 0;
    for (size_t k = 0; k < x.e[0].size(); ++k) {
      sum += std::pow(x.m[x.notions[t]][k] * (x.e[a][k] - x.e[b][k]) + 1e-6, 2);
    }
    return std::sqrt(sum);
  };
  const size_t count = x.triplets.size();
  double hinge = 0, mask = 0;
  size_t active = 0;
  for (size_t t = 0; t < count; ++t) {
    const double term = distance(t, x.triplets[t].anchor, x.triplets[t].positive) -
                        distance(t, x.triplets[t].anchor, x.triplets[t].negative) + w.margin;
    if (term > 0) {
      hinge += term;
      ++active;
    }
    for (const double value : x.m[x.notions[t]]) mask += value;
  }
  const double b = static_cast<double>(count);
  if (recipe == Recipe::kPaper) {
    const double norms = Frobenius(x.e, 0, count) + Frobenius(x.e, count, 2 * count) +
                         Frobenius(x.e, 2 * count, 3 * count);
    return hinge / b + w.embedding * norms / 3 / std::sqrt(b) + w.mask * mask / b;
  }
  const double norm = Frobenius(x.e, 0, x.e.size()) / std::sqrt(static_cast<double>(x.e.size()));
  return hinge / static_cast<double>(std::max<size_t>(active, 1)) + w.embedding * norm +
         w.mask * mask / b;
}

TEST(FixedTripletLossTest, AgreesWithPlainLoopsAndFiniteDifferences) {
  const LossWeights weights{.margin = 0.2, .embedding = 0.03, .mask = 0.02};
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    for (const Recipe recipe : {Recipe::kDefault, Recipe::kPaper}) {
      SCOPED_TRACE(fmt::format("seed {} recipe {}", seed, RecipeName(recipe)));
      Example x(4, 3, 2, seed);
      const torch::Tensor te = ToTensor(x.e), tm = ToTensor(x.m);
      const torch::Tensor loss = FixedTripletLoss(te, tm, x.triplets, x.notions, recipe, weights);
      EXPECT_NEAR(loss.item<double>(), LossByHand(x, recipe, weights), 1e-9);
      loss.backward();
      const double h = 1e-6;
      const auto check = [&](Rows& values, const torch::Tensor& gradient) {
        for (size_t i = 0; i < values.size(); ++i) {
          for (size_t k = 0; k < values[i].size(); ++k) {
            const double before = values[i][k];
            values[i][k] = before + h;
            const double up = LossByHand(x, recipe, weights);
            values[i][k] = before - h;
            const double down = LossByHand(x, recipe, weights);
            values[i][k] = before;
            EXPECT_NEAR(gradient[static_cast<int64_t>(i)][static_cast<int64_t>(k)].item<double>(),
                        (up - down) / (2 * h), 2e-5)
                << i << ", " << k;
          }
        }
      };
      check(x.e, te.grad());
      check(x.m, tm.grad());
    }
  }
}

// What tells the recipes apart: satisfied triplets weaken the paper's loss.
TEST(FixedTripletLossTest, SatisfiedTripletsCountOnlyInThePapersMean) {
  Example x(2, 1, 1, 1);
  x.m = {{1}};
  x.e = {{0}, {0}, {1}, {0}, {0}, {9}};  // anchors; positives at 1 and 0; negatives at 0 and 9
  const LossWeights weights{.margin = 0.2, .embedding = 0, .mask = 0};
  const auto loss = [&](Recipe recipe) {
    return FixedTripletLoss(ToTensor(x.e), ToTensor(x.m), x.triplets, x.notions, recipe, weights)
        .item<double>();
  };
  EXPECT_NEAR(loss(Recipe::kDefault), 1.2, 1e-5);
  EXPECT_NEAR(loss(Recipe::kPaper), 0.6, 1e-5);
}

}  // namespace
}  // namespace csn
