// A catalogue's photographs, decoded by several threads, handed over in the catalogue's order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/progress.h"
#include "base/stop.h"
#include "storage/catalogue.h"
#include "storage/reject_file.h"

namespace csn {

struct StreamOptions {
  Preprocessing preprocessing{};
  ImageLimits limits{};
  // Speed only.
  int threads = 0;         // decoding; 0: all processors
  size_t in_flight = 256;  // photographs decoded ahead at most: bounds memory
  // Decoding waits while the sink works; files are still read ahead, one a thread. For sinks that
  // keep every processor busy by themselves: threads of theirs that wait for a processor would
  // hold up all the others.
  bool sink_takes_all_processors = false;
};

// One accepted row.
struct PreparedPhotograph {
  Item item;
  std::vector<uint8_t> rgb;  // [size, size, 3]
  uint64_t hash = 0;         // Hash64 of the image file's bytes
};

struct StreamCounts {
  uint64_t rows = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t rejected_images = 0;        // of them: rows whose image is missing, broken or too large
  std::vector<Reject> first_rejected;  // the first few, for people

  void CountRejected(const Reject& reject);
};

// Reads every row: rejects go to `rejects` (with line and reason: what the catalogue refused, and
// images missing, broken or too large), the others to `sink`, on the calling thread, in the
// catalogue's order. Exceptions from `sink` end the stream and are thrown here. Throws
// Error(kInterrupted) where `stop` is set.
StreamCounts StreamPhotographs(const Catalogue& catalogue, const StreamOptions& options,
                               RejectFile& rejects,
                               const std::function<void(PreparedPhotograph&&)>& sink,
                               const ProgressSink& progress, const StopFlag* stop);

}  // namespace csn
