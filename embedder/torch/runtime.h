// What training and embedding share of LibTorch's run time.
#pragma once

#include <span>

#include "embedder/torch/csn_model.h"

namespace csn {

// Sets LibTorch's and OpenMP's thread counts (0: all processors) and returns what was set.
// Initialising LibTorch may leave either at 1, so both are always set.
int UseThreads(int threads);

// While one lives, malloc keeps what is freed for what is asked for next. LibTorch allocates and
// frees every tensor of every pass; by its defaults malloc gives large ones back to the system each
// time, which then clears their pages anew. The last one gives all back. Thread-safe.
class KeptMemory {
 public:
  KeptMemory();
  ~KeptMemory();
  KeptMemory(const KeptMemory&) = delete;
  KeptMemory& operator=(const KeptMemory&) = delete;
};

// Keeps convolution weights channels last, as NormaliseBatch keeps photographs: faster on
// processors.
void UseChannelsLast(TrunkNet& trunk);

// Photographs [n, size, size, 3] -> out [n, d] in evaluation mode, d being that of all trunks
// together, which are on `device` and whose embeddings stand one after the other. Every forward
// pass takes the same number of photographs, the last one filled up with black: other shapes take
// other kernels that round otherwise, and an embedding must not depend on its neighbours.
void EmbedBatches(std::span<TrunkNet> trunks, torch::Device device, const uint8_t* photographs,
                  size_t n, int size, float* out);

}  // namespace csn
