// An index of embeddings that are there already, without photographs or a network.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/device.h"
#include "base/item.h"
#include "base/mask.h"
#include "base/matrix.h"
#include "base/notion.h"
#include "base/progress.h"
#include "base/stop.h"
#include "indexer/index_plan.h"
#include "indexer/subspace_report.h"

namespace csn {

struct VectorIndexOptions {
  std::string index;       // directory
  std::string created_by;  // program and version, for the manifest
  PlanOptions plan;
  std::optional<double> target_recall = {};  // as BuildOptions has it
  uint64_t seed = 1;
  int threads = 0;     // 0: all processors
  Device device = {};  // of what trains lists
  LineSink note = {};  // told which one it was
};

struct VectorRows {
  MatrixView embeddings;        // [n, d]
  const MaskTable& masks;       // [C, d]
  std::vector<Notion> notions;  // [C]
  std::vector<Column> columns;
  std::function<Item(size_t row)> item;  // its skus ascend
};

struct VectorIndexReport {
  std::string generation;
  double seconds = 0;           // from the first row to its publication
  double subspace_seconds = 0;  // of it, the notions' indexes and codes, their recall measured
  std::vector<SubspaceReport> subspaces;
};

// Publishes a generation whose model has these notions and masks and no network: photographs cannot
// be asked for. Errors as BuildIndexDirectory.
VectorIndexReport BuildVectorIndex(const VectorIndexOptions& options, const VectorRows& rows,
                                   const ProgressSink& progress, const StopFlag* stop);

}  // namespace csn
