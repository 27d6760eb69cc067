#include "query/internal/standing.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "query/internal/exact_search.h"
#include "query/internal/judge.h"

namespace csn::internal {
namespace {

using Step = KeptOut::Step;

constexpr size_t kSteps = static_cast<size_t>(Step::kNext) + 1;

// Counts, for several distances at once, how many others are smaller and how many greater.
class Counter {
 public:
  explicit Counter(std::vector<double> distances) : sorted_(std::move(distances)) {
    std::ranges::sort(sorted_);
    smaller_.assign(sorted_.size() + 1, 0);
    at_most_ = smaller_;
  }
  void Add(double distance) {
    ++total_;
    // It is smaller than all from there on, and at most all from there on.
    ++smaller_[Position(std::ranges::upper_bound(sorted_, distance))];
    ++at_most_[Position(std::ranges::lower_bound(sorted_, distance))];
  }
  // Once, after all were added.
  void Finish() {
    std::partial_sum(smaller_.begin(), smaller_.end(), smaller_.begin());
    std::partial_sum(at_most_.begin(), at_most_.end(), at_most_.begin());
  }
  // Then, of one of the distances.
  NotionStanding Of(double distance) const {
    const size_t at = Position(std::ranges::lower_bound(sorted_, distance));
    return {.nearer = smaller_[at], .farther = total_ - at_most_[at]};
  }

 private:
  size_t Position(std::vector<double>::const_iterator at) const {
    return static_cast<size_t>(at - sorted_.begin());
  }

  std::vector<double> sorted_;
  std::vector<uint64_t> smaller_, at_most_;  // how many were added there; then, up to there
  uint64_t total_ = 0;
};

std::unordered_set<uint32_t> Rows(const std::vector<Neighbor>& neighbors) {
  std::unordered_set<uint32_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.insert(neighbor.row);
  return rows;
}

// Puts every row that is no hit to the step that stops it.
class Sorter {
 public:
  Sorter(const Generation& generation, const Request& request, const FoundHits& found)
      : request_(request),
        judge_(request),
        hits_(Rows(found.neighbors)),
        pool_(Rows(found.pool)),
        taken_(Rows(found.taken)),
        short_(found.neighbors.size() < request.k),
        lacking_(request.diversity ? found.pool.size() < request.diversity->pool : short_) {
    if (!found.neighbors.empty())
      last_ = *std::max_element(found.neighbors.begin(), found.neighbors.end());
    if (request.groups != nullptr) {
      best_ = NearestOfGroups(generation, request);
    }
    // What diversity takes next stands behind all that it took before.
    const size_t before = request.after ? request.after->hits : 0;
    const size_t all = before + found.neighbors.size();
    if (request.diversity && found.taken.size() > all) next_ = found.taken[all];
  }

  // `neighbor` is of the row that judge() measured last.
  void Add(const Neighbor& neighbor) {
    if (hits_.contains(neighbor.row)) return;
    const Step step = StepOf(neighbor);
    if (step == Step::kNext) {
      // The hits of pages before are none of it.
      const bool behind = !request_.diversity && last_ && *last_ < neighbor;
      if (behind && (!next_ || neighbor < *next_)) next_ = neighbor;
      return;
    }
    if (!short_ && !(neighbor < *last_)) return;
    if (request_.after && !(request_.after->last < neighbor) && !request_.diversity) return;
    StoppedItem& stopped = stopped_[static_cast<size_t>(step)];
    if (stopped.nearer++ == 0 || neighbor < stopped.nearest) stopped.nearest = neighbor;
  }

  std::vector<StoppedItem> Take() {
    std::vector<StoppedItem> all;
    for (size_t i = 0; i < kSteps; ++i) {
      stopped_[i].step = static_cast<Step>(i);
      if (stopped_[i].nearer > 0) all.push_back(stopped_[i]);
    }
    if (next_) all.push_back({.step = Step::kNext, .nearest = *next_});
    return all;
  }

  Judge& judge() { return judge_; }

 private:
  // kNext where nothing but nearer items stands in its way.
  Step StepOf(const Neighbor& neighbor) const {
    if (request_.filter && !request_.filter->rows.contains(neighbor.row)) return Step::kWhere;
    if (judge_.BrokenLimit() != nullptr) return Step::kRequire;
    if (!IsNearEnough(request_, neighbor.value)) return Step::kMaxDistance;
    if (request_.groups != nullptr) {
      const uint32_t group = request_.groups->of_row[neighbor.row];
      if (group != kNoGroup && best_[group] != neighbor) return Step::kGroupBy;
    }
    if (request_.diversity && pool_.contains(neighbor.row)) {
      return taken_.contains(neighbor.row) ? Step::kNext : Step::kDiversity;
    }
    // Nothing was in its way: it is in a page before, behind the last hit, or was not found.
    const bool before_page = request_.after && !(request_.after->last < neighbor);
    const bool not_found = lacking_ || (last_ && neighbor < *last_);
    return not_found && !before_page ? Step::kIndex : Step::kNext;
  }

  const Request& request_;
  Judge judge_;
  const std::unordered_set<uint32_t> hits_, pool_, taken_;
  const bool short_;                           // fewer hits than were wanted
  const bool lacking_;                         // fewer rows were found than were looked for
  std::optional<Neighbor> last_, next_;        // the farthest hit, and what would come next
  std::vector<std::optional<Neighbor>> best_;  // of each group
  std::array<StoppedItem, kSteps> stopped_;
};

}  // namespace

Standings FindStandings(const Generation& generation, const Request& request,
                        const FoundHits& found) {
  Standings standings;
  for (size_t notion = 0; notion < request.ranking.weights.size(); ++notion) {
    if (request.ranking.weights[notion] == 0) continue;
    standings.asked.push_back(static_cast<NotionId>(notion));
  }
  Sorter sorter(generation, request, found);
  Judge& judge = sorter.judge();
  const auto shown = [&](const Neighbor& hit) {
    judge.Measure(generation.embeddings().Row(hit.row));
    std::vector<double> distances;
    for (const NotionId notion : standings.asked) distances.push_back(judge.Shown(notion));
    return distances;
  };
  std::vector<std::vector<double>> of_notion(standings.asked.size()), of_hit;
  for (const Neighbor& hit : found.neighbors) {
    of_hit.push_back(shown(hit));
    for (size_t i = 0; i < of_notion.size(); ++i) of_notion[i].push_back(of_hit.back()[i]);
  }
  std::vector<Counter> counters(of_notion.begin(), of_notion.end());
  const MatrixView rows = generation.embeddings().All();
  for (size_t row = 0; row < rows.rows; ++row) {
    const auto id = static_cast<uint32_t>(row);
    if (judge.IsLeftOut(id)) continue;
    const double score = judge.Measure(rows.Row(row));
    for (size_t i = 0; i < counters.size(); ++i) counters[i].Add(judge.Shown(standings.asked[i]));
    sorter.Add({id, score});
    ++standings.items;
  }
  for (Counter& counter : counters) counter.Finish();
  for (const std::vector<double>& distances : of_hit) {
    std::vector<NotionStanding>& hit = standings.hits.emplace_back();
    for (size_t i = 0; i < counters.size(); ++i) hit.push_back(counters[i].Of(distances[i]));
  }
  standings.stopped = sorter.Take();
  return standings;
}

}  // namespace csn::internal
