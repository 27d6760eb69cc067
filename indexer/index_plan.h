// What a build would make of so many rows, and how much memory that takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mask.h"
#include "base/notion.h"

namespace csn {

inline constexpr char kAutoKey[] = "auto";
// What an exact search reads in a sixth of a millisecond: graphs are faster by less than it takes
// to show an answer, and take ten times the memory.
inline constexpr uint64_t kMostFlatBytes = 4 << 20;

struct PlanOptions {
  // FAISS factory string for every notion; auto: Flat where an exact search is expected to read
  // flat_bytes of codes at most (ReadBytes) or graphs would not fit, else HNSW32.
  std::string index_key = kAutoKey;
  uint64_t flat_bytes = kMostFlatBytes;
  std::optional<uint64_t> max_memory = {};  // bytes
};

struct IndexPlan {
  struct Subspace {
    std::string notion;
    size_t live_dims = 0;
    std::string key;
    // 0 where it is shared. In memory: graph and codes, or codes alone, for which a flat index
    // rests on disk.
    uint64_t bytes = 0;
    uint64_t file_bytes = 0;               // of index, codes and tree
    std::optional<NotionId> same_as = {};  // an earlier notion with an equal mask
  };
  uint64_t rows = 0;
  size_t dim = 0;
  uint64_t embeddings_bytes = 0;
  std::vector<Subspace> subspaces;

  // What answering holds in memory: embeddings, indexes and codes. Items stay on disk.
  uint64_t bytes() const;
};

// Which notions of so many live dimensions get codes and, of an index of so many rows, a tree: one
// of fewer rows would be looked at nearly whole.
bool HasCodes(size_t live_dims);
bool HasTree(uint64_t rows, size_t live_dims);
// What an exact search of one notion reads of its codes: all of them, or by a tree a 64th in up to
// 8 dimensions and an 8th in up to 16. Seen of made-up data, where clusters and few factors behind
// all dimensions keep rows together (docs/benchmarks.md); numbers without any order are read more
// of.
uint64_t ReadBytes(uint64_t rows, size_t live_dims);

// The first notion with the same mask, by notion: where no mask tells notions apart (`--masks
// none`), one index serves all.
std::vector<NotionId> FirstAlike(const MaskTable& masks);

// Throws Error(kInvalidArgument) for an unknown key or one that needs more rows,
// Error(kTargetNotMet) naming both figures where what the options allow takes more than max_memory.
IndexPlan PlanIndex(const std::vector<Notion>& notions, const MaskTable& masks, uint64_t rows,
                    const PlanOptions& options);

}  // namespace csn
