// Answers conditional nearest-neighbour queries from an index directory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/neighbor.h"
#include "query/photograph.h"
#include "query/query.h"
#include "storage/generation.h"

namespace csn {

namespace internal {
struct Resources;
}

// Thread-safe: any number of concurrent Search().
class QueryEngine {
 public:
  // Opens the live generation. Errors as Generation::Open and CheckModelHeader. `make_embedder` is
  // for tests.
  static QueryEngine Open(const std::string& index,
                          PhotographEmbedder::Make make_embedder = Embedder::Make);
  ~QueryEngine();
  QueryEngine(QueryEngine&&) noexcept;
  QueryEngine& operator=(QueryEngine&&) noexcept;

  const Generation& generation() const { return generation_; }

  // Steps, in this order: items named as examples are left out, then `where`, `require` and
  // `max_distance` decide what qualifies; of it the nearest of each group; of it those that
  // diversity takes.
  //
  // Throws Error(kInvalidArgument) for what query.h does not allow (unknown notions and columns
  // name near ones; filters as Filter(); cursors that are altered or another query's),
  // Error(kNotFound) for an unknown sku (naming near ones) and a cursor of a generation that is no
  // longer live.
  Answer Search(const Query& query) const;
  // What Search ranks, as rows of generation() with their scores, nearest first; the store of
  // metadata is not asked (but for the row of a sku). Errors as Search.
  std::vector<Neighbor> Rank(const Query& query) const;

  // As Search and Rank of each. Those that are best answered by reading all codes of the same
  // notions do so together, which takes less time than one after the other: memory is read once.
  // SearchMany gives each its answer or its error; RankMany throws the first.
  std::vector<std::variant<Answer, Error>> SearchMany(std::span<const Query> queries) const;
  std::vector<std::vector<Neighbor>> RankMany(std::span<const Query> queries) const;

 private:
  QueryEngine(Generation generation, PhotographEmbedder::Make make_embedder);

  Generation generation_;
  std::unique_ptr<internal::Resources> resources_;
  std::vector<double> scales_;
};

}  // namespace csn
