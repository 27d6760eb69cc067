// How long work tells what it has done, without printing: programs decide what a person sees.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace csn {

// One report of one stage of work. Called from one thread at a time.
struct Progress {
  std::string stage;   // "embedding", "building heel-height"
  uint64_t done = 0;   // units finished
  uint64_t total = 0;  // 0 where unknown
  std::string unit;    // "photographs", "steps"
};
using ProgressSink = std::function<void(const Progress&)>;

// One line for a person: a warning, an epoch's figures.
using LineSink = std::function<void(const std::string&)>;

}  // namespace csn
