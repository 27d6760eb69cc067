#include "indexer/mask_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/distance.h"
#include "base/error.h"
#include "base/mask.h"

namespace csn {
namespace {

// Lambda as shares of the one at which no weight is left.
constexpr std::array<double, 7> kLambdaShares = {0.5, 0.2, 0.1, 0.03, 0.01, 0.003, 0.001};
constexpr int kIterations = 300;
constexpr double kConverged = 1e-5;  // greatest relative change of a weight
constexpr double kLinearBeyond = 2;  // of 1 - u f
constexpr float kPruned = 1e-3f;

double Square(double value) { return value * value; }

std::vector<double> Variances(MatrixView embeddings) {
  std::vector<double> mean(embeddings.cols, 0.0), variance(embeddings.cols, 0.0);
  const double n = static_cast<double>(embeddings.rows);
  for (size_t row = 0; row < embeddings.rows; ++row) {
    for (size_t k = 0; k < embeddings.cols; ++k) mean[k] += embeddings.Row(row)[k] / n;
  }
  for (size_t row = 0; row < embeddings.rows; ++row) {
    for (size_t k = 0; k < embeddings.cols; ++k) {
      variance[k] += Square(embeddings.Row(row)[k] - mean[k]) / n;
    }
  }
  return variance;
}

// f of every triplet, [triplets, d].
Matrix Features(MatrixView embeddings, std::span<const Triplet> triplets,
                std::span<const double> variances) {
  Matrix features(triplets.size(), embeddings.cols);
  for (size_t t = 0; t < triplets.size(); ++t) {
    const auto a = embeddings.Row(triplets[t].anchor), p = embeddings.Row(triplets[t].positive),
               n = embeddings.Row(triplets[t].negative);
    for (size_t k = 0; k < embeddings.cols; ++k) {
      if (variances[k] == 0) continue;
      const double far = Square(double{a[k]} - n[k]), near = Square(double{a[k]} - p[k]);
      features.Row(t)[k] = static_cast<float>((far - near) / (2 * variances[k]));
    }
  }
  return features;
}

// The convex problem of the header, solved by FISTA (Beck and Teboulle 2009) for falling lambdas,
// each from the last one's answer.
class MaskSolver {
 public:
  explicit MaskSolver(Matrix features)
      : features_(std::move(features)),
        u_(features_.cols(), 0.0),
        gradient_(features_.cols(), 0.0),
        step_(1 / Curvature()) {}

  // The least lambda under which every weight is 0; not above 0 where no dimension helps.
  double GreatestLambda() {
    FillGradient(std::vector<double>(u_.size(), 0.0));
    return -*std::ranges::min_element(gradient_);
  }

  // u, [d].
  const std::vector<double>& Solve(double lambda, const StopFlag* stop) {
    std::vector<double> look = u_, next(u_.size());
    double momentum = 1;
    for (int i = 0; i < kIterations; ++i) {
      ThrowIfStopped(stop);
      FillGradient(look);
      const double faster = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
      double change = 0, greatest = 0;
      for (size_t k = 0; k < u_.size(); ++k) {
        next[k] = std::max(0.0, look[k] - step_ * (gradient_[k] + lambda));
        change = std::max(change, std::abs(next[k] - u_[k]));
        greatest = std::max(greatest, next[k]);
        look[k] = next[k] + (momentum - 1) / faster * (next[k] - u_[k]);
      }
      std::swap(u_, next);
      momentum = faster;
      if (change <= kConverged * greatest) break;
    }
    return u_;
  }

 private:
  // Of the mean of H: d/du H(1 - u f) = -min(2 (1 - u f), 4) f where 1 - u f > 0.
  void FillGradient(const std::vector<double>& u) {
    std::vector<float> weights(u.begin(), u.end()), sums(u.size(), 0.0f);
    std::ranges::fill(gradient_, 0.0);
    constexpr size_t kBlock = 256;  // floats add up that many before doubles take over
    for (size_t t = 0; t < features_.rows(); ++t) {
      const std::span<const float> f = std::as_const(features_).Row(t);
      float margin = 1;
      for (size_t k = 0; k < f.size(); ++k) margin -= weights[k] * f[k];
      if (margin > 0) {
        const float slope = 2 * std::min(margin, static_cast<float>(kLinearBeyond));
        for (size_t k = 0; k < f.size(); ++k) sums[k] -= slope * f[k];
      }
      if (t % kBlock == kBlock - 1 || t + 1 == features_.rows()) {
        for (size_t k = 0; k < f.size(); ++k) gradient_[k] += std::exchange(sums[k], 0.0f);
      }
    }
    for (double& value : gradient_) value /= static_cast<double>(features_.rows());
  }

