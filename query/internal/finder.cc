#include "query/internal/finder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "query/internal/diversity.h"
#include "query/internal/index_search.h"
#include "query/internal/judge.h"

namespace csn::internal {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Before diversity.
Sought SoughtBy(const Request& request) {
  Sought sought{.request = &request};
  if (request.diversity) {
    sought.k = request.diversity->pool;
    return sought;
  }
  sought.k = request.k + (request.pages ? 1 : 0);
  if (request.after) sought.after = request.after->last;
  return sought;
}

std::vector<WayCost> Ways(const Generation& generation, const Sought& sought) {
  return PlanWays(generation, *sought.request, sought.k, !sought.after);
}

// One way; only the first k are looked at for the ceiling. Nothing where it came back short.
std::optional<std::vector<Neighbor>> Take(Way way, const Generation& generation,
                                          const Sought& sought, ScanCounts& counts) {
  const Request& request = *sought.request;
  if (const std::optional<ReadFirst> first = ScanOf(way)) {
    return SearchExactly(generation, request, sought.k, sought.after, *first, counts);
  }
  std::optional<std::vector<Neighbor>> best =
      way == Way::kFlatIndex ? SearchFlat(generation, request, sought.k)
                             : SearchApproximately(generation, request, sought.k);
  if (!best) return std::nullopt;
  const auto too_far = [&](const Neighbor& neighbor) {
    return !IsNearEnough(request, neighbor.value);
  };
  best->erase(std::find_if(best->begin(), best->end(), too_far), best->end());
  return best;
}

// By the first of found.ways that gives what is sought.
void TakeCheapest(const Generation& generation, const Sought& sought, Found& found) {
  for (const WayCost& at : found.ways) {
    std::optional<std::vector<Neighbor>> best = Take(at.way, generation, sought, found.counts);
    if (!best) continue;
    found.way = at.way;
    found.neighbors = std::move(*best);
    return;
  }
}

// Where diversity is asked for, what was found is what it takes from.
void Diversify(const Generation& generation, const Request& request, Found& found) {
  if (!request.diversity) return;
  found.pool = std::move(found.neighbors);
  const size_t before = request.after ? request.after->hits : 0;
  // One more than there are hits, for who asks what comes next.
  found.taken = TakeDiverse(generation, request, found.pool, before + request.k + 1);
  const std::span<const Neighbor> taken = found.taken;
  const std::span<const Neighbor> behind = taken.subspan(std::min(before, taken.size()));
  const size_t wanted = request.k + (request.pages ? 1 : 0);
  const std::span<const Neighbor> hits = behind.first(std::min(wanted, behind.size()));
  found.neighbors.assign(hits.begin(), hits.end());
}

// A step of a job that has not failed before.
template <typename Step>
void Try(FindJob& job, const Step& step) {
  if (job.error) return;
  try {
    step(*job.request, job.found);
  } catch (const Error& error) {
    job.error = error;
  }
}

// Reads all codes once for several; false where that failed, which says nothing of each of them.
bool TakeTogether(const Generation& generation, std::span<FindJob* const> jobs) {
  const Stopwatch watch;
  std::vector<Sought> sought;
  for (const FindJob* job : jobs) sought.push_back(SoughtBy(*job->request));
  std::vector<ScanCounts> counts(jobs.size());
  std::vector<std::vector<Neighbor>> nearest;
  try {
    nearest = SearchTogether(generation, sought, counts);
  } catch (const Error&) {
    return false;
  }
  for (size_t i = 0; i < jobs.size(); ++i) {
    Found& found = jobs[i]->found;
    found.neighbors = std::move(nearest[i]);
    found.way = Way::kCodes;
    found.counts = counts[i];
    found.seconds = watch.seconds() / static_cast<double>(jobs.size());
  }
  return true;
}

}  // namespace

Found FindHits(const Generation& generation, const Request& request) {
  const Stopwatch watch;
  const Sought sought = SoughtBy(request);
  Found found;
  found.ways = Ways(generation, sought);
  TakeCheapest(generation, sought, found);
  Diversify(generation, request, found);
  found.seconds = watch.seconds();
  return found;
}

void FindHitsOfEach(const Generation& generation, std::span<FindJob> jobs) {
  std::vector<FindJob*> together, alone;
  for (FindJob& job : jobs) {
    Try(job, [&](const Request& request, Found& found) {
      found.ways = Ways(generation, SoughtBy(request));
      (found.ways.front().way == Way::kCodes ? together : alone).push_back(&job);
    });
  }
  if (together.size() < 2 || !TakeTogether(generation, together)) {
    alone.insert(alone.end(), together.begin(), together.end());
  }
  for (FindJob* job : alone) {
    Try(*job, [&](const Request& request, Found& found) {
      const Stopwatch watch;
      TakeCheapest(generation, SoughtBy(request), found);
      found.seconds = watch.seconds();
    });
  }
  for (FindJob& job : jobs) {
    Try(job, [&](const Request& request, Found& found) {
      const Stopwatch watch;
      Diversify(generation, request, found);
      found.seconds += watch.seconds();
    });
  }
}

}  // namespace csn::internal
