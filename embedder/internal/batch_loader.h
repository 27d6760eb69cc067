// Training batches, prepared ahead by a thread of their own: order, augmentation, triplets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "embedder/trainer.h"

namespace csn {

// Either `picks` or `triplets` is filled.
struct Batch {
  std::vector<uint32_t> items;
  std::vector<uint8_t> photographs;          // [B, size, size, 3]
  std::vector<TripletSampler::Picks> picks;  // [C], positions in `items`
  // Fixed triplets, positions in `items`, and the notion of each. By the paper's recipe all anchors
  // come first among `items`, then all positives, then all negatives; else each item is there once.
  std::vector<Triplet> triplets;
  std::vector<NotionId> notions;
  uint64_t seed = 0;  // of what the network draws in this step
};

// Mirrors with probability 0.5, then, for kShift, shifts by up to size/16 pixels each way, edges
// repeated. `scratch` holds one photograph.
void Augment(Augmentation augmentation, uint8_t* photograph, int size, Rng& rng,
             std::vector<uint8_t>& scratch);

// With this chance paints a rectangle in one colour, its sides 10 to 45 % of the photograph's, all
// of it within (TrainOptions::random_erasing).
void Erase(double chance, uint8_t* photograph, int size, Rng& rng);

inline constexpr int kBatchesAhead = 3;  // made and waiting, at most

// Hands out the batches of steps `begin` to `end` - 1: every epoch visits all training items once
// in a new order, the rest below a whole batch left out; or, where triplets are fixed, all of them,
// those of all notions mixed, the last batch being the rest. Each batch has random numbers of its
// own, so that what is in it depends on seed and step alone.
class BatchLoader {
 public:
  BatchLoader(const TrainOptions& options, const TrainingData& data, int64_t begin, int64_t end);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  // The next batch; nothing after the last. Rethrows what a photograph's Load threw.
  std::optional<Batch> Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Photographs of `items`, in order, as they are: [n, size, size, 3].
std::vector<uint8_t> LoadPhotographs(const TrainingData& data, int size,
                                     std::span<const uint32_t> items, int threads);

// Photographs in a batch, or fixed triplets: what was asked for or TrainOptions chooses, all there
// are at most.
int64_t BatchSize(const TrainOptions& options, const TrainingData& data);
// Batches in an epoch, at least 1.
int64_t StepsPerEpoch(const TrainOptions& options, const TrainingData& data);
// Photographs that the network sees in a step, the mean over the first epoch.
double ImagesPerStep(const TrainOptions& options, const TrainingData& data);

}  // namespace csn