  // A bound of the second derivative: twice the greatest row sum of the mean of |f f'|.
  double Curvature() const {
    const size_t d = features_.cols();
    std::vector<double> row_sums(d, 0.0);
    for (size_t t = 0; t < features_.rows(); ++t) {
      double norm = 0;
      for (const float value : features_.Row(t)) norm += std::abs(value);
      for (size_t k = 0; k < d; ++k) row_sums[k] += std::abs(features_.Row(t)[k]) * norm;
    }
    const double bound =
        2 * *std::ranges::max_element(row_sums) / static_cast<double>(features_.rows());
    return bound > 0 ? bound : 1;
  }

  Matrix features_;
  std::vector<double> u_;
  std::vector<double> gradient_;
  double step_;
};

// m from u; empty where nothing is left.
std::vector<float> MaskOf(std::span<const double> u, std::span<const double> variances) {
  std::vector<double> weights(u.size(), 0.0);
  for (size_t k = 0; k < u.size(); ++k) {
    if (u[k] > 0) weights[k] = std::sqrt(u[k] / (2 * variances[k]));
  }
  const double greatest = *std::ranges::max_element(weights);
  if (!(greatest > 0)) return {};
  std::vector<float> mask(u.size(), 0.0f);
  for (size_t k = 0; k < u.size(); ++k) {
    const float weight = static_cast<float>(weights[k] / greatest);
    if (weight >= kPruned) mask[k] = weight;
  }
  return mask;
}

double TripletError(const std::vector<float>& mask, MatrixView embeddings,
                    std::span<const Triplet> triplets) {
  Matrix weights(1, mask.size());
  std::ranges::copy(mask, weights.data());
  const MaskTable table(std::move(weights));
  size_t errors = 0;
  for (const Triplet& triplet : triplets) {
    const auto anchor = embeddings.Row(triplet.anchor);
    const double near = NotionDistance(table, 0, anchor, embeddings.Row(triplet.positive));
    const double far = NotionDistance(table, 0, anchor, embeddings.Row(triplet.negative));
    if (far <= near) ++errors;
  }
  return static_cast<double>(errors) / static_cast<double>(triplets.size());
}

std::vector<uint32_t> LabelledItems(const LabelTable& labels, std::span<const Split> splits,
                                    Split split) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < splits.size(); ++i) {
    if (splits[i] == split && labels.Known(0, i)) items.push_back(i);
  }
  return items;
}

std::vector<Triplet> Draw(const LabelTable& labels, std::span<const Split> splits, Split split,
                          const char* name, const MaskFitOptions& options) {
  const std::vector<uint32_t> items = LabelledItems(labels, splits, split);
  const TripletSampler sampler(labels, 0, items);
  Require(
      sampler.possible(),
      "notion {}: the {} labelled items for {} hold no triplet (two alike and one that differs)",
      labels.notions().front().name, items.size(), name);
  Rng rng(options.seed + static_cast<uint64_t>(split));
  return sampler.Sample(options.triplets, rng);
}

struct Candidate {
  std::vector<float> mask;
  double error = 0;
};

// By falling lambda.
std::vector<Candidate> SolvePath(MaskSolver& solver, std::span<const double> variances,
                                 MatrixView embeddings, std::span<const Triplet> validation,
                                 const StopFlag* stop) {
  const double greatest = solver.GreatestLambda();
  std::vector<Candidate> candidates;
  if (!(greatest > 0)) return candidates;
  for (const double share : kLambdaShares) {
    std::vector<float> mask = MaskOf(solver.Solve(share * greatest, stop), variances);
    if (mask.empty()) continue;
    const double error = TripletError(mask, embeddings, validation);
    candidates.push_back({std::move(mask), error});
  }
  return candidates;
}

}  // namespace

MaskFit FitMask(const LabelTable& labels, MatrixView embeddings, std::span<const Split> splits,
                const MaskFitOptions& options, const StopFlag* stop) {
  const std::vector<Triplet> train = Draw(labels, splits, Split::kTrain, "fitting", options),
                             validation =
                                 Draw(labels, splits, Split::kValidation, "validation", options),
                             test = Draw(labels, splits, Split::kTest, "the test", options);
  const std::vector<double> variances = Variances(embeddings);
  MaskSolver solver(Features(embeddings, train, variances));
  const std::vector<Candidate> candidates =
      SolvePath(solver, variances, embeddings, validation, stop);
  if (candidates.empty()) {
    Fail(ErrorCode::kTargetNotMet,
         "notion {}: no dimension of the embedding tells items alike from items that differ",
         labels.notions().front().name);
  }
  const double best = std::ranges::min_element(candidates, {}, &Candidate::error)->error;
  const double allowed =
      best + std::sqrt(best * (1 - best) / static_cast<double>(validation.size()));
  const auto chosen = std::ranges::find_if(
      candidates, [&](const Candidate& candidate) { return candidate.error <= allowed; });
  const std::vector<float> whole(embeddings.cols, 1.0f);
  return {.weights = chosen->mask,
          .test_items = LabelledItems(labels, splits, Split::kTest).size(),
          .validation_error = chosen->error,
          .error = TripletError(chosen->mask, embeddings, test),
          .whole_error = TripletError(whole, embeddings, test)};
}

}  // namespace csn
