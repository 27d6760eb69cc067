// From a catalogue to what the trainer takes: photographs, labels, split.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "embedder/split.h"
#include "embedder/trainer.h"
#include "indexer/photograph_stream.h"

namespace csn {

struct TrainingSetOptions {
  std::vector<NotionSpec> notions;
  SplitRule split;
  StreamOptions stream;
  // Triplets a notion, drawn once among the training items; 0: drawn in each batch by the trainer.
  int64_t fixed_triplets = 0;
  // A folder of fixed triplets (triplet_lists.h), which then say too what trains and what
  // validates, `split` being for nothing; of each training list `fixed_triplets`, drawn, if that is
  // above 0. Empty: none.
  std::string triplets;
  // Decoded photographs kept in memory; those beyond it are decoded again at every use.
  uint64_t cache_bytes = 2ull << 30;
};

struct TrainingSet {
  TrainingData data;
  std::vector<Split> splits;                 // [n]
  std::vector<uint64_t> seen_photographs;    // of train and validation items, ascending, distinct
  std::unique_ptr<PhotographSource> source;  // what data.photographs points to
  StreamCounts counts;
  uint64_t cached = 0;             // photographs in memory
  std::vector<std::string> notes;  // what people should know of what could be drawn

  // Of labels, split, triplets and photographs.
  uint64_t Fingerprint() const;
};

// Throws Error(kInvalidArgument) where a notion of this kind cannot be read from the column: a
// numeric one needs numbers.
void CheckNotionColumn(const std::string& notion, NotionKind kind, const Column& column);

// Reads the catalogue once. Throws Error(kInvalidArgument) where a notion's column is missing, of
// the wrong type (a numeric notion needs a number column), or notions are named twice;
// Error(kFailed) where no row is accepted. `rejects` is committed only then; else it is the
// caller's to commit, once something has come of the set.
TrainingSet MakeTrainingSet(const Catalogue& catalogue, const TrainingSetOptions& options,
                            RejectFile& rejects, const ProgressSink& progress,
                            const StopFlag* stop);

}  // namespace csn
