#include "query/evaluation/linear_probe.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "query/evaluation/internal/lbfgs.h"

namespace csn {
namespace {

// [n, d] and [K, d + 1], row-major; the last column of the latter is the bias.
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The mean cross entropy plus penalty of weights [K, d + 1], and its gradient.
class CrossEntropy {
 public:
  CrossEntropy(const Eigen::Map<const Rows>& x, std::span<const uint32_t> classes,
               size_t class_count, double penalty)
      : x_(x),
        classes_(classes),
        class_count_(static_cast<Eigen::Index>(class_count)),
        penalty_(penalty) {}

  double operator()(const Eigen::VectorXd& flat, Eigen::VectorXd& flat_gradient) const {
    const Eigen::Index dim = x_.cols();
    const Eigen::Map<const Rows> all(flat.data(), class_count_, dim + 1);
    Eigen::Map<Rows> gradient(flat_gradient.data(), class_count_, dim + 1);
    const auto weights = all.leftCols(dim);
    Rows shares = x_ * weights.transpose();
    shares.rowwise() += all.col(dim).transpose();
    double loss = 0;
    for (Eigen::Index row = 0; row < shares.rows(); ++row) {
      const auto own = static_cast<Eigen::Index>(classes_[static_cast<size_t>(row)]);
      const double greatest = shares.row(row).maxCoeff(), score = shares(row, own);
      shares.row(row) = (shares.row(row).array() - greatest).exp();
      const double sum = shares.row(row).sum();
      loss += std::log(sum) - (score - greatest);
      shares.row(row) /= sum;
      shares(row, own) -= 1;
    }
    const double count = static_cast<double>(x_.rows());
    gradient.leftCols(dim) = shares.transpose() * x_ / count + penalty_ * weights;
    gradient.col(dim) = shares.colwise().sum().transpose() / count;
    return loss / count + penalty_ / 2 * weights.squaredNorm();
  }

 private:
  const Eigen::Map<const Rows>& x_;
  const std::span<const uint32_t> classes_;
  const Eigen::Index class_count_;
  const double penalty_;
};

// Which fold every item is in: classes are dealt out one after the other, so that each is spread
// evenly and folds are equally large.
std::vector<size_t> DealFolds(std::span<const uint32_t> classes, uint64_t seed) {
  std::vector<uint32_t> items(classes.size());
  for (uint32_t i = 0; i < items.size(); ++i) items[i] = i;
  Rng rng(seed);
  rng.Shuffle(items);
  std::ranges::stable_sort(items, {}, [&](uint32_t item) { return classes[item]; });
  std::vector<size_t> folds(classes.size());
  for (size_t i = 0; i < items.size(); ++i) folds[items[i]] = i % kProbeFolds;
  return folds;
}

// Dimensions as a fold's training items have them.
struct Standardiser {
  std::vector<double> means, factors;

  Standardiser(MatrixView embeddings, std::span<const uint32_t> rows)
      : means(embeddings.cols), factors(embeddings.cols) {
    const double count = static_cast<double>(rows.size());
    for (const uint32_t row : rows) {
      for (size_t k = 0; k < means.size(); ++k) means[k] += embeddings.Row(row)[k] / count;
    }
    for (const uint32_t row : rows) {
      for (size_t k = 0; k < means.size(); ++k) {
        const double difference = embeddings.Row(row)[k] - means[k];
        factors[k] += difference * difference / count;
      }
    }
    // A dimension that never changes says nothing.
    for (double& factor : factors) factor = factor > 0 ? 1 / std::sqrt(factor) : 0;
  }

  void Append(std::span<const float> embedding, std::vector<double>& x) const {
    for (size_t k = 0; k < means.size(); ++k) {
      x.push_back((embedding[k] - means[k]) * factors[k]);
    }
  }
};

}  // namespace

uint32_t LinearClassifier::Classify(std::span<const double> x) const {
  std::vector<double> scores = bias;
  for (size_t c = 0; c < scores.size(); ++c) {
    for (size_t k = 0; k < x.size(); ++k) scores[c] += weights[c * x.size() + k] * x[k];
  }
  return static_cast<uint32_t>(std::ranges::max_element(scores) - scores.begin());
}

LinearClassifier FitClassifier(std::span<const double> x, std::span<const uint32_t> classes,
                               size_t class_count, const ClassifierOptions& options,
                               const StopFlag* stop) {
  Require(!classes.empty() && x.size() % classes.size() == 0 && class_count >= 2 &&
              std::ranges::max(classes) < class_count,
          "linear classifier: {} numbers for {} rows of {} classes do not fit", x.size(),
          classes.size(), class_count);
  const auto rows = static_cast<Eigen::Index>(classes.size());
  const Eigen::Index dim = static_cast<Eigen::Index>(x.size()) / rows;
  const auto count = static_cast<Eigen::Index>(class_count);
  const Eigen::Map<const Rows> matrix(x.data(), rows, dim);
  const CrossEntropy objective(matrix, classes, class_count, options.penalty);
  const Eigen::VectorXd best =
      internal::Minimise(objective, Eigen::VectorXd::Zero(count * (dim + 1)),
                         options.max_iterations, options.tolerance, stop);
  const Eigen::Map<const Rows> all(best.data(), count, dim + 1);
  LinearClassifier classifier;
  for (Eigen::Index c = 0; c < count; ++c) {
    for (Eigen::Index k = 0; k < dim; ++k) classifier.weights.push_back(all(c, k));
    classifier.bias.push_back(all(c, dim));
  }
  return classifier;
}

ProbeResult ProbeLinearly(MatrixView embeddings, std::span<const uint32_t> classes,
                          size_t class_count, uint64_t seed, int threads, const StopFlag* stop) {
  Require(classes.size() == embeddings.rows && classes.size() >= kProbeFolds && class_count >= 2 &&
              std::ranges::max(classes) < class_count,
          "linear probe: {} classes of {} kinds for {} rows do not fit", classes.size(),
          class_count, embeddings.rows);
  const std::vector<size_t> folds = DealFolds(classes, seed);
  ProbeResult result;
  result.correct.resize(classes.size());
  ParallelFor(kProbeFolds, threads, [&](size_t fold) {
    std::vector<uint32_t> rows, targets;
    for (uint32_t row = 0; row < classes.size(); ++row) {
      if (folds[row] == fold) continue;
      rows.push_back(row);
      targets.push_back(classes[row]);
    }
    const Standardiser standard(embeddings, rows);
    std::vector<double> x;
    for (const uint32_t row : rows) standard.Append(embeddings.Row(row), x);
    const LinearClassifier classifier = FitClassifier(
        x, targets, class_count, {.penalty = 1 / static_cast<double>(rows.size())}, stop);
    for (uint32_t row = 0; row < classes.size(); ++row) {
      if (folds[row] != fold) continue;
      x.clear();
      standard.Append(embeddings.Row(row), x);
      result.correct[row] = classifier.Classify(x) == classes[row] ? 1 : 0;
    }
  });
  std::vector<size_t> counts(class_count);
  for (const uint32_t c : classes) ++counts[c];
  result.majority =
      static_cast<double>(std::ranges::max(counts)) / static_cast<double>(classes.size());
  return result;
}

}  // namespace csn
