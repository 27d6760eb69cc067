#include "query/internal/judge.h"

#include <cmath>
#include <limits>

namespace csn::internal {
namespace {

std::vector<NotionId> Limited(const Request& request) {
  std::vector<NotionId> notions;
  for (const NotionLimit& limit : request.limits) notions.push_back(limit.notion);
  return notions;
}

}  // namespace

bool IsNearEnough(const Request& request, double score) {
  // Of one notion the score is D / S; scores are below 0 only where there is no ceiling.
  return request.max_distance == std::numeric_limits<double>::infinity() ||
         std::sqrt(score) <= request.max_distance;
}

Judge::Judge(const Request& request)
    : request_(request),
      examples_(request.examples()),
      limited_(Limited(request)),
      measurer_(request.ranking, examples_, limited_) {}

}  // namespace csn::internal
