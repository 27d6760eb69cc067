// Ends what FAISS trains where a stop is asked for.
#pragma once

#include <faiss/impl/AuxIndexStructures.h>

#include <memory>
#include <mutex>

#include "base/stop.h"

namespace csn::internal {

// FAISS asks this between the rounds of a training, in the thread that trains.
class StopOfThread : public faiss::InterruptCallback {
 public:
  bool want_interrupt() override { return stop_ != nullptr && stop_->requested(); }
  static void Set(const StopFlag* stop) { stop_ = stop; }

 private:
  inline static thread_local const StopFlag* stop_ = nullptr;
};

// While it lives, what FAISS trains in this thread ends, by a FaissException, where the flag is
// set.
class TrainingStop {
 public:
  explicit TrainingStop(const StopFlag* stop) {
    static std::once_flag once;
    std::call_once(once,
                   [] { faiss::InterruptCallback::instance = std::make_unique<StopOfThread>(); });
    StopOfThread::Set(stop);
  }
  ~TrainingStop() { StopOfThread::Set(nullptr); }
  TrainingStop(const TrainingStop&) = delete;
  TrainingStop& operator=(const TrainingStop&) = delete;
};

}  // namespace csn::internal
