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
  bool want_interrupt() override { return stop != nullptr && stop->requested(); }

  inline static thread_local const StopFlag* stop = nullptr;
};

// While it lives, what FAISS trains in this thread ends, by a FaissException, where the flag is
// set.
class TrainingStop {
 public:
  explicit TrainingStop(const StopFlag* stop) {
    static std::once_flag once;
    std::call_once(once,
                   [] { faiss::InterruptCallback::instance = std::make_unique<StopOfThread>(); });
    StopOfThread::stop = stop;
  }
  ~TrainingStop() { StopOfThread::stop = nullptr; }
  TrainingStop(const TrainingStop&) = delete;
  TrainingStop& operator=(const TrainingStop&) = delete;
};

}  // namespace csn::internal
