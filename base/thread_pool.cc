#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>

#include "base/error.h"

namespace csn {

int DefaultThreads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void ParallelFor(size_t count, int threads, const std::function<void(size_t)>& body) {
  Require(threads >= 1, "threads: expected at least 1, got {}", threads);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (first == nullptr) first = std::current_exception();
        next.store(count);  // nothing is left for the others
      }
    }
  };
  {
    std::vector<std::jthread> others;  // joined at the end of this block, whatever happens
    const size_t wanted = std::min(count, static_cast<size_t>(threads));
    try {
      for (size_t i = 1; i < wanted; ++i) others.emplace_back(work);
    } catch (const std::system_error& error) {
      next.store(count);
      Fail(ErrorCode::kFailed, "starting thread {} of {}: {}", others.size() + 2, wanted,
           error.what());
    }
    work();
  }
  if (first != nullptr) std::rethrow_exception(first);
}

}  // namespace csn
