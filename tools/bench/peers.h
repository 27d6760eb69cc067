// Other libraries, asked the same: each a program of its own, so that neither its build flags nor
// its threads meet ours.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/stop.h"

namespace csn {

// Names of those that were built, beside the running program: csn_peer_NAME.
std::vector<std::string> BuiltPeers();

struct PeerJob {
  std::string peer;
  std::string key;        // "flat" or "hnsw"
  size_t links = 16;      // M of a graph
  std::string rows_file;  // float32 [n, d], nothing else
  size_t rows = 0, dim = 0;
  std::vector<uint32_t> queries;  // rows to ask by
  size_t together = 1;            // queries in one call, where it takes several
  size_t k = 10;                  // hits, the row itself among them
  double seconds = 1;
  std::string scratch;  // file for what was found
  const StopFlag* stop = nullptr;
};

// How a peer answered, with one setting of its search.
struct PeerResult {
  std::string plan;  // "flat", "hnsw16"
  int ef = 0;        // of graphs; 0: has none
  uint64_t asked = 0;
  double queries_per_second = 0;
  double p50 = 0, p99 = 0;  // seconds of a call
  double build_seconds = 0;
  uint64_t bytes = 0;                        // of what it built, vectors included
  std::vector<std::vector<uint32_t>> found;  // of each query, nearest first
};

// Builds by one thread, then asks by it with every setting of the peer's sweep.
// Throws Error(kFailed) naming the peer where it cannot be run or fails, Error(kInterrupted) where
// `stop` is set: signals of a terminal reach the peer, too.
std::vector<PeerResult> RunPeer(const PeerJob& job);

// The file that peers read.
void WriteRowsFile(const std::string& path, MatrixView rows);

}  // namespace csn
