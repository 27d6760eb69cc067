// Training batches, prepared ahead by a thread of their own: order, augmentation, triplets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "embedder/trainer.h"

namespace csn {

struct Batch {
  std::vector<uint32_t> items;
  std::vector<uint8_t> photographs;          // [B, size, size, 3]
  std::vector<TripletSampler::Picks> picks;  // [C], positions in `items`
};

// Mirrors with probability 0.5, then shifts by up to size/16 pixels each way, edges repeated.
// `scratch` holds one photograph.
void Augment(uint8_t* photograph, int size, Rng& rng, std::vector<uint8_t>& scratch);

inline constexpr int kBatchesAhead = 3;  // made and waiting, at most

// Hands out `steps` batches: every epoch visits all training items once in a new order, the rest
// below a whole batch left out. Each batch has random numbers of its own, so that what is in it
// depends on seed and step alone.
class BatchLoader {
 public:
  BatchLoader(const TrainOptions& options, const TrainingData& data, int64_t steps);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  // The next batch; nothing after `steps` of them. Rethrows what a photograph's Load threw.
  std::optional<Batch> Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Photographs of `items`, in order, as they are: [n, size, size, 3].
std::vector<uint8_t> LoadPhotographs(const TrainingData& data, int size,
                                     std::span<const uint32_t> items, int threads);

// Photographs in a batch: what was asked for or TrainOptions chooses, all there are at most.
int64_t BatchSize(const TrainOptions& options, const TrainingData& data);
// Batches in an epoch, at least 1.
int64_t StepsPerEpoch(const TrainOptions& options, const TrainingData& data);

}  // namespace csn
