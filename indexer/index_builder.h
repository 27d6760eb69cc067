// From a catalogue and a model to a published generation of an index directory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/device.h"
#include "base/progress.h"
#include "base/stop.h"
#include "embedder/embedder.h"
#include "indexer/index_plan.h"
#include "indexer/photograph_stream.h"
#include "indexer/subspace_report.h"
#include "storage/manifest.h"

namespace csn {

struct BuildOptions {
  std::string catalogue_path;  // only for messages
  std::string model_path;
  std::string index;    // directory
  std::string rejects;  // file for rejected rows (storage/catalogue.h RejectFile); empty: they are
                        // only counted
  std::string created_by;  // program and version, for the manifest
  // These change results.
  PlanOptions plan;  // auto: Flat, too, where a graph does not reach the recall that is wanted
  // What the lower end of every notion's recall@10 must reach, in (0, 1]. None: approximate indexes
  // are searched as widely as 0.99 in the mean takes, and published whatever comes of it.
  std::optional<double> target_recall = {};
  uint64_t seed = 1;  // of the recall sample
  ImageLimits limits{};
  // Speed only.
  int threads = 0;     // 0: all processors
  size_t batch = 128;  // photographs a forward pass
  Device device = {};  // of the network, and of what trains lists
  LineSink note = {};  // told which device embeds and trains
  // Makes the model's network; tests put one of their own here.
  std::function<std::unique_ptr<Embedder>(const Model&, const EmbedderOptions&)> make_embedder =
      Embedder::Make;
};

struct BuildReport {
  std::string generation;
  StreamCounts counts;
  double seconds = 0;
  std::vector<SubspaceReport> subspaces;
};

// Decodes, embeds and writes overlapped; then sorts by sku, writes embeddings and metadata, builds
// one index a notion, measures recall@10 where it is approximate, publishes. With no row accepted
// nothing is published: Error(kFailed). Interrupted or failed: the old generation stands and
// nothing is left. Where a target recall is not reached, or so many rows take more memory than is
// allowed: Error(kTargetNotMet), and nothing is published.
BuildReport BuildIndexDirectory(const BuildOptions& options, const Catalogue& catalogue,
                                const ProgressSink& progress, const StopFlag* stop);

}  // namespace csn
