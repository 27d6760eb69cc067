#include "embedder/torch/triplet_loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/random.h"
#include "tests/torch/tensors.h"

namespace csn {
namespace {

using Picks = TripletSampler::Picks;
using test::ToTensor;

// The loss by its definition, in plain loops over doubles, sharing nothing with the code under
// test.
double LossByHand(const std::vector<std::vector<double>>& e,
                  const std::vector<std::vector<double>>& m, const std::vector<Picks>& picks,
                  const LossWeights& w) {
  const size_t d = e[0].size();
  double hinge = 0, mask_sum = 0;
  int notions = 0;
  for (size_t c = 0; c < picks.size(); ++c) {
    if (picks[c].anchors.empty()) continue;
    const auto distance = [&](int64_t a, int64_t b) {
      double sum = 0;
      for (size_t k = 0; k < d; ++k) {
        sum += std::pow(m[c][k] * e[a][k] - m[c][k] * e[b][k] + 1e-6, 2);
      }
      return std::sqrt(sum);
    };
    const size_t count = picks[c].anchors.size();
    const size_t p = picks[c].positives.size() / count, n = picks[c].negatives.size() / count;
    double sum = 0;
    int active = 0;
    for (size_t a = 0; a < count; ++a) {
      for (size_t i = 0; i < p; ++i) {
        for (size_t j = 0; j < n; ++j) {
          const double term = distance(picks[c].anchors[a], picks[c].positives[a * p + i]) -
                              distance(picks[c].anchors[a], picks[c].negatives[a * n + j]) +
                              w.margin;
          if (term > 0) {
            sum += term;
            ++active;
          }
        }
      }
    }
    hinge += sum / std::max(active, 1);
    for (const double x : m[c]) mask_sum += x;
    ++notions;
  }
  notions = std::max(notions, 1);
  double squares = 0;
  for (const auto& row : e) {
    for (const double x : row) squares += x * x;
  }
  return hinge / notions + w.embedding * std::sqrt(squares / e.size()) +
         w.mask * mask_sum / notions;
}

TEST(TripletLossTest, WorkedByHand) {
  // One notion, masks (1, 0): distances 3 and 1 on the first axis, so the hinge is 3 - 1 + 0.2.
  const std::vector<std::vector<double>> e{{0, 0}, {3, 9}, {1, -9}}, m{{1, 0}};
  const std::vector<Picks> picks{{.anchors = {0}, .positives = {1}, .negatives = {2}}};
  const double expected = 2.2 + 5e-3 * std::sqrt((0.0 + 90 + 82) / 3) + 5e-4 * 1;
  EXPECT_NEAR(TripletLoss(ToTensor(e), ToTensor(m), picks, {}).item<double>(), expected, 1e-5);
}

TEST(TripletLossTest, AgreesWithPlainLoopsAndFiniteDifferences) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const size_t b = 6, d = 5, c = 3;
    std::vector<std::vector<double>> e(b, std::vector<double>(d)), m(c, std::vector<double>(d));
    for (auto& row : e) {
      for (double& x : row) x = 0.3 * rng.Normal();
    }
    for (auto& row : m) {
      for (double& x : row) x = rng.Uniform(0.05, 1);
    }
    if (seed % 3 == 0) e[1] = e[0];  // equal embeddings: the gradient must stay finite
    std::vector<Picks> picks(c);
    for (size_t notion = 0; notion + (seed % 2) < c;
         ++notion) {  // sometimes a notion without picks
      for (int64_t a = 0; a < 4; ++a) {
        picks[notion].anchors.push_back(a);
        for (int i = 0; i < 2; ++i)
          picks[notion].positives.push_back((a + 1 + rng.Below(b - 1)) % b);
        for (int i = 0; i < 3; ++i)
          picks[notion].negatives.push_back((a + 1 + rng.Below(b - 1)) % b);
      }
    }
    const LossWeights weights{.margin = 0.2, .embedding = 0.03, .mask = 0.02};
    const torch::Tensor te = ToTensor(e), tm = ToTensor(m);
    const torch::Tensor loss = TripletLoss(te, tm, picks, weights);
    EXPECT_NEAR(loss.item<double>(), LossByHand(e, m, picks, weights), 1e-9);
    loss.backward();

    // A step over a hinge's kink or a zero distance has no derivative to compare with: equal rows
    // are skipped.
    if (seed % 3 == 0) {
      EXPECT_TRUE(te.grad().isfinite().all().item<bool>());
      continue;
    }
    const double h = 1e-6;
    const auto check = [&](std::vector<std::vector<double>>& values,
                           const torch::Tensor& gradient) {
      for (size_t i = 0; i < values.size(); ++i) {
        for (size_t k = 0; k < values[i].size(); ++k) {
          const double before = values[i][k];
          values[i][k] = before + h;
          const double up = LossByHand(e, m, picks, weights);
          values[i][k] = before - h;
          const double down = LossByHand(e, m, picks, weights);
          values[i][k] = before;
          const double found =
              gradient[static_cast<int64_t>(i)][static_cast<int64_t>(k)].item<double>();
          EXPECT_NEAR(found, (up - down) / (2 * h), 2e-5) << i << ", " << k;
        }
      }
    };
    check(e, te.grad());
    check(m, tm.grad());
  }
}

TEST(TripletLossTest, ABatchWithoutTripletsOfANotionLeavesItsMaskAlone) {
  const std::vector<std::vector<double>> e{{0, 0}, {3, 9}, {1, -9}}, m{{1, 0.5}, {0.1, 1}};
  const std::vector<Picks> picks{{.anchors = {0}, .positives = {1}, .negatives = {2}}, {}};
  const torch::Tensor tm = ToTensor(m);
  TripletLoss(ToTensor(e), tm, picks, {}).backward();
  EXPECT_GT(tm.grad()[0].abs().sum().item<double>(), 0);
  EXPECT_EQ(tm.grad()[1].abs().sum().item<double>(), 0);
  // Without any triplet there is only the embeddings' norm.
  const double norm = 5e-3 * std::sqrt((0.0 + 90 + 82) / 3);
  EXPECT_NEAR(TripletLoss(ToTensor(e), ToTensor(m), {{}, {}}, {}).item<double>(), norm, 1e-9);
}

TEST(TripletLossTest, SatisfiedTripletsPullNothing) {
  const std::vector<std::vector<double>> e{{0, 0}, {0.1, 0}, {5, 0}}, m{{1, 1}};
  const std::vector<Picks> picks{{.anchors = {0}, .positives = {1}, .negatives = {2}}};
  const torch::Tensor te = ToTensor(e), tm = ToTensor(m);
  TripletLoss(te, tm, picks, {.margin = 0.2, .embedding = 0, .mask = 0}).backward();
  EXPECT_EQ(te.grad().abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace csn
