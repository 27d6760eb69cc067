#include "query/internal/diversity.h"

#include <algorithm>
#include <limits>

namespace csn::internal {

Ranking BetweenItems(const Request& request) {
  Ranking ranking = request.ranking;
  for (double& weight : ranking.weights) weight = std::max(weight, 0.0);
  return ranking;
}

std::vector<Neighbor> TakeDiverse(const Generation& generation, const Request& request,
                                  std::vector<Neighbor> pool, size_t count) {
  const double lambda = request.diversity->lambda;
  const Ranking between = BetweenItems(request);
  // Of each of the pool, the least score to one taken so far; none is taken yet.
  std::vector<double> apart(pool.size(), 0.0);
  std::vector<bool> taken(pool.size(), false);
  std::vector<Neighbor> order;
  count = std::min(count, pool.size());
  while (order.size() < count) {
    size_t best = pool.size();
    double least = 0;
    for (size_t i = 0; i < pool.size(); ++i) {
      if (taken[i]) continue;
      const double value = (1 - lambda) * pool[i].value - lambda * apart[i];
      // The pool is in the order that ties go by.
      if (best == pool.size() || value < least) {
        best = i;
        least = value;
      }
    }
    const bool first = order.empty();
    taken[best] = true;
    order.push_back(pool[best]);
    const Examples example{.liked = {generation.embeddings().Row(pool[best].row)}};
    Measurer measurer(between, example);
    for (size_t i = 0; i < pool.size(); ++i) {
      if (taken[i]) continue;
      const double score = measurer.Score(generation.embeddings().Row(pool[i].row));
      apart[i] = first ? score : std::min(apart[i], score);
    }
  }
  return order;
}

}  // namespace csn::internal
