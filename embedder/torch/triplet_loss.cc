#include "embedder/torch/triplet_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace csn {
namespace {

constexpr double kEpsilon =
    1e-6;  // keeps the root's gradient finite where two embeddings are equal

// For who selects from `from`.
torch::Tensor IndexTensor(const std::vector<int64_t>& values, const torch::Tensor& from) {
  return torch::from_blob(const_cast<int64_t*>(values.data()),
                          {static_cast<int64_t>(values.size())}, torch::kInt64)
      .to(from.device(), torch::kInt64, false, true);
}

// Distances of each anchor [A, d] to its `per_anchor` others: [A, per_anchor].
torch::Tensor Distances(const torch::Tensor& masked, const torch::Tensor& anchors,
                        const std::vector<int64_t>& others) {
  const int64_t count = anchors.size(0), dim = masked.size(1);
  const torch::Tensor other =
      masked.index_select(0, IndexTensor(others, masked)).view({count, -1, dim});
  return (anchors.unsqueeze(1) - other + kEpsilon).square().sum(2).sqrt();
}

torch::Tensor RootMeanSquareNorm(const torch::Tensor& embeddings) {
  return embeddings.square().sum(1).mean().sqrt();
}

// The masked embeddings [B, d] of one role of each triplet.
torch::Tensor RoleEmbeddings(const torch::Tensor& embeddings, const torch::Tensor& triplet_masks,
                             const std::vector<Triplet>& triplets, uint32_t Triplet::*role) {
  std::vector<int64_t> positions;
  positions.reserve(triplets.size());
  for (const Triplet& triplet : triplets) positions.push_back(triplet.*role);
  return embeddings.index_select(0, IndexTensor(positions, embeddings)) * triplet_masks;
}

}  // namespace

torch::Tensor TripletLoss(const torch::Tensor& embeddings, const torch::Tensor& masks,
                          const std::vector<TripletSampler::Picks>& picks,
                          const LossWeights& weights) {
  torch::Tensor hinge = embeddings.new_zeros({}), mask_norm = embeddings.new_zeros({});
  int64_t counted = 0;
  for (size_t c = 0; c < picks.size(); ++c) {
    if (picks[c].anchors.empty()) continue;
    const torch::Tensor mask = masks[static_cast<int64_t>(c)];
    const torch::Tensor masked = embeddings * mask;
    const torch::Tensor anchors = masked.index_select(0, IndexTensor(picks[c].anchors, masked));
    const torch::Tensor positive = Distances(masked, anchors, picks[c].positives);
    const torch::Tensor negative = Distances(masked, anchors, picks[c].negatives);
    const torch::Tensor terms =
        torch::relu(positive.unsqueeze(2) - negative.unsqueeze(1) + weights.margin);
    const torch::Tensor active = (terms > 0).sum().clamp_min(1);
    hinge = hinge + terms.sum() / active;
    mask_norm = mask_norm + mask.abs().sum();
    ++counted;
  }
  const int64_t notions = std::max<int64_t>(counted, 1);
  return (hinge + weights.mask * mask_norm) / notions +
         weights.embedding * RootMeanSquareNorm(embeddings);
}

torch::Tensor FixedTripletLoss(const torch::Tensor& embeddings, const torch::Tensor& masks,
                               const std::vector<Triplet>& triplets,
                               const std::vector<NotionId>& notions, Recipe recipe,
                               const LossWeights& weights) {
  const torch::Tensor triplet_masks =
      masks.index_select(0, IndexTensor({notions.begin(), notions.end()}, masks));
  const auto role = [&](uint32_t Triplet::*which) {
    return RoleEmbeddings(embeddings, triplet_masks, triplets, which);
  };
  const torch::Tensor anchor = role(&Triplet::anchor);
  const auto distance = [&](const torch::Tensor& other) {
    return (anchor - other + kEpsilon).square().sum(1).sqrt();
  };
  const torch::Tensor terms = torch::relu(distance(role(&Triplet::positive)) -
                                          distance(role(&Triplet::negative)) + weights.margin);
  const torch::Tensor mask_norm = triplet_masks.abs().sum(1).mean();
  torch::Tensor hinge, norm;
  if (recipe == Recipe::kPaper) {
    hinge = terms.mean();
    norm = embeddings.new_zeros({});
    for (const torch::Tensor& of_role : embeddings.chunk(3)) norm = norm + of_role.norm();
    norm = norm / 3 / std::sqrt(static_cast<double>(triplets.size()));
  } else {
    hinge = terms.sum() / (terms > 0).sum().clamp_min(1);
    norm = RootMeanSquareNorm(embeddings);
  }
  return hinge + weights.embedding * norm + weights.mask * mask_norm;
}

}  // namespace csn
