// Distances and scores by definition, in double: every answer is decided by these functions and no
// others. Compiled with -ffp-contract=off, so that every build and machine gives the same bits.
#pragma once

#include <span>
#include <vector>

#include "base/mask.h"
#include "base/matrix.h"

namespace csn {

// D_c(q, x) = sum over ascending live dimensions k of m_ck^2 (q_k - x_k)^2, in double.
// `q` and `x` are unmasked embeddings [d]. No live dimension: 0.
double NotionDistance(const MaskTable& masks, NotionId notion, std::span<const float> q,
                      std::span<const float> x);

// S_c = 2 sum_k m_ck^2 Var(x_k), the mean of D_c over two random rows (population variance, in
// double); 1 where it would be 0. One for each notion. Rows [n, d].
std::vector<double> NotionScales(const MaskTable& masks, MatrixView embeddings);

// The weight of every notion in a query, [C]; 0 where a notion does not count.
using NotionWeights = std::vector<double>;

// score = sum over notions with weight != 0, in the model's order, of w_c * D_c / S_c.
// `distances` and `scales` are [C]; entries of notions with weight 0 are not read.
double Score(const NotionWeights& weights, std::span<const double> distances,
             std::span<const double> scales);

// What a user is shown for one notion: sqrt(D_c / S_c); 1.0 is the root mean square distance of two
// random items.
double ShownDistance(double squared_distance, double scale);

}  // namespace csn
