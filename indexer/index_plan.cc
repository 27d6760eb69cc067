#include "indexer/index_plan.h"

#include <algorithm>
#include <functional>

#include "base/box_tree.h"
#include "base/error.h"
#include "base/text.h"
#include "storage/code_file.h"
#include "storage/embedding_file.h"
#include "storage/subspace_index.h"

namespace csn {
namespace {

constexpr char kFlatKey[] = "Flat";
constexpr char kGraphKey[] = "HNSW32";
constexpr uint64_t kLeastTreeRows = 4096;

IndexPlan PlanWithKey(const std::vector<Notion>& notions, const MaskTable& masks, uint64_t rows,
                      const std::function<std::string(size_t live)>& key_of) {
  IndexPlan plan{.rows = rows,
                 .dim = masks.dim(),
                 .embeddings_bytes = EmbeddingFile::FileBytes(rows, masks.dim()),
                 .subspaces = {}};
  const std::vector<NotionId> first = FirstAlike(masks);
  for (NotionId notion = 0; notion < notions.size(); ++notion) {
    const size_t live = masks.live_dims(notion).size();
    IndexPlan::Subspace& subspace = plan.subspaces.emplace_back();
    subspace = {.notion = notions[notion].name,
                .live_dims = live,
                .key = live == 0 ? kFlatKey : key_of(live)};  // all of its rows tie
    if (first[notion] != notion) {
      subspace.same_as = first[notion];
    } else {
      const uint64_t index = SubspaceIndex::FileBytes(subspace.key, rows, live);
      const bool coded = HasCodes(live);
      uint64_t codes = coded ? CodeFile::FileBytes(rows, live, false) : 0;
      if (HasTree(rows, live)) codes += CodeFile::FileBytes(rows, live, true);
      subspace.file_bytes = index + codes;
      subspace.bytes = codes;
      if (!coded || !IsExactKey(subspace.key)) {
        subspace.bytes += SubspaceIndex::MemoryBytes(subspace.key, rows, live);
      }
    }
  }
  return plan;
}

bool Fits(const IndexPlan& plan, const PlanOptions& options) {
  return !options.max_memory || plan.bytes() <= *options.max_memory;
}

}  // namespace

uint64_t IndexPlan::bytes() const {
  uint64_t sum = embeddings_bytes;
  for (const Subspace& subspace : subspaces) sum += subspace.bytes;
  return sum;
}

bool HasCodes(size_t live_dims) { return live_dims >= 1 && live_dims <= kMostCodedDims; }

bool HasTree(uint64_t rows, size_t live_dims) {
  return rows >= kLeastTreeRows && live_dims >= 1 && live_dims <= kMostTreeDims;
}

uint64_t ReadBytes(uint64_t rows, size_t live_dims) {
  const uint64_t all = rows * live_dims;
  if (!HasTree(rows, live_dims)) return all;
  return live_dims <= 8 ? all / 64 : all / 8;
}

std::vector<NotionId> FirstAlike(const MaskTable& masks) {
  std::vector<NotionId> first(masks.notion_count());
  for (NotionId notion = 0; notion < first.size(); ++notion) {
    const auto alike = [&](NotionId other) {
      return std::ranges::equal(masks.weights(other), masks.weights(notion));
    };
    while (first[notion] < notion && !alike(first[notion])) ++first[notion];
  }
  return first;
}

IndexPlan PlanIndex(const std::vector<Notion>& notions, const MaskTable& masks, uint64_t rows,
                    const PlanOptions& options) {
  const bool choose = options.index_key == kAutoKey;
  if (!choose) CheckIndexRows(options.index_key, rows);
  const auto key_of = [&](size_t live) -> std::string {
    if (!choose) return options.index_key;
    return ReadBytes(rows, live) <= options.flat_bytes ? kFlatKey : kGraphKey;
  };
  IndexPlan plan = PlanWithKey(notions, masks, rows, key_of);
  if (choose && !Fits(plan, options)) {
    plan = PlanWithKey(notions, masks, rows, [](size_t) { return kFlatKey; });
  }
  if (!Fits(plan, options)) {
    Fail(ErrorCode::kTargetNotMet,
         "max memory {}: {} rows take {} ({} of embeddings, {} of indexes)",
         HumanBytes(*options.max_memory), rows, HumanBytes(plan.bytes()),
         HumanBytes(plan.embeddings_bytes), HumanBytes(plan.bytes() - plan.embeddings_bytes));
  }
  return plan;
}

}  // namespace csn
