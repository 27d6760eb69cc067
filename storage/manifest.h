// What one published generation holds. Written last; text: JSON (docs/format.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/item.h"
#include "base/mask.h"
#include "base/notion.h"

namespace csn {

inline constexpr int kIndexFormatVersion = 8;

// recall@10 by distance, measured when an index was built.
struct MeasuredRecall {
  double value = 1;  // the mean over the queries; 1 of exact indexes
  // Its 95 % interval; `value` where it is not known (before version 5).
  double low = 1;
  double high = 1;
  double target = 0;  // what `low` was to reach; 0: nothing was asked of it
  uint64_t queries = 0;
  friend bool operator==(const MeasuredRecall&, const MeasuredRecall&) = default;
};

// How much of a notion's tree (base/box_tree.h) exact searches for so many of its rows look at:
// shares of its blocks, in the mean, measured when an index was built.
struct TreeShares {
  double for_10 = 1;
  double for_100 = 1;
  double for_1000 = 1;
  friend bool operator==(const TreeShares&, const TreeShares&) = default;
};

// One notion's subspace index.
struct SubspaceManifest {
  std::string key = "Flat";  // FAISS factory string
  int ef_construction = 0;   // HNSW only
  int ef_search = 0;         // candidates that queries keep; 0 of exact indexes
  int nprobe = 0;            // IVF only: lists that queries look at
  double scale = 1;          // S_c
  double radius =
      0;  // greatest ||m_c * x|| of a row: bounds the float error of the index's distances
  MeasuredRecall recall = {};
  std::optional<TreeShares> tree = {};  // none: the notion has no tree
  // An earlier notion whose index is this one's too, all else being equal: their masks are.
  std::optional<NotionId> same_as = {};
  friend bool operator==(const SubspaceManifest&, const SubspaceManifest&) = default;
};

struct FileEntry {
  uint64_t size = 0;
  std::string checksum;  // hash.h Checksum
};

struct Manifest {
  std::string created_by;  // program and version
  std::string model_id;    // SHA-256 of model.csn
  size_t dim = 0;
  uint64_t rows = 0;
  uint64_t catalogue_rows = 0;  // = rows + rejected
  uint64_t rejected = 0;
  uint64_t seed = 0;  // of the build: draws the queries of the recall
  // The model's split rule.
  uint64_t split_seed = 0;
  std::string split_by;       // a column; empty: sku
  std::string preprocessing;  // image.h PreprocessingChecksum of the model's recipe
  // The folder that items' image paths start from, absolute, as it was when the index was built;
  // empty where it is not known.
  std::string photographs;
  std::vector<Column> columns;
  std::vector<Notion> notions;
  MaskTable masks;                          // [C, d], equal to the model's
  std::vector<SubspaceManifest> subspaces;  // [C]
  std::map<std::string, FileEntry> files;   // every other file of the generation, by relative path
  // EmbeddingFile::Outline() of embeddings.f32, so that another generation's is told without
  // reading all of it; empty where it is not known.
  std::string embeddings_outline;

  // The relative path of a notion's index: its own, or the one it shares.
  std::string IndexFile(NotionId notion) const;
  // The same of its codes and its tree, which not every notion has.
  std::string CodesFile(NotionId notion) const;
  std::string TreeFile(NotionId notion) const;
};

// Floats and doubles are written so that they read back equal. Deterministic. Throws
// Error(kInvalidArgument) where fields contradict each other or are not UTF-8: what ParseManifest
// would refuse is never written.
std::string FormatManifest(const Manifest& manifest);
// `where` names the file in messages. Throws Error(kCorruption) on malformed text, missing or
// contradicting fields, a newer format version ("format version 3, this build reads up to 2").
Manifest ParseManifest(std::string_view text, const std::string& where);

}  // namespace csn
