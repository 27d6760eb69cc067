#include "query/evaluation/recall.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace csn {

std::vector<double> RecallsAtK(std::span<const std::vector<double>> exact_distances,
                               std::span<const std::vector<double>> found_distances, size_t k) {
  Require(k >= 1, "recall at k: expected k of at least 1, got {}", k);
  Require(!exact_distances.empty() && exact_distances.size() == found_distances.size(),
          "recall at k: expected as many found lists as exact ones and at least one, got {} and {}",
          found_distances.size(), exact_distances.size());
  std::vector<double> recalls;
  for (size_t query = 0; query < exact_distances.size(); ++query) {
    const std::vector<double>& exact = exact_distances[query];
    const std::vector<double>& found = found_distances[query];
    Require(!exact.empty(), "recall at k: query {} has no exact neighbours", query);
    const size_t counted = std::min(k, exact.size());
    // Scores of mixtures may be negative, so the tolerance goes by the magnitude.
    const double farthest = exact[counted - 1];
    const double limit = farthest + 1e-6 * std::abs(farthest);
    size_t hits = 0;
    for (size_t i = 0; i < std::min(counted, found.size()); ++i) hits += found[i] <= limit ? 1 : 0;
    recalls.push_back(static_cast<double>(hits) / static_cast<double>(counted));
  }
  return recalls;
}

}  // namespace csn
