// A query with every name resolved and every value checked.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/measurer.h"
#include "base/row_set.h"
#include "query/cursor.h"
#include "query/internal/resources.h"
#include "query/query.h"
#include "storage/generation.h"

namespace csn::internal {

// A query's Limit, by its notion's number.
struct NotionLimit {
  NotionId notion = 0;
  Query::Limit::Kind kind = Query::Limit::Kind::kAtMost;
  double distance = 0;

  bool Allows(double shown_distance) const;
};

struct Request {
  Ranking ranking;
  std::vector<double> unit_scales;                 // what ranking.scales views where they are raw
  std::vector<std::vector<float>> liked, unliked;  // unmasked [d]
  double beta = 0;                                 // 0 without unliked ones
  std::vector<uint32_t> left_out;                  // rows named as examples, ascending
  std::vector<NotionLimit> limits;
  std::shared_ptr<const FilterResult> filter;    // none: all rows
  std::shared_ptr<const GatheredRows> gathered;  // of the filter, where it is asked again and again
  double max_distance = std::numeric_limits<double>::infinity();
  std::shared_ptr<const Groups> groups;  // none: every row for itself
  std::optional<Query::Diversity> diversity;
  size_t k = 0;
  bool exact = false;
  int ef = 0, nprobe = 0;  // 0: the index's own
  bool pages = false;
  std::optional<CursorPosition> after;  // the page before ended there
  uint64_t query_hash = 0;              // of all that a cursor's query must have in common
  std::optional<NotionId> sole;         // the one notion that counts, where it is one
  std::vector<size_t> fields;           // columns that hits come with
  bool images = true;                   // and their images

  // Views into this request, which must outlive them and stay where it is.
  Examples examples() const;
  // How many rows can be hits at most: all that qualify, limits and distances aside.
  size_t candidates(const Generation& generation) const;
};

// The only example of a request: what indexes are asked with; nothing where there are several.
std::optional<std::span<const float>> SoleExample(const Request& request);

// Resolves `query`. `scales` are the notions', which must outlive the request. Errors as
// QueryEngine::Search.
Request ResolveRequest(const Generation& generation, std::span<const double> scales,
                       Resources& resources, const Query& query);

}  // namespace csn::internal
