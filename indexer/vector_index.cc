#include "indexer/vector_index.h"

#include <chrono>

#include "base/thread_pool.h"
#include "embedder/model_file.h"
#include "indexer/internal/subspace_builder.h"
#include "storage/generation.h"
#include "storage/layout.h"

namespace csn {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kRowsBetweenStops = 10'000;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void WriteRows(const VectorRows& rows, const std::string& folder, const ProgressSink& progress,
               const StopFlag* stop) {
  EmbeddingFileWriter embeddings(folder + "/" + layout::kEmbeddings, rows.embeddings.cols);
  MetadataWriter metadata(folder + "/" + layout::kMetadata, rows.columns);
  for (size_t row = 0; row < rows.embeddings.rows; ++row) {
    if (row % kRowsBetweenStops == 0) {
      ThrowIfStopped(stop);
      if (progress) {
        progress(
            {.stage = "writing rows", .done = row, .total = rows.embeddings.rows, .unit = "rows"});
      }
    }
    embeddings.Append(rows.embeddings.Row(row));
    metadata.Append(rows.item(row));
  }
  embeddings.Finish();
  metadata.Finish();
}

}  // namespace

VectorIndexReport BuildVectorIndex(const VectorIndexOptions& options, const VectorRows& rows,
                                   const ProgressSink& progress, const StopFlag* stop) {
  const Clock::time_point start = Clock::now();
  const size_t count = rows.embeddings.rows;
  PlanIndex(rows.notions, rows.masks, count, options.plan);  // before any work
  CheckTargetRecall(options.target_recall, options.plan.index_key, count);
  GenerationWriter writer(options.index);
  WriteRows(rows, writer.folder(), progress, stop);
  Model model;
  model.notions = rows.notions;
  model.masks = rows.masks;
  SaveModel(writer.folder() + "/" + layout::kModel, model);

  Manifest manifest;
  manifest.created_by = options.created_by;
  manifest.model_id = model.id;
  manifest.dim = rows.embeddings.cols;
  manifest.rows = manifest.catalogue_rows = count;
  manifest.seed = options.seed;
  manifest.split_seed = model.split.seed;
  manifest.split_by = model.split.by;
  manifest.preprocessing = PreprocessingChecksum(model.preprocessing);
  manifest.columns = rows.columns;
  manifest.notions = model.notions;
  manifest.masks = model.masks;
  VectorIndexReport report;
  const Clock::time_point rows_done = Clock::now();
  manifest.subspaces =
      BuildSubspaces({.notions = rows.notions,
                      .masks = rows.masks,
                      .embeddings = rows.embeddings,
                      .plan = options.plan,
                      .target_recall = options.target_recall,
                      .seed = options.seed,
                      .threads = options.threads > 0 ? options.threads : DefaultThreads(),
                      .folder = writer.folder(),
                      .progress = progress,
                      .stop = stop,
                      .device = options.device,
                      .note = options.note});
  report.subspace_seconds = SecondsSince(rows_done);
  report.subspaces = DescribeSubspaces(manifest, writer.folder());
  ThrowIfStopped(stop);
  report.generation = writer.Publish(std::move(manifest));
  report.seconds = SecondsSince(start);
  return report;
}

}  // namespace csn
