// A new notion for an index that is there: a mask over its stored embeddings, nothing embedded
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/stop.h"
#include "indexer/index_plan.h"
#include "indexer/mask_fit.h"
#include "indexer/photograph_stream.h"
#include "storage/catalogue.h"
#include "storage/manifest.h"

namespace csn {

struct AddNotionOptions {
  std::string index;    // directory
  NotionSpec notion;    // its name, the label's column, its kind
  std::string rejects;  // file for rejected rows (storage/reject_file.h); empty: only counted
  std::string created_by;
  // These change results.
  std::string index_key = kAutoKey;          // as PlanOptions
  std::optional<double> target_recall = {};  // as BuildOptions
  uint64_t seed = 1;                         // draws triplets, and the recall sample of a graph
  int threads = 0;                           // speed only; 0: all processors
};

struct AddNotionReport {
  std::string generation;
  std::string model_id;
  std::string parent_id;  // of the model that the mask was added to
  Notion notion;
  MaskFit fit;
  uint64_t labelled = 0;      // items of the index with a label
  uint64_t items = 0;         // of the index
  uint64_t unknown_rows = 0;  // rows of the catalogue whose sku the index does not hold
  StreamCounts counts;        // of the catalogue's rows
  size_t live_dims = 0;
  std::string key;
  MeasuredRecall recall;
  uint64_t bytes = 0;  // of the notion's index and codes
  double seconds = 0;
};

// Reads the label column of `catalogue` for the items of the live generation (by sku; photographs
// are not opened), splits those items by the model's rule (those with equal embeddings, as
// byte-identical photographs have, stay together), fits a mask (indexer/mask_fit.h) and publishes a
// generation with one more notion: embeddings and the other notions' files are hard links to the
// old one's, model.csn is the old network with the mask added and the old id as its parent. A
// column that the items do not have yet is added to them. Throws Error(kInvalidArgument) where the
// index has a notion of that name or the column makes none, Error(kTargetNotMet) where the test
// triplet error is no better than chance, Error(kNotFound) without an index; then nothing is
// published.
AddNotionReport AddNotion(const AddNotionOptions& options, const Catalogue& catalogue,
                          const ProgressSink& progress, const StopFlag* stop);

}  // namespace csn
