#include "embedder/internal/batch_loader.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <numeric>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/thread_pool.h"

namespace csn {
namespace {

constexpr size_t kPositives = 4;   // drawn for each anchor and notion
constexpr size_t kNegatives = 16;  // likewise; every positive meets every negative

constexpr int64_t kFixedBatch = 256;  // fixed triplets a step

int64_t FixedTriplets(const TrainingData& data) {
  int64_t count = 0;
  for (const auto& triplets : data.train_triplets) count += static_cast<int64_t>(triplets.size());
  return count;
}

// Independent streams from one seed.
enum class Stream : uint64_t { kOrder = 1, kBatch = 2, kNetwork = 3 };
uint64_t StreamSeed(uint64_t seed, Stream stream, uint64_t number) {
  std::seed_seq sequence{seed & 0xffffffff, seed >> 32, static_cast<uint64_t>(stream),
                         number & 0xffffffff, number >> 32};
  uint32_t words[2];
  sequence.generate(words, words + 2);
  return (static_cast<uint64_t>(words[0]) << 32) | words[1];
}

// What an epoch visits, in its order: training items or, where triplets are fixed, their numbers.
std::vector<uint32_t> EpochOrder(const TrainOptions& options, const TrainingData& data,
                                 uint64_t epoch) {
  std::vector<uint32_t> order = data.train;
  if (!data.train_triplets.empty()) {
    order.resize(static_cast<size_t>(FixedTriplets(data)));
    std::iota(order.begin(), order.end(), 0);
  }
  Rng rng(StreamSeed(options.seed, Stream::kOrder, epoch));
  rng.Shuffle(order);
  return order;
}

// The part of an epoch that is its step number `step`.
std::span<const uint32_t> StepPart(std::span<const uint32_t> order, int64_t step, int64_t batch) {
  const auto first = static_cast<size_t>(step * batch);
  return order.subspan(first, std::min(static_cast<size_t>(batch), order.size() - first));
}

// Fixed triplets by number, those of the first notion, then of the next: fills `triplets` with
// items, and `notions`.
void TakeTriplets(const TrainingData& data, std::span<const uint32_t> numbers, Batch& batch) {
  for (uint32_t number : numbers) {
    NotionId notion = 0;
    for (; number >= data.train_triplets[notion].size(); ++notion) {
      number -= static_cast<uint32_t>(data.train_triplets[notion].size());
    }
    batch.triplets.push_back(data.train_triplets[notion][number]);
    batch.notions.push_back(notion);
  }
}

// From items to positions: a photograph for each role, as the reference loads them.
void PlaceByRole(Batch& batch) {
  for (const auto role : {&Triplet::anchor, &Triplet::positive, &Triplet::negative}) {
    for (Triplet& triplet : batch.triplets) {
      batch.items.push_back(
          std::exchange(triplet.*role, static_cast<uint32_t>(batch.items.size())));
    }
  }
}

void PlaceOnce(Batch& batch) {
  std::unordered_map<uint32_t, uint32_t> position_of;
  for (Triplet& triplet : batch.triplets) {
    for (const auto role : {&Triplet::anchor, &Triplet::positive, &Triplet::negative}) {
      const auto [place, is_new] =
          position_of.emplace(triplet.*role, static_cast<uint32_t>(batch.items.size()));
      if (is_new) batch.items.push_back(triplet.*role);
      triplet.*role = place->second;
    }
  }
}

// The batch of some fixed triplets, its photographs not yet loaded.
Batch PlaceTriplets(const TrainOptions& options, const TrainingData& data,
                    std::span<const uint32_t> numbers) {
  Batch batch;
  TakeTriplets(data, numbers, batch);
  options.recipe == Recipe::kPaper ? PlaceByRole(batch) : PlaceOnce(batch);
  return batch;
}

}  // namespace

void Augment(Augmentation augmentation, uint8_t* photograph, int size, Rng& rng,
             std::vector<uint8_t>& scratch) {
  if (augmentation == Augmentation::kNone) return;
  const bool mirror = rng.Uniform() < 0.5;
  const int reach = augmentation == Augmentation::kShift ? size / 16 : 0;
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

void Erase(double chance, uint8_t* photograph, int size, Rng& rng) {
  if (!(rng.Uniform() < chance)) return;
  const auto begin_and_end = [&]() -> std::pair<int, int> {
    const double side = rng.Uniform(0.1, 0.45) * size;
    const double begin = rng.Uniform(0, size - side);
    return {static_cast<int>(begin), static_cast<int>(begin + side)};
  };
  const auto [left, right] = begin_and_end();
  const auto [top, bottom] = begin_and_end();
  uint8_t colour[3];
  for (uint8_t& channel : colour) channel = static_cast<uint8_t>(70 + rng.Below(101));
  for (int y = top; y < bottom; ++y) {
    uint8_t* const row = photograph + static_cast<size_t>(y) * size * 3;
    for (int x = left; x < right; ++x) std::memcpy(row + static_cast<size_t>(x) * 3, colour, 3);
  }
}

int64_t BatchSize(const TrainOptions& options, const TrainingData& data) {
  if (!data.train_triplets.empty()) {
    const int64_t wanted = options.batch > 0 ? options.batch : kFixedBatch;
    return std::min(wanted, FixedTriplets(data));
  }
  const auto items = static_cast<int64_t>(data.train.size());
  const int64_t wanted =
      options.batch > 0 ? options.batch : std::clamp<int64_t>(items / 25, 32, 192);
  return std::min(wanted, items);
}

int64_t StepsPerEpoch(const TrainOptions& options, const TrainingData& data) {
  const int64_t batch = BatchSize(options, data);
  if (batch == 0) return 1;
  if (!data.train_triplets.empty()) return (FixedTriplets(data) + batch - 1) / batch;
  return static_cast<int64_t>(data.train.size()) / batch;
}

double ImagesPerStep(const TrainOptions& options, const TrainingData& data) {
  const int64_t batch = BatchSize(options, data), per_epoch = StepsPerEpoch(options, data);
  if (data.train_triplets.empty()) return static_cast<double>(batch);
  const std::vector<uint32_t> order = EpochOrder(options, data, 0);
  size_t images = 0;
  for (int64_t step = 0; step < per_epoch; ++step) {
    images += PlaceTriplets(options, data, StepPart(order, step, batch)).items.size();
  }
  return static_cast<double>(images) / static_cast<double>(per_epoch);
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
  Impl(const TrainOptions& train_options, const TrainingData& training_data, int64_t begin_step,
       int64_t end_step)
      : options(train_options),
        data(training_data),
        begin(begin_step),
        end(end_step),
        queue(kBatchesAhead) {}

  // The photographs of `items`, augmented.
  std::vector<uint8_t> Photographs(std::span<const uint32_t> items, Rng& rng) const {
    const int size = options.preprocessing.size;
    std::vector<uint8_t> photographs = LoadPhotographs(data, size, items, options.threads);
    std::vector<uint8_t> scratch;
    const size_t bytes = static_cast<size_t>(size) * size * 3;
    for (size_t i = 0; i < items.size(); ++i) {
      uint8_t* const photograph = photographs.data() + i * bytes;
      Augment(options.augmentation, photograph, size, rng, scratch);
      if (options.random_erasing > 0) Erase(*options.random_erasing, photograph, size, rng);
    }
    return photographs;
  }

  // Of some items, triplets drawn among them.
  Batch Draw(std::span<const uint32_t> items, Rng& rng) const {
    Batch batch;
    batch.items.assign(items.begin(), items.end());
    batch.photographs = Photographs(items, rng);
    for (NotionId c = 0; c < data.labels.notions().size(); ++c) {
      batch.picks.push_back(
          TripletSampler(data.labels, c, batch.items).PickAll(kPositives, kNegatives, rng));
    }
    return batch;
  }

  // Of some of the fixed triplets, given by number.
  Batch Gather(std::span<const uint32_t> numbers, Rng& rng) const {
    Batch batch = PlaceTriplets(options, data, numbers);
    batch.photographs = Photographs(batch.items, rng);
    return batch;
  }

  void Run() {
    try {
      const bool fixed = !data.train_triplets.empty();
      const int64_t batch = BatchSize(options, data), per_epoch = StepsPerEpoch(options, data);
      std::vector<uint32_t> order;
      for (int64_t step = begin; step < end; ++step) {
        if (step == begin || step % per_epoch == 0) {
          order = EpochOrder(options, data, static_cast<uint64_t>(step / per_epoch));
        }
        const auto part = StepPart(order, step % per_epoch, batch);
        const auto number = static_cast<uint64_t>(step);
        Rng rng(StreamSeed(options.seed, Stream::kBatch, number));
        Batch made = fixed ? Gather(part, rng) : Draw(part, rng);
        made.seed = StreamSeed(options.seed, Stream::kNetwork, number);
        if (!queue.Push(std::move(made))) return;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    queue.Close();
  }

  const TrainOptions options;  // a copy: the decoding threads must not see the caller change them
  const TrainingData& data;
  const int64_t begin, end;  // steps
  BoundedQueue<Batch> queue;
  std::exception_ptr failure;  // read after the queue was closed
  std::thread thread;
};

BatchLoader::BatchLoader(const TrainOptions& options, const TrainingData& data, int64_t begin,
                         int64_t end)
    : impl_(std::make_unique<Impl>(options, data, begin, end)) {
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
