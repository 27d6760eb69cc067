// What filters of exact searches are held against: rows, masks, weights and examples of every kind
// of number.
#pragma once

#include <functional>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"
#include "base/measurer.h"
#include "base/random.h"
#include "base/row_codes.h"

namespace csn::test {

// A ranking and examples with what they view.
struct Asked {
  Matrix rows, masks, liked, unliked;
  MaskTable table = {};
  std::vector<double> scales = {};
  NotionWeights weights = {};
  double beta = 0;

  Ranking ranking() const { return {.masks = &table, .scales = scales, .weights = weights}; }
  Examples examples() const {
    Examples examples{.liked = {}, .unliked = {}, .beta = beta};
    for (size_t i = 0; i < liked.rows(); ++i) examples.liked.push_back(liked.Row(i));
    for (size_t i = 0; i < unliked.rows(); ++i) examples.unliked.push_back(unliked.Row(i));
    return examples;
  }
};

using MakeValue = std::function<float(Rng&)>;

// Every kind of number that embeddings, masks and weights should never be made of.
float Hard(Rng& rng);
float Normal(Rng& rng);

// `n` rows of which some are examples and some close to them, up to 70 dimensions, 4 notions,
// several examples; weights of either sign. `extreme`: masks, scales and weights of any size.
Asked MakeAsked(Rng& rng, size_t n, const MakeValue& value, bool extreme);

// The codes of every notion; of those without live dimensions some that are not to be looked at.
std::vector<RowCodes> CodesOf(const Asked& asked);

}  // namespace csn::test
