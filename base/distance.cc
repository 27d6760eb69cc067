#include "base/distance.h"

#include <cassert>
#include <cmath>

#include "base/error.h"

namespace csn {
namespace {

// Population variance of every column, in two passes; 0 for no rows.
std::vector<double> Variances(MatrixView rows) {
  std::vector<double> means(rows.cols), variances(rows.cols);
  if (rows.rows == 0) return variances;
  const double count = static_cast<double>(rows.rows);
  for (size_t i = 0; i < rows.rows; ++i) {
    const std::span<const float> row = rows.Row(i);
    for (size_t k = 0; k < rows.cols; ++k) means[k] += row[k];
  }
  for (double& mean : means) mean /= count;
  for (size_t i = 0; i < rows.rows; ++i) {
    const std::span<const float> row = rows.Row(i);
    for (size_t k = 0; k < rows.cols; ++k) {
      const double difference = row[k] - means[k];
      variances[k] += difference * difference;
    }
  }
  for (double& variance : variances) variance /= count;
  return variances;
}

}  // namespace

double NotionDistance(const MaskTable& masks, NotionId notion, std::span<const float> q,
                      std::span<const float> x) {
  assert(q.size() == masks.dim() && x.size() == masks.dim());
  const std::span<const float> weights = masks.weights(notion);
  double sum = 0;
  for (const uint32_t k : masks.live_dims(notion)) {
    const double weight = weights[k];
    const double difference = static_cast<double>(q[k]) - static_cast<double>(x[k]);
    sum += (weight * weight) * (difference * difference);
  }
  return sum;
}

std::vector<double> NotionScales(const MaskTable& masks, MatrixView embeddings) {
  Require(embeddings.cols == masks.dim(),
          "scales of the notions: expected embeddings of {} dimensions, got {}", masks.dim(),
          embeddings.cols);
  const std::vector<double> variances = Variances(embeddings);
  std::vector<double> scales(masks.notion_count());
  for (size_t notion = 0; notion < scales.size(); ++notion) {
    const std::span<const float> weights = masks.weights(static_cast<NotionId>(notion));
    double sum = 0;
    for (const uint32_t k : masks.live_dims(static_cast<NotionId>(notion))) {
      const double weight = weights[k];
      sum += (weight * weight) * variances[k];
    }
    scales[notion] = sum > 0 ? 2 * sum : 1;
  }
  return scales;
}

double Score(const NotionWeights& weights, std::span<const double> distances,
             std::span<const double> scales) {
  assert(distances.size() == weights.size() && scales.size() == weights.size());
  double score = 0;
  for (size_t notion = 0; notion < weights.size(); ++notion) {
    if (weights[notion] != 0) score += weights[notion] * distances[notion] / scales[notion];
  }
  return score;
}

double ShownDistance(double squared_distance, double scale) {
  return std::sqrt(squared_distance / scale);
}

}  // namespace csn
