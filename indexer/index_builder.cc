#include "indexer/index_builder.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "base/utf8.h"
#include "indexer/internal/row_collector.h"
#include "indexer/internal/subspace_builder.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "storage/subspace_index.h"

namespace csn {
namespace {

// Accepted photographs waiting for the next forward pass.
class Batcher {
 public:
  Batcher(Embedder& embedder, size_t size, RowCollector& rows)
      : embedder_(embedder), size_(size), rows_(rows) {}

  void Add(PreparedPhotograph&& photograph) {
    items_.push_back(std::move(photograph.item));
    rgb_.insert(rgb_.end(), photograph.rgb.begin(), photograph.rgb.end());
    if (items_.size() >= size_) Flush();
  }

  void Flush() {
    const Matrix embeddings = embedder_.Embed(rgb_, items_.size());
    for (size_t i = 0; i < items_.size(); ++i) rows_.Append(items_[i], embeddings.Row(i));
    items_.clear();
    rgb_.clear();
  }

 private:
  Embedder& embedder_;
  const size_t size_;
  RowCollector& rows_;
  std::vector<Item> items_;
  std::vector<uint8_t> rgb_;
};

// One build: options and what its steps share.
struct Build {
  const BuildOptions& options;
  const Catalogue& catalogue;
  const ProgressSink& progress;
  const StopFlag* stop;
  int threads;
};

void CheckOptions(const BuildOptions& options) {
  if (options.plan.index_key != kAutoKey) ParseIndexKey(options.plan.index_key);
  Require(options.batch >= 1, "batch: expected at least 1 photograph, got {}", options.batch);
  Require(options.threads >= 0, "threads: expected 0 (all) or more, got {}", options.threads);
}

// Decoding goes on in its own threads while this one embeds.
StreamCounts EmbedCatalogue(const Build& build, const Model& model, RejectFile& rejects,
                            RowCollector& rows) {
  const std::unique_ptr<Embedder> embedder = build.options.make_embedder(
      model, {.threads = build.threads, .device = build.options.device});
  if (build.options.note) build.options.note("embedding on " + embedder->device());
  Batcher batcher(*embedder, build.options.batch, rows);
  const StreamOptions stream{.preprocessing = model.preprocessing,
                             .limits = build.options.limits,
                             .threads = build.threads,
                             .in_flight = 2 * build.options.batch,
                             .sink_takes_all_processors = build.threads >= DefaultThreads()};
  ProgressSink progress;
  if (build.progress) {
    progress = [&](Progress report) {
      report.stage = "embedding";
      build.progress(report);
    };
  }
  StreamCounts counts = StreamPhotographs(
      build.catalogue, stream, rejects,
      [&](PreparedPhotograph&& photograph) { batcher.Add(std::move(photograph)); }, progress,
      build.stop);
  batcher.Flush();
  return counts;
}

// Absolute, so that it is found from anywhere; empty where a manifest cannot hold it.
std::string PhotographFolder(const Catalogue& catalogue) {
  const std::filesystem::path folder = catalogue.folder();
  std::error_code error;
  const std::string absolute =
      std::filesystem::absolute(folder.empty() ? "." : folder, error).lexically_normal();
  return error || !IsUtf8(absolute) ? "" : absolute;
}

Manifest MakeManifest(const Build& build, const Model& model, const StreamCounts& counts) {
  Manifest manifest;
  manifest.created_by = build.options.created_by;
  manifest.model_id = model.id;
  manifest.dim = model.dim();
  manifest.rows = counts.accepted;
  manifest.catalogue_rows = counts.rows;
  manifest.rejected = counts.rejected;
  manifest.seed = build.options.seed;
  manifest.split_seed = model.split.seed;
  manifest.split_by = model.split.by;
  manifest.preprocessing = PreprocessingChecksum(model.preprocessing);
  manifest.photographs = PhotographFolder(build.catalogue);
  manifest.columns = build.catalogue.columns();
  manifest.notions = model.notions;
  manifest.masks = model.masks;
  return manifest;
}

// Everything that lies in the generation's folder, but the manifest.
Manifest FillGeneration(const Build& build, const std::string& folder,
                        std::span<const uint8_t> model_bytes, RejectFile& rejects,
                        BuildReport& report) {
  const Model model = ParseModel(model_bytes, build.options.model_path);
  // Before the time that embedding takes; rejected rows only make it less.
  const uint64_t most_rows = build.catalogue.row_count();
  PlanIndex(model.notions, model.masks, most_rows, build.options.plan);
  CheckTargetRecall(build.options.target_recall, build.options.plan.index_key, most_rows);
  {
    RowCollector rows(folder, model.dim());
    report.counts = EmbedCatalogue(build, model, rejects, rows);
    if (rows.size() == 0) {
      rejects.Commit();
      Fail(ErrorCode::kFailed,
           "catalogue {}: none of its {} rows was accepted; nothing is published",
           build.options.catalogue_path, report.counts.rows);
    }
    rows.WriteSorted(build.catalogue.columns(), build.progress, build.stop);
  }
  Manifest manifest = MakeManifest(build, model, report.counts);
  const EmbeddingFile embeddings = EmbeddingFile::Open(folder + "/" + layout::kEmbeddings);
  manifest.subspaces = BuildSubspaces({.notions = model.notions,
                                       .masks = model.masks,
                                       .embeddings = embeddings.All(),
                                       .plan = build.options.plan,
                                       .target_recall = build.options.target_recall,
                                       .seed = build.options.seed,
                                       .threads = build.threads,
                                       .folder = folder,
                                       .progress = build.progress,
                                       .stop = build.stop,
                                       .device = build.options.device,
                                       .note = build.options.note});
  WriteFileAtomically(folder + "/" + layout::kModel, model_bytes);
  return manifest;
}

}  // namespace

BuildReport BuildIndexDirectory(const BuildOptions& options, const Catalogue& catalogue,
                                const ProgressSink& progress, const StopFlag* stop) {
  const auto start = std::chrono::steady_clock::now();
  CheckOptions(options);
  const Build build{.options = options,
                    .catalogue = catalogue,
                    .progress = progress,
                    .stop = stop,
                    .threads = options.threads > 0 ? options.threads : DefaultThreads()};
  // Read once, so that what embeds and what is stored cannot be two models.
  const std::vector<uint8_t> model_bytes = ReadFile(options.model_path);
  RejectFile rejects(options.rejects);
  GenerationWriter writer(options.index);
  BuildReport report;
  const Manifest manifest = FillGeneration(build, writer.folder(), model_bytes, rejects, report);
  report.subspaces = DescribeSubspaces(manifest, writer.folder());
  ThrowIfStopped(stop);
  report.generation = writer.Publish(manifest);
  rejects.Commit();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace csn
