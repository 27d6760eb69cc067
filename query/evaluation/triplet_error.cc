#include "query/evaluation/triplet_error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/distance.h"
#include "base/error.h"

namespace csn {

std::vector<double> TripletMistakes(const MaskTable& spaces, NotionId space, MatrixView embeddings,
                                    std::span<const Triplet> triplets) {
  Require(space < spaces.notion_count() && embeddings.cols == spaces.dim(),
          "triplet error: expected a space below {} of {} dimensions, got {} of {}",
          spaces.notion_count(), spaces.dim(), space, embeddings.cols);
  std::vector<double> mistakes;
  mistakes.reserve(triplets.size());
  for (const Triplet& t : triplets) {
    Require(std::max({t.anchor, t.positive, t.negative}) < embeddings.rows,
            "triplet error: a triplet of rows beyond {}", embeddings.rows);
    const auto anchor = embeddings.Row(t.anchor);
    const double far = NotionDistance(spaces, space, anchor, embeddings.Row(t.negative));
    const double close = NotionDistance(spaces, space, anchor, embeddings.Row(t.positive));
    mistakes.push_back(far <= close ? 1 : 0);
  }
  return mistakes;
}

namespace {

// What resampling items needs to know of the lists.
struct ItemSums {
  std::vector<double> sums;  // [items]: (value - its list's mean) / count over the item's triplets
  std::vector<uint8_t> met, anchors;  // [items]: in a triplet at all, as its anchor
  double own = 0;                     // the sum over triplets of the same, squared
};

void AddList(const TripletValues& list, double count, ItemSums& all) {
  const double sum = std::accumulate(list.values.begin(), list.values.end(), 0.0);
  const double mean = sum / static_cast<double>(list.values.size());
  for (size_t t = 0; t < list.values.size(); ++t) {
    const Triplet& triplet = list.triplets[t];
    const double part = (list.values[t] - mean) / count;
    for (const uint32_t item : {triplet.anchor, triplet.positive, triplet.negative}) {
      all.sums.at(item) += part;
      all.met[item] = 1;
    }
    all.anchors[triplet.anchor] = 1;
    all.own += part * part;
  }
}

}  // namespace

Interval MeanOverTriplets(std::span<const TripletValues> lists, size_t items, uint64_t seed,
                          const Bounds& bounds) {
  double sum = 0, count = 0;
  for (const TripletValues& list : lists) {
    Require(list.values.size() == list.triplets.size(),
            "mean over triplets: {} values for {} triplets", list.values.size(),
            list.triplets.size());
    count += static_cast<double>(list.values.size());
    sum = std::accumulate(list.values.begin(), list.values.end(), sum);
  }
  if (count == 0) return {};
  ItemSums all{.sums = std::vector<double>(items),
               .met = std::vector<uint8_t>(items),
               .anchors = std::vector<uint8_t>(items)};
  for (const TripletValues& list : lists) {
    if (!list.values.empty()) AddList(list, count, all);
  }
  if (all.own == 0) {
    return RuleOfThree(sum / count, static_cast<size_t>(std::ranges::count(all.anchors, 1)),
                       bounds);
  }
  std::vector<double> parts;
  double squares = 0;
  for (size_t i = 0; i < items; ++i) {
    if (all.met[i] == 0) continue;
    parts.push_back(all.sums[i]);
    squares += all.sums[i] * all.sums[i];
  }
  const double shrink =
      squares > 0 ? std::sqrt(std::max(squares - 2 * all.own, all.own) / squares) : 0;
  return BootstrapLinear(sum / count, parts, shrink, seed, bounds);
}

}  // namespace csn
