#include "base/score_filter.h"

#include <algorithm>
#include <cmath>

#include "base/internal/rounded.h"

namespace csn {
namespace {

using internal::FloatAbove;
using internal::FloatBelow;

// Runs of dimensions begin and end at multiples of it: a cache line.
constexpr size_t kRunUnit = 16;

constexpr double kFloatUnit = 0x1p-24;   // the greatest relative error of a float operation
constexpr double kDoubleUnit = 0x1p-52;  // more than that of a double one
// Weights and scales beyond these could make what the definition multiplies underflow, and what is
// said of rounding would not hold.
constexpr double kLeast = 1e-60, kGreatest = 1e60;

bool IsModerate(double value) { return std::abs(value) >= kLeast && std::abs(value) <= kGreatest; }

// Means over examples of their values in one dimension, and of the squares of their distances from
// a point.
struct Mean {
  explicit Mean(const std::vector<std::span<const float>>& of) : examples(of) {}

  double Value(size_t k) const {
    double sum = 0;
    for (const std::span<const float> example : examples) sum += example[k];
    return examples.empty() ? 0 : sum / static_cast<double>(examples.size());
  }
  double Square(size_t k, double from) const {
    double sum = 0;
    for (const std::span<const float> example : examples) {
      const double difference = example[k] - from;
      sum += difference * difference;
    }
    return examples.empty() ? 0 : sum / static_cast<double>(examples.size());
  }

  const std::vector<std::span<const float>>& examples;
};

std::vector<DimRun> LiveRuns(const std::vector<float>& weights) {
  std::vector<DimRun> runs;
  for (size_t begin = 0; begin < weights.size(); begin += kRunUnit) {
    const size_t end = std::min(begin + kRunUnit, weights.size());
    const auto from = weights.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = weights.begin() + static_cast<std::ptrdiff_t>(end);
    if (std::all_of(from, to, [](float weight) { return weight == 0; })) continue;
    if (!runs.empty() && runs.back().end == begin) {
      runs.back().end = end;
    } else {
      runs.push_back({begin, end});
    }
  }
  return runs;
}

}  // namespace

ScoreFilter::ScoreFilter(const Ranking& ranking, const Examples& examples) {
  const size_t dim = ranking.masks->dim(), notions = ranking.weights.size();
  bool moderate = true;
  // W_k, and the same of magnitudes.
  std::vector<double> weights(dim), magnitudes(dim);
  for (size_t c = 0; c < notions; ++c) {
    if (ranking.weights[c] == 0) continue;
    moderate = moderate && IsModerate(ranking.weights[c]) && IsModerate(ranking.scales[c]);
    const std::span<const float> mask = ranking.masks->weights(static_cast<NotionId>(c));
    for (const uint32_t k : ranking.masks->live_dims(static_cast<NotionId>(c))) {
      const double weight =
          ranking.weights[c] * (static_cast<double>(mask[k]) * mask[k]) / ranking.scales[c];
      weights[k] += weight;
      magnitudes[k] += std::abs(weight);
    }
  }
  const double beta = examples.unliked.empty() ? 0 : examples.beta, rest = 1 - beta;
  const auto operations =
      static_cast<double>(dim + notions + examples.liked.size() + examples.unliked.size() + 16);
  const double of_doubles = operations * kDoubleUnit;
  const double of_floats = 1.02 * static_cast<double>(dim + 8) * kFloatUnit;
  const double of_point = kFloatUnit;  // gives the point's rounding its due, see below
  const Mean liked(examples.liked), unliked(examples.unliked);
  point_.resize(dim);
  std::vector<double> lowered(dim);
  double sure = 0, unsure = 0, greatest = 0;
  bool finite = true;
  for (size_t k = 0; k < dim; ++k) {
    if (magnitudes[k] == 0) continue;
    const double like = liked.Value(k), unlike = beta * unliked.Value(k);
    point_[k] = static_cast<float>((like - unlike) / rest);
    const double point = point_[k];
    // With y = x - point: rest y^2 + 2 y off + near - far, and 2 |y off| <= of_point y^2 +
    // off^2 / of_point.
    const double off = std::abs(rest * point - (like - unlike)) +
                       4 * of_doubles * (std::abs(point) + std::abs(like) + std::abs(unlike));
    const double near = liked.Square(k, point), far = beta * unliked.Square(k, point);
    lowered[k] =
        rest * weights[k] - magnitudes[k] * (of_point + of_floats + 2 * (1 + beta) * of_doubles);
    sure += weights[k] * (near - far);
    const double single = off == 0 ? 0 : off * off / of_point;
    unsure += magnitudes[k] * (single + 16 * of_doubles * (near + far + single));
    greatest = std::max(greatest, std::abs(lowered[k]));
    finite = finite && std::isfinite(point) && std::isfinite(near + far);
  }
  constant_ = sure - unsure;
  usable_ = moderate && finite && std::isfinite(constant_) && greatest > 0;
  weights_.resize(dim);
  if (!usable_) return;
  int exponent = 0;
  std::frexp(greatest, &exponent);
  scale_ = std::ldexp(1.0, -exponent);
  share_ = std::numeric_limits<double>::infinity();
  for (size_t k = 0; k < dim; ++k) {
    weights_[k] = FloatBelow(lowered[k] * scale_);
    if (magnitudes[k] == 0) continue;
    // A notion that counts against a row makes the two differ.
    const double share = weights[k] == magnitudes[k] ? weights_[k] / weights[k] : 0;
    share_ = std::min(share_, share * (1 - 0x1p-40));
  }
  slack_ = static_cast<double>(dim) * 0x1p-148;
  runs_ = LiveRuns(weights_);
}

float ScoreFilter::Ceiling(double score) const {
  if (!usable_) return std::numeric_limits<float>::infinity();
  const double ceiling = (score - constant_) * scale_;
  // Three double operations, each rounded.
  const double above =
      ceiling + slack_ +
      4 * kDoubleUnit *
          (std::abs(ceiling) + std::abs(score * scale_) + std::abs(constant_ * scale_));
  return std::isnan(above) ? std::numeric_limits<float>::infinity() : FloatAbove(above);
}

}  // namespace csn
