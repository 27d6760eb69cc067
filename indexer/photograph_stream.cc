#include "indexer/photograph_stream.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/thread_pool.h"

namespace csn {
namespace {

constexpr size_t kFirstRejected = 5;

// One row on its way: made by the reader, filled by a decoder, taken by the caller.
struct Slot {
  uint64_t line = 0;
  PreparedPhotograph photograph;
  std::optional<Reject> reject;
  bool bad_image = false;
  std::exception_ptr failure;
  bool done = false;  // guarded by Pipeline::mutex_; the rest belongs to whoever holds the slot
};
using SlotPointer = std::shared_ptr<Slot>;  // in the ordered queue and in a decoder's hands at once

// Decoders wait here while it is closed.
class Gate {
 public:
  void Pass() const { closed_.wait(true); }
  void Close() { closed_ = true; }
  void Open() {
    closed_ = false;
    closed_.notify_all();
  }

 private:
  std::atomic<bool> closed_ = false;
};

// Reads, checks and prepares one photograph; what is wrong with the file becomes a reject.
void Decode(const Catalogue& catalogue, const StreamOptions& options, const Gate& gate,
            Slot& slot) {
  PreparedPhotograph& photograph = slot.photograph;
  try {
    const std::string path = catalogue.ImagePath(photograph.item);
    const std::vector<uint8_t> bytes = ReadImageFile(path, options.limits);
    gate.Pass();
    photograph.hash = Hash64(bytes);
    photograph.rgb = PrepareImage(bytes, options.preprocessing, options.limits);
  } catch (const Error& error) {
    const bool absent = error.code() == ErrorCode::kNotFound;
    slot.reject = {.line = slot.line,
                   .sku = photograph.item.sku,
                   .reason = fmt::format("image {}: {}", photograph.item.image,
                                         absent ? "there is no such file" : error.what())};
    slot.bad_image = true;
  }
}

// One thread reads the catalogue, several decode; slots come out in the catalogue's order. At most
// `in_flight` slots lie between the reader and the caller.
class Pipeline {
 public:
  Pipeline(const Catalogue& catalogue, const StreamOptions& options)
      : catalogue_(catalogue),
        options_(options),
        ordered_(std::max<size_t>(options.in_flight, 1)),
        // Holds no slot that is not in the ordered queue, in the reader's or in the caller's hands.
        work_(std::max<size_t>(options.in_flight, 1) + 2) {}

  ~Pipeline() {
    abandoned_ = true;
    gate_.Open();
    ordered_.Close();
    work_.Close();
    threads_.clear();  // joins
  }

  void Start() {
    const int decoders = options_.threads > 0 ? options_.threads : DefaultThreads();
    try {
      for (int i = 0; i < decoders; ++i) threads_.emplace_back([this] { DecodeAll(); });
      threads_.emplace_back([this] { ReadAll(); });
    } catch (const std::system_error& error) {
      Fail(ErrorCode::kFailed, "starting {} decoding threads: {}", decoders, error.what());
    }
  }

  // The next finished slot; null at the end. Throws what the reader or a decoder threw.
  SlotPointer Next() {
    gate_.Open();
    std::optional<SlotPointer> slot = ordered_.Pop();
    std::unique_lock lock(mutex_);
    if (!slot) {
      if (read_failure_) std::rethrow_exception(read_failure_);
      return nullptr;
    }
    finished_.wait(lock, [&] { return (*slot)->done; });
    if ((*slot)->failure) std::rethrow_exception((*slot)->failure);
    if (options_.sink_takes_all_processors) gate_.Close();
    return std::move(*slot);
  }

 private:
  void ReadAll() {
    try {
      catalogue_.ForEach([this](CatalogueRow&& row, uint64_t line) {
        auto slot = std::make_shared<Slot>();
        slot->line = line;
        if (auto* reject = std::get_if<Reject>(&row)) {
          slot->reject = std::move(*reject);
          slot->done = true;
          return ordered_.Push(std::move(slot));
        }
        slot->photograph.item = std::move(std::get<Item>(row));
        return ordered_.Push(slot) && work_.Push(std::move(slot));
      });
    } catch (...) {
      std::lock_guard lock(mutex_);
      read_failure_ = std::current_exception();
    }
    ordered_.Close();
    work_.Close();
  }

  void DecodeAll() {
    while (const std::optional<SlotPointer> slot = work_.Pop()) {
      if (abandoned_) return;
      try {
        Decode(catalogue_, options_, gate_, **slot);
      } catch (...) {
        (*slot)->failure = std::current_exception();
      }
      std::lock_guard lock(mutex_);
      (*slot)->done = true;
      finished_.notify_one();
    }
  }

  const Catalogue& catalogue_;
  const StreamOptions& options_;
  BoundedQueue<SlotPointer> ordered_;
  BoundedQueue<SlotPointer> work_;
  Gate gate_;  // closed while the caller works, where that is asked for
  std::mutex mutex_;
  std::condition_variable finished_;  // only the caller waits
  std::exception_ptr read_failure_;
  std::atomic<bool> abandoned_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace

void StreamCounts::CountRejected(const Reject& reject) {
  ++rejected;
  if (first_rejected.size() < kFirstRejected) first_rejected.push_back(reject);
}

StreamCounts StreamPhotographs(const Catalogue& catalogue, const StreamOptions& options,
                               RejectFile& rejects,
                               const std::function<void(PreparedPhotograph&&)>& sink,
                               const ProgressSink& progress, const StopFlag* stop) {
  StreamCounts counts;
  Pipeline pipeline(catalogue, options);
  pipeline.Start();
  while (true) {
    ThrowIfStopped(stop);
    const SlotPointer slot = pipeline.Next();
    if (slot == nullptr) break;
    ++counts.rows;
    if (slot->reject) {
      rejects.Add(*slot->reject);
      counts.CountRejected(*slot->reject);
      if (slot->bad_image) ++counts.rejected_images;
    } else {
      ++counts.accepted;
      sink(std::move(slot->photograph));
    }
    if (progress) {
      progress({.stage = "reading photographs",
                .done = counts.rows,
                .total = catalogue.row_count(),
                .unit = "photographs"});
    }
  }
  return counts;
}

}  // namespace csn
