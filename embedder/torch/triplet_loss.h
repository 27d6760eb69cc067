// The training loss on one batch. Source: CSN paper, section 3.3; constants of the reference
// implementation.
#pragma once

#include <torch/types.h>

#include <vector>

#include "embedder/train_options.h"
#include "embedder/triplet_source.h"

namespace csn {

struct LossWeights {
  double margin = 0.2;
  double embedding = 5e-3;  // of L_W
  double mask = 5e-4;       // of L_M
};

// L = L_T + embedding * L_W + mask * L_M over a batch embedded once:
//   d(u, v) = || m_c * (u - v) + 1e-6 ||_2
//   L_T = mean over notions that have picks of: mean over *active* triplets of max(0, d(a, p) -
//   d(a, n) + margin), each
//         anchor's P positives against each of its N negatives
//   L_W = root mean square norm of the unmasked embeddings
//   L_M = mean over notions that have picks of ||m_c||_1: the others' masks are left alone, since
//         nothing in the batch could hold against it
// embeddings [B, d], masks [C, d] >= 0, picks [C] with P positives and N negatives an anchor,
// positions in the batch. Differentiable in embeddings and masks.
torch::Tensor TripletLoss(const torch::Tensor& embeddings, const torch::Tensor& masks,
                          const std::vector<TripletSampler::Picks>& picks,
                          const LossWeights& weights);

// The loss on B fixed triplets, positions in the batch, `notions` [B] being theirs. d as above.
//   default: L_T = mean over active triplets of max(0, d(a, p) - d(a, n) + margin)
//            L_W = root mean square norm of the unmasked embeddings
//   paper:   L_T = mean over all triplets
//            L_W = (||E_a||_F + ||E_p||_F + ||E_n||_F) / 3 / sqrt(B), a role's embeddings being a
//                  third of the rows
//   L_M = mean over triplets of ||m_c||_1
torch::Tensor FixedTripletLoss(const torch::Tensor& embeddings, const torch::Tensor& masks,
                               const std::vector<Triplet>& triplets,
                               const std::vector<NotionId>& notions, Recipe recipe,
                               const LossWeights& weights);

}  // namespace csn
