#include "embedder/torch/runtime.h"

#include <ATen/Parallel.h>
#include <omp.h>
#include <torch/utils.h>

#include <algorithm>

#include "base/thread_pool.h"

namespace csn {

int UseThreads(int threads) {
  if (threads <= 0) threads = DefaultThreads();
  at::set_num_threads(threads);
  omp_set_num_threads(threads);
  return threads;
}

void UseChannelsLast(TrunkNet& trunk) {
  for (torch::Tensor& parameter : trunk->parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

void EmbedBatches(TrunkNet& trunk, const uint8_t* photographs, size_t n, int size, size_t batch,
                  float* out) {
  torch::InferenceMode inference;
  trunk->eval();
  const size_t bytes = static_cast<size_t>(size) * size * 3;
  for (size_t begin = 0; begin < n; begin += batch) {
    const size_t count = std::min(batch, n - begin);
    const torch::Tensor embeddings =
        trunk
            ->forward(
                NormaliseBatch(photographs + begin * bytes, static_cast<int64_t>(count), size))
            .contiguous();
    std::copy_n(embeddings.data_ptr<float>(), embeddings.numel(), out);
    out += embeddings.numel();
  }
}

}  // namespace csn
