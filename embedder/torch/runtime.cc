#include "embedder/torch/runtime.h"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <omp.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <vector>

#include "base/thread_pool.h"

namespace csn {
namespace {

// Enough to keep two cores busy, few enough that a single photograph does not wait for long; and
// enough for a CUDA device.
constexpr size_t kForwardBatch = 32, kCudaForwardBatch = 128;

// malloc(3)'s defaults.
constexpr int kDefaultMappings = 65536;
constexpr int kDefaultTrim = 128 * 1024;

std::mutex kept_mutex;
int kept_count = 0;

}  // namespace

KeptMemory::KeptMemory() {
  const std::lock_guard lock(kept_mutex);
  if (kept_count++ > 0) return;
  mallopt(M_MMAP_MAX, 0);  // nothing in mappings of its own, whose end is their munmap
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

KeptMemory::~KeptMemory() {
  const std::lock_guard lock(kept_mutex);
  if (--kept_count > 0) return;
  mallopt(M_MMAP_MAX, kDefaultMappings);
  mallopt(M_TRIM_THRESHOLD, kDefaultTrim);
  malloc_trim(0);
}

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

void EmbedBatches(std::span<TrunkNet> trunks, torch::Device device, const uint8_t* photographs,
                  size_t n, int size, float* out) {
  torch::InferenceMode inference;
  for (TrunkNet& trunk : trunks) trunk->eval();
  const size_t bytes = static_cast<size_t>(size) * size * 3;
  const size_t pass = device.is_cuda() ? kCudaForwardBatch : kForwardBatch;
  std::vector<uint8_t> last;
  for (size_t begin = 0; begin < n; begin += pass) {
    const size_t count = std::min(pass, n - begin);
    const uint8_t* batch = photographs + begin * bytes;
    if (count < pass) {
      last.assign(batch, batch + count * bytes);
      last.resize(pass * bytes);
      batch = last.data();
    }
    const torch::Tensor normalised =
        NormaliseBatch(batch, static_cast<int64_t>(pass), size, device);
    std::vector<torch::Tensor> parts;
    for (TrunkNet& trunk : trunks) parts.push_back(trunk->forward(normalised));
    const torch::Tensor embeddings = torch::cat(parts, 1).to(torch::kCPU).contiguous();
    out = std::copy_n(embeddings.data_ptr<float>(), count * embeddings.size(1), out);
  }
}

}  // namespace csn
