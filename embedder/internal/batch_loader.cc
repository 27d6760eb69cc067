#include "embedder/internal/batch_loader.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <thread>

#include "base/thread_pool.h"

namespace csn {
namespace {

constexpr size_t kPositives = 4;   // drawn for each anchor and notion
constexpr size_t kNegatives = 16;  // likewise; every positive meets every negative

// Independent streams from one seed.
enum class Stream : uint64_t { kOrder = 1, kBatch = 2 };
uint64_t StreamSeed(uint64_t seed, Stream stream, uint64_t number) {
  std::seed_seq sequence{seed & 0xffffffff, seed >> 32, static_cast<uint64_t>(stream),
                         number & 0xffffffff, number >> 32};
  uint32_t words[2];
  sequence.generate(words, words + 2);
  return (static_cast<uint64_t>(words[0]) << 32) | words[1];
}

}  // namespace

void Augment(uint8_t* photograph, int size, Rng& rng, std::vector<uint8_t>& scratch) {
  const bool mirror = rng.Uniform() < 0.5;
  const int reach = size / 16;
  const int dx = static_cast<int>(rng.Below(2 * reach + 1)) - reach;
  const int dy = static_cast<int>(rng.Below(2 * reach + 1)) - reach;
  scratch.assign(photograph, photograph + static_cast<size_t>(size) * size * 3);
  for (int y = 0; y < size; ++y) {
    const int from_y = std::clamp(y + dy, 0, size - 1);
    for (int x = 0; x < size; ++x) {
      const int shifted = std::clamp(x + dx, 0, size - 1);
      const int from_x = mirror ? size - 1 - shifted : shifted;
      std::memcpy(photograph + (static_cast<size_t>(y) * size + x) * 3,
                  scratch.data() + (static_cast<size_t>(from_y) * size + from_x) * 3, 3);
    }
  }
}

int64_t BatchSize(const TrainOptions& options, const TrainingData& data) {
  const auto items = static_cast<int64_t>(data.train.size());
  const int64_t wanted =
      options.batch > 0 ? options.batch : std::clamp<int64_t>(items / 25, 32, 192);
  return std::min(wanted, items);
}

int64_t StepsPerEpoch(const TrainOptions& options, const TrainingData& data) {
  const int64_t batch = BatchSize(options, data);
  return batch == 0 ? 1 : static_cast<int64_t>(data.train.size()) / batch;
}

std::vector<uint8_t> LoadPhotographs(const TrainingData& data, int size,
                                     std::span<const uint32_t> items, int threads) {
  const size_t bytes = static_cast<size_t>(size) * size * 3;
  std::vector<uint8_t> photographs(items.size() * bytes);
  ParallelFor(items.size(), threads,
              [&](size_t i) { data.photographs->Load(items[i], photographs.data() + i * bytes); });
  return photographs;
}

struct BatchLoader::Impl {
  Impl(const TrainOptions& train_options, const TrainingData& training_data, int64_t step_count)
      : options(train_options), data(training_data), steps(step_count), queue(kBatchesAhead) {}

  Batch Make(int64_t step, std::span<const uint32_t> items) const {
    Rng rng(StreamSeed(options.seed, Stream::kBatch, static_cast<uint64_t>(step)));
    const int size = options.preprocessing.size;
    Batch batch{.items = {items.begin(), items.end()}, .photographs = {}, .picks = {}};
    batch.photographs = LoadPhotographs(data, size, items, options.threads);
    std::vector<uint8_t> scratch;
    const size_t bytes = static_cast<size_t>(size) * size * 3;
    for (size_t i = 0; i < items.size(); ++i) {
      Augment(batch.photographs.data() + i * bytes, size, rng, scratch);
    }
    for (NotionId c = 0; c < data.labels.notions().size(); ++c) {
      batch.picks.push_back(
          TripletSampler(data.labels, c, batch.items).PickAll(kPositives, kNegatives, rng));
    }
    return batch;
  }

  void Run() {
    try {
      const int64_t batch = BatchSize(options, data), per_epoch = StepsPerEpoch(options, data);
      std::vector<uint32_t> order;
      for (int64_t step = 0; step < steps; ++step) {
        if (step % per_epoch == 0) {
          order = data.train;
          Rng rng(
              StreamSeed(options.seed, Stream::kOrder, static_cast<uint64_t>(step / per_epoch)));
          rng.Shuffle(order);
        }
        const std::span<const uint32_t> all(order);
        if (!queue.Push(Make(step, all.subspan((step % per_epoch) * batch, batch)))) return;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    queue.Close();
  }

  const TrainOptions options;  // a copy: the decoding threads must not see the caller change them
  const TrainingData& data;
  const int64_t steps;
  BoundedQueue<Batch> queue;
  std::exception_ptr failure;  // read after the queue was closed
  std::thread thread;
};

BatchLoader::BatchLoader(const TrainOptions& options, const TrainingData& data, int64_t steps)
    : impl_(std::make_unique<Impl>(options, data, steps)) {
  impl_->thread = std::thread([this] { impl_->Run(); });
}

BatchLoader::~BatchLoader() {
  impl_->queue.Close();
  impl_->thread.join();
}

std::optional<Batch> BatchLoader::Next() {
  std::optional<Batch> batch = impl_->queue.Pop();
  if (!batch && impl_->failure) std::rethrow_exception(impl_->failure);
  return batch;
}

}  // namespace csn
