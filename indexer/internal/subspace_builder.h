// One notion's subspace index and codes: built, saved, and the index's recall measured the way
// queries will use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/device.h"
#include "base/mask.h"
#include "base/matrix.h"
#include "base/progress.h"
#include "base/stop.h"
#include "indexer/index_plan.h"
#include "indexer/subspace_report.h"
#include "storage/manifest.h"

namespace csn {

struct SubspaceJob {
  const MaskTable* masks = nullptr;
  NotionId notion = 0;
  std::string name;       // its, for messages
  MatrixView embeddings;  // [n, d] in row order
  double scale = 1;       // S_c
  std::string key;        // FAISS factory string
  // Where an approximate index does not get there: an exact one instead, or else, where a target
  // was asked for, none.
  std::optional<double> target_recall = {};  // of its lower end; none: kWantedRecall in the mean
  bool else_flat = false;
  uint64_t seed = 1;   // draws the queries of the recall
  int threads = 1;     // of the measurement
  std::string folder;  // where its files go
  const StopFlag* stop = nullptr;
  std::optional<int> cuda = {};  // trains lists
  LineSink note = {};            // told where it could not
};

// The recall that an approximate index is to have where no target is asked for, and how far its
// search is widened to get there.
inline constexpr double kWantedRecall = 0.99;
inline constexpr int kFirstEfSearch = 64;
inline constexpr int kLastEfSearch = 512;

// The greatest lower end that the recall of an approximate index of so many rows can have: 1 -
// 3 / queries.
double GreatestProvableRecall(uint64_t rows);

// Throws Error(kInvalidArgument) for a target that is not in (0, 1], Error(kTargetNotMet) for one
// that no approximate index of `rows` rows can be shown to reach, where `key` is one.
void CheckTargetRecall(const std::optional<double>& target, const std::string& key, uint64_t rows);

// A notion without live dimensions gets a flat index whatever the key: all its rows tie.
// Recall@10 of an approximate index is measured by distance on min(n, 1000) rows, each left out of
// its own answer; its interval is a bootstrap's over these queries, with a lower end of at most 1 -
// 3 / queries. Throws Error(kTargetNotMet) naming the notion.
SubspaceManifest BuildSubspace(const SubspaceJob& job);

// All notions of an index.
struct SubspacesJob {
  const std::vector<Notion>& notions;
  const MaskTable& masks;
  MatrixView embeddings;
  const PlanOptions& plan;
  std::optional<double> target_recall = {};
  uint64_t seed = 1;
  int threads = 1;
  std::string folder;
  const ProgressSink& progress;
  const StopFlag* stop = nullptr;
  Device device = {};  // trains lists
  LineSink note = {};  // told which one it was, where there are any
};

// One after the other on each thread, as PlanIndex says; notions with equal masks share their
// files. Errors as PlanIndex and BuildSubspace.
std::vector<SubspaceManifest> BuildSubspaces(const SubspacesJob& job);

// What a notion's files in a generation's folder take: index and, where it has them, codes and
// tree.
uint64_t SubspaceBytes(const std::string& folder, NotionId notion);

// Every notion of a manifest whose files are in the folder.
std::vector<SubspaceReport> DescribeSubspaces(const Manifest& manifest, const std::string& folder);

}  // namespace csn
