// Where a training run stands, and its file: what a killed run goes on from.
//
// File: "CSNTRAIN", u32 format version, a CBOR document, then u64 XXH3-64 of all before it
// (little-endian). Of use only to the program that wrote it or one of the same version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embedder/model_file.h"

namespace csn {

// After a whole epoch.
struct Checkpoint {
  // What the run was asked for and of what data: a JSON object of plain values. The caller's.
  std::string run;
  std::vector<Model> finished;  // specialists that are done, in the order of notions
  std::vector<double> finished_untrained_error;  // of them, before their first step
  // Of the network in training:
  int64_t step = 0;                     // steps done
  std::vector<double> untrained_error;  // a notion it learns
  Model best;                           // so far; with the run's history and number of steps
  std::string learner;                  // LibTorch's archive of network, masks and optimiser
};

// Atomic. Throws as WriteFileAtomically.
void SaveCheckpoint(const std::string& path, const Checkpoint& checkpoint);
// Throws Error(kNotFound), Error(kCorruption) naming the file.
Checkpoint LoadCheckpoint(const std::string& path);

// Throws Error(kMismatch) naming the first value of `checkpoint.run` that is not as in `run`.
// `path` is for the message.
void RequireSameRun(const Checkpoint& checkpoint, const std::string& run, const std::string& path);

}  // namespace csn
