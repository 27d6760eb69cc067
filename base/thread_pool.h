// Our threads: work in parallel, exceptions brought back to the caller.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace csn {

// Usable processors, at least 1.
int DefaultThreads();

// Calls body(i) for every i in [0, count) on `threads` threads (this one included) and waits. The
// first exception stops the rest and is thrown here.
void ParallelFor(size_t count, int threads, const std::function<void(size_t)>& body);

// A line of work on several threads whose results come out in the order of what went in. Calls
// next(stopped) until it first gives nothing, work(index, input) for each (index from 0 on), and
// emit(result) in that order; next and emit by one thread at a time each. At most `window` results
// are held back for one before them: the bound on memory in flight. Waits for all; an emit that
// returns false stops the rest, and so does the first exception, which is thrown here. A next that
// waits for something looks at `stopped` now and then: nothing ends before it returns.
template <typename In, typename Out>
void MapInOrder(int threads, size_t window,
                const std::function<std::optional<In>(const std::atomic<bool>&)>& next,
                const std::function<Out(size_t, In)>& work, const std::function<bool(Out)>& emit) {
  std::mutex input, output;
  std::condition_variable room;
  size_t taken = 0, emitted = 0;
  bool ended = false;  // next() gave nothing: it is not asked again
  std::atomic<bool> stopped = false;
  std::map<size_t, Out> ready;
  const auto stop = [&] {
    std::lock_guard lock(output);
    stopped = true;
    room.notify_all();
  };
  const auto one = [&]() -> bool {
    std::optional<In> in;
    size_t index = 0;
    {
      std::lock_guard lock(input);
      if (ended || stopped) return false;
      ended = true;  // where next() throws, too
      in = next(stopped);
      if (!in) return false;
      ended = false;
      index = taken++;
    }
    Out out = work(index, *std::move(in));
    std::unique_lock lock(output);
    // The one that is next never waits.
    room.wait(lock, [&] { return stopped || index < emitted + window; });
    if (stopped) return false;
    ready.emplace(index, std::move(out));
    for (auto at = ready.begin(); !stopped && at != ready.end() && at->first == emitted;
         ++emitted) {
      if (!emit(std::move(at->second))) stopped = true;
      at = ready.erase(at);
    }
    room.notify_all();
    return true;
  };
  ParallelFor(static_cast<size_t>(threads), threads, [&](size_t) {
    try {
      while (one()) {
      }
    } catch (...) {
      stop();
      throw;
    }
  });
}

// A queue between threads that holds at most `capacity` elements: the bound on memory in flight.
// Push waits while full, Pop while empty. After Close, Push returns false and Pop drains, then
// returns nothing.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  bool Push(T value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [&] { return closed_ || values_.size() < capacity_; });
    if (closed_) return false;
    values_.push_back(std::move(value));
    not_empty_.notify_one();
    return true;
  }

  std::optional<T> Pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return closed_ || !values_.empty(); });
    if (values_.empty()) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    not_full_.notify_one();
    return value;
  }

  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<T> values_;
  bool closed_ = false;
};

}  // namespace csn
