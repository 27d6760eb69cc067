// One notion's subspace index: built, saved, and its recall measured the way queries will use it.
#pragma once

#include <cstdint>
#include <string>

#include "base/mask.h"
#include "base/matrix.h"
#include "base/stop.h"
#include "storage/manifest.h"

namespace csn {

struct SubspaceJob {
  const MaskTable* masks = nullptr;
  NotionId notion = 0;
  MatrixView embeddings;  // [n, d] in row order
  double scale = 1;       // S_c
  std::string key;        // FAISS factory string
  uint64_t seed = 1;      // draws the queries of the recall
  int threads = 1;        // of the measurement
  std::string path;       // file to write
  const StopFlag* stop = nullptr;
};

// Recall asked of an approximate index, and how far its search is widened to get there.
inline constexpr double kWantedRecall = 0.99;
inline constexpr int kFirstEfSearch = 64;
inline constexpr int kLastEfSearch = 512;

// The factory string that `auto` stands for: exact while the rows are few.
std::string ChooseKey(const std::string& key, uint64_t rows, uint64_t flat_rows);

// A notion without live dimensions gets a flat index whatever the key: all its rows tie.
// Recall@10 of an approximate index is measured by distance on min(n, 1000) rows, each left out of
// its own answer.
SubspaceManifest BuildSubspace(const SubspaceJob& job);

}  // namespace csn
