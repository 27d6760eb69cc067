// Answers conditional nearest-neighbour queries from an index directory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/neighbor.h"
#include "query/query.h"
#include "storage/generation.h"

namespace csn {

// Thread-safe: any number of concurrent Search().
class QueryEngine {
 public:
  // Opens the live generation. Errors as Generation::Open and CheckModelHeader.
  static QueryEngine Open(const std::string& index);

  const Generation& generation() const { return generation_; }

  // Throws Error(kInvalidArgument) for an unknown notion (naming near ones), a repeated one,
  // weights that are 0, not finite, beyond kMaxNotionWeight or none positive, k
  // outside 1..kMaxHits, a vector of another length or not finite, and a filter as Filter() does;
  // Error(kNotFound) for an unknown
  // sku (naming near ones). An item asked for by sku is left out of its own answer.
  Answer Search(const Query& query) const;
  // What Search ranks, as rows of generation() with their scores, nearest first; the store of
  // metadata is not asked (but for the row of a sku). Errors as Search.
  std::vector<Neighbor> Rank(const Query& query) const;

 private:
  explicit QueryEngine(Generation generation);

  Generation generation_;
  std::vector<double> scales_;
};

}  // namespace csn
