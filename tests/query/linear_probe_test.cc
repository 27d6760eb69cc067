#include "query/evaluation/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The penalised mean cross entropy, coded on its own.
double Loss(const LinearClassifier& c, std::span<const double> x, std::span<const uint32_t> classes,
            double penalty) {
  const size_t d = x.size() / classes.size();
  double loss = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    double sum = 0, own = 0;
    for (size_t k = 0; k < c.bias.size(); ++k) {
      double score = c.bias[k];
      for (size_t j = 0; j < d; ++j) score += c.weights[k * d + j] * x[i * d + j];
      sum += std::exp(score);
      if (k == classes[i]) own = score;
    }
    loss += (std::log(sum) - own) / static_cast<double>(classes.size());
  }
  for (const double w : c.weights) loss += penalty / 2 * w * w;
  return loss;
}

TEST(FitClassifier, OneYesOrNoGivesTheLogOddsOfTheTable) {
  // x = 0: 30 of class 0, 10 of class 1; x = 1: 5 and 20. The saturated model has these odds.
  std::vector<double> x;
  std::vector<uint32_t> classes;
  const auto add = [&](double value, uint32_t c, int count) {
    x.insert(x.end(), static_cast<size_t>(count), value);
    classes.insert(classes.end(), static_cast<size_t>(count), c);
  };
  add(0, 0, 30);
  add(0, 1, 10);
  add(1, 0, 5);
  add(1, 1, 20);
  const LinearClassifier c = FitClassifier(x, classes, 2, {.tolerance = 1e-9});
  EXPECT_NEAR(c.bias[1] - c.bias[0], std::log(10.0 / 30), 1e-6);
  EXPECT_NEAR(c.bias[1] + c.weights[1] - c.bias[0] - c.weights[0], std::log(20.0 / 5), 1e-6);
}

TEST(FitClassifier, EndsWhereTheLossIsStationary) {
  constexpr uint64_t kSeed = 3;
  constexpr size_t kItems = 200, kDim = 4, kClasses = 3;
  constexpr double kPenalty = 0.01, kStep = 1e-5;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  std::vector<double> x;
  std::vector<uint32_t> classes;
  for (size_t i = 0; i < kItems; ++i) {
    classes.push_back(static_cast<uint32_t>(rng.Below(kClasses)));
    for (size_t k = 0; k < kDim; ++k) x.push_back(rng.Normal() + (k == classes[i] ? 1 : 0));
  }
  const LinearClassifier best =
      FitClassifier(x, classes, kClasses, {.penalty = kPenalty, .tolerance = 1e-7});
  const double least = Loss(best, x, classes, kPenalty);
  for (size_t at = 0; at < best.weights.size() + best.bias.size(); ++at) {
    const auto moved = [&](double by) {
      LinearClassifier other = best;
      (at < other.weights.size() ? other.weights[at] : other.bias[at - other.weights.size()]) += by;
      return Loss(other, x, classes, kPenalty);
    };
    EXPECT_NEAR((moved(kStep) - moved(-kStep)) / (2 * kStep), 0, 1e-6) << at;
    EXPECT_GT(moved(0.1), least);
    EXPECT_GT(moved(-0.1), least);
  }
}

// Embeddings [n, d] and classes: class c stands out by `margin` in dimension c, of other lengths
// and places.
struct Clouds {
  Clouds(size_t n, uint64_t seed, float margin) : embeddings(n, 6) {
    Rng rng(seed);
    for (size_t i = 0; i < n; ++i) {
      classes.push_back(static_cast<uint32_t>(i % 3));
      const std::span<float> row = embeddings.Row(i);
      for (float& value : row) value = static_cast<float>(rng.Normal());
      row[classes[i]] += margin;
      row[1] = 1000 * row[1] - 77;
      row[5] = 4;  // never changes
    }
  }
  Matrix embeddings;
  std::vector<uint32_t> classes;
};

TEST(ProbeLinearly, TellsSeparableClassesApartAndNoiseNoBetterThanChance) {
  const Clouds far(300, 1, 20), none(900, 2, 0);
  const ProbeResult clear = ProbeLinearly(far.embeddings.View(), far.classes, 3, 1, 2);
  EXPECT_EQ(Sum(clear.correct), 300);
  EXPECT_DOUBLE_EQ(clear.majority, 1.0 / 3);
  // Cross-validated: what was learnt by heart shows as nothing. Five standard errors are 0.08.
  const ProbeResult noise = ProbeLinearly(none.embeddings.View(), none.classes, 3, 1, 2);
  EXPECT_NEAR(Sum(noise.correct) / 900, 1.0 / 3, 0.08);
}

TEST(ProbeLinearly, ComesNearTheBestThereIs) {
  // Two classes of equal spread, 2 apart: the best classifier is linear and right in Phi(1).
  constexpr size_t kItems = 4000;
  Rng rng(9);
  Matrix embeddings(kItems, 2);
  std::vector<uint32_t> classes;
  for (size_t i = 0; i < kItems; ++i) {
    classes.push_back(static_cast<uint32_t>(rng.Below(2)));
    embeddings.Row(i)[0] = static_cast<float>(rng.Normal() + 2.0 * classes[i]);
    embeddings.Row(i)[1] = static_cast<float>(rng.Normal());
  }
  const ProbeResult probe = ProbeLinearly(embeddings.View(), classes, 2, 1, 2);
  EXPECT_NEAR(Sum(probe.correct) / kItems, 0.8413, 0.02);
}

TEST(ProbeLinearly, IsTheSameOnAnyNumberOfThreadsAndOtherBySeed) {
  const Clouds clouds(200, 5, 1);
  const auto run = [&](uint64_t seed, int threads) {
    return ProbeLinearly(clouds.embeddings.View(), clouds.classes, 3, seed, threads).correct;
  };
  EXPECT_EQ(run(1, 1), run(1, 4));
  EXPECT_NE(run(1, 1), run(2, 1));
}

TEST(ProbeLinearly, RefusesWhatDoesNotFitAndCanBeStopped) {
  const Clouds clouds(30, 5, 1);
  const auto run = [&](size_t count, const StopFlag* stop) {
    return ProbeLinearly(clouds.embeddings.View(), clouds.classes, count, 1, 1, stop);
  };
  EXPECT_THAT([&] { run(2, nullptr); }, ThrowsError(kWrong, "2 kinds"));
  EXPECT_THAT([&] { run(1, nullptr); }, ThrowsError(kWrong, "1 kinds"));
  StopFlag stop;
  stop.signal = 2;
  EXPECT_THAT([&] { run(3, &stop); }, ThrowsError(ErrorCode::kInterrupted, "signal 2"));
}

}  // namespace
}  // namespace csn
