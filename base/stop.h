// How a program asks long work to end early.
#pragma once

#include <atomic>

#include "base/error.h"

namespace csn {

// Set from a signal handler, read between pieces of work. `signal` is 0 until then.
struct StopFlag {
  std::atomic<int> signal{0};
  bool requested() const { return signal.load(std::memory_order_relaxed) != 0; }
};

// Throws Error(kInterrupted) where a stop was asked for.
inline void ThrowIfStopped(const StopFlag* stop) {
  if (stop != nullptr && stop->requested()) {
    Fail(ErrorCode::kInterrupted, "stopped by signal {}", stop->signal.load());
  }
}

}  // namespace csn
