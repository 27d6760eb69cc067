#include "query/internal/exact_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "base/box_tree.h"
#include "base/code_filter.h"
#include "base/nearest_heap.h"
#include "base/score_filter.h"
#include "query/internal/judge.h"

namespace csn::internal {
namespace {

// Where at most this part of all rows qualifies, they are read one by one, so that few blocks of
// the embedding file are touched.
constexpr size_t kFewRowsShare = 8;
constexpr size_t kTogether = 64;    // rows that the filter looks at in one go
constexpr size_t kLineFloats = 16;  // of a cache line
// Blocks of codes looked at in one go: the ceiling stays as it is meanwhile.
constexpr size_t kBlocksTogether = 16;

// What bounds of the request's hits are never behind, whatever else is found.
float FirstCeiling(const Request& request, const ScoreFilter& filter) {
  // Its root is compared, rounded; of an infinite one the ceiling is infinite.
  const double limit = request.max_distance * request.max_distance;
  return filter.Ceiling(limit + 0x1p-48 * limit);
}

// The codes of all that the request ranks by, in the order of the tree where there is one.
std::optional<CodeFilter> FilterOfCodes(const Generation& generation, const Request& request,
                                        const ScoreFilter& filter, const BoxTree* tree) {
  const Ranking& ranking = request.ranking;
  std::vector<CodesView> codes(ranking.weights.size());
  for (NotionId notion = 0; notion < codes.size(); ++notion) {
    if (ranking.weights[notion] == 0 || ranking.masks->live_dims(notion).empty()) continue;
    codes[notion] = tree != nullptr ? tree->codes() : generation.codes(notion);
  }
  return CodeFilter::Make(ranking, filter, codes);
}

// How one search reads rows.
struct Reading {
  const ScoreFilter& filter;
  std::optional<CodeFilter> codes;
  const BoxTree* tree = nullptr;  // that the codes are of
  ScanCounts& counts;
};

// The same as ForEachPassed, those in near blocks first.
template <typename Most, typename Visit, typename Look>
void ForEachInTree(const Reading& reading, const Most& most, const Visit& visit, const Look& look) {
  BoxTreeSearch search(*reading.tree, *reading.codes);
  std::array<uint32_t, kCodeBlockRows> rows{};
  while (const size_t count = search.Next(most(), rows)) {
    for (size_t i = 0; i < count; ++i) visit(rows[i]);
    look();
  }
  reading.counts.by_codes += search.blocks() * kCodeBlockRows;
}

// Calls visit(row) for the rows that codes do not tell to be behind most(), in ascending order, and
// look() after each lot of them, which may lower what most() gives for the next.
template <typename Most, typename Visit, typename Look>
void ForEachPassed(const CodeFilter& codes, const Most& most, const Visit& visit,
                   const Look& look) {
  std::array<uint64_t, kBlocksTogether> within{};
  // Few blocks at first: what they hold lowers the ceiling most.
  for (size_t block = 0, some = 1; block < codes.blocks(); block += some) {
    some = std::min({std::max<size_t>(block, 1), kBlocksTogether, codes.blocks() - block});
    codes.FindWithin(block, most(), std::span(within).first(some));
    for (size_t i = 0; i < some; ++i) {
      for (uint64_t left = within[i]; left != 0; left &= left - 1) {
        visit(static_cast<uint32_t>((block + i) * kCodeBlockRows +
                                    static_cast<size_t>(std::countr_zero(left))));
      }
    }
    look();
  }
}

// Calls visit(neighbor) for the rows that qualify; those whose bound is behind ceiling(row), asked
// for just before, are passed over. No ceiling is above most().
template <typename Most, typename Ceiling, typename Visit>
void ForEachHit(const Generation& generation, const Request& request, const Reading& reading,
                const Most& most, const Ceiling& ceiling, const Visit& visit) {
  ScanCounts& counts = reading.counts;
  Judge judge(request);
  const size_t dim = request.ranking.masks->dim();
  std::array<uint32_t, kTogether> ids{};
  std::array<const float*, kTogether> rows{};
  std::array<float, kTogether> bounds{};
  size_t count = 0;
  const auto look_at_all = [&] {
    reading.filter.Bound(std::span(rows).first(count), bounds.data());
    counts.by_floats += count;
    // Nearly always all of them, which needs no look at each.
    const float all = most();
    size_t behind = 0;
    for (size_t i = 0; i < count; ++i) behind += ScoreFilter::IsBehind(bounds[i], all) ? 1 : 0;
    for (size_t i = 0; i < count && behind < count; ++i) {
      if (ScoreFilter::IsBehind(bounds[i], ceiling(ids[i]))) continue;
      ++counts.measured;
      if (const std::optional<double> score = judge.Score(ids[i], {rows[i], dim})) {
        visit(Neighbor{ids[i], *score});
      }
    }
    count = 0;
  };
  // All lines of rows that lie apart are on their way before the first is looked at.
  const auto add = [&](uint32_t row, std::span<const float> embedding) {
    for (size_t at = 0; at < dim; at += kLineFloats) __builtin_prefetch(embedding.data() + at);
    ids[count] = row;
    rows[count] = embedding.data();
    if (++count == kTogether) look_at_all();
  };
  const EmbeddingFile& embeddings = generation.embeddings();
  if (const std::optional<CodeFilter>& codes = reading.codes) {
    const auto add_passed = [&](uint32_t row) {
      if (!request.filter || request.filter->rows.contains(row)) add(row, embeddings.Row(row));
    };
    if (reading.tree != nullptr) {
      ForEachInTree(reading, most, add_passed, look_at_all);
    } else {
      counts.by_codes += embeddings.rows();
      ForEachPassed(*codes, most, add_passed, look_at_all);
    }
  } else if (!request.filter || request.gathered) {
    const MatrixView all = request.gathered ? request.gathered->rows.View() : embeddings.All();
    for (size_t first = 0; first < all.rows; first += kTogether) {
      count = std::min(kTogether, all.rows - first);
      for (size_t i = 0; i < count; ++i) {
        const size_t at = first + i;
        ids[i] = request.gathered ? request.gathered->ids[at] : static_cast<uint32_t>(at);
        rows[i] = all.data + at * dim;
      }
      look_at_all();
    }
  } else if (request.filter->rows.cardinality() > embeddings.rows() / kFewRowsShare) {
    const MatrixView all = embeddings.All();
    ForEachRow(request.filter->rows, [&](uint32_t row) { add(row, all.Row(row)); });
  } else {
    ForEachRow(request.filter->rows, [&](uint32_t row) { add(row, embeddings.Row(row)); });
  }
  look_at_all();
}

// The k nearest behind `after` of what is added, and the ceiling that follows from them.
class Nearest {
 public:
  Nearest(const Request& request, const ScoreFilter& filter, size_t k, size_t most,
          const std::optional<Neighbor>& after)
      : filter_(filter), heap_(k, most), after_(after), ceiling_(FirstCeiling(request, filter)) {}

  void Add(const Neighbor& neighbor) {
    if (after_ && !(*after_ < neighbor)) return;
    heap_.Add(neighbor);
    if (heap_.full()) ceiling_ = std::min(ceiling_, filter_.Ceiling(heap_.farthest().value));
  }
  float ceiling() const { return ceiling_; }
  std::vector<Neighbor> Take() && { return std::move(heap_).Take(); }

 private:
  const ScoreFilter& filter_;
  NearestHeap heap_;
  const std::optional<Neighbor> after_;
  float ceiling_;
};

// The nearest of each group. Rows of none go to groupless(neighbor) unless behind its ceiling().
template <typename Ceiling, typename Visit>
std::vector<std::optional<Neighbor>> ScanGroups(const Generation& generation,
                                                const Request& request, const Reading& reading,
                                                const Ceiling& groupless_ceiling,
                                                const Visit& groupless) {
  const Groups& groups = *request.groups;
  std::vector<std::optional<Neighbor>> best(groups.count);
  const ScoreFilter& filter = reading.filter;
  const float first = FirstCeiling(request, filter);
  std::vector<float> ceilings(groups.count, first);
  const auto most = [&] { return std::max(first, groupless_ceiling()); };
  const auto ceiling = [&](uint32_t row) {
    const uint32_t group = groups.of_row[row];
    return group == kNoGroup ? groupless_ceiling() : ceilings[group];
  };
  ForEachHit(generation, request, reading, most, ceiling, [&](const Neighbor& neighbor) {
    const uint32_t group = groups.of_row[neighbor.row];
    if (group == kNoGroup) {
      groupless(neighbor);
    } else if (!best[group] || neighbor < *best[group]) {
      best[group] = neighbor;
      ceilings[group] = std::min(ceilings[group], filter.Ceiling(neighbor.value));
    }
  });
  return best;
}

}  // namespace

std::vector<Neighbor> SearchExactly(const Generation& generation, const Request& request, size_t k,
                                    const std::optional<Neighbor>& after, ReadFirst first,
                                    ScanCounts& counts) {
  const Examples examples = request.examples();
  const ScoreFilter filter(request.ranking, examples);
  Reading reading{.filter = filter, .codes = std::nullopt, .tree = nullptr, .counts = counts};
  if (first == ReadFirst::kTree) reading.tree = &generation.tree(*request.sole);
  if (first != ReadFirst::kFloats) {
    reading.codes = FilterOfCodes(generation, request, filter, reading.tree);
  }
  Nearest nearest(request, filter, k, request.candidates(generation), after);
  const auto ceiling = [&] { return nearest.ceiling(); };
  const auto add = [&](const Neighbor& neighbor) { nearest.Add(neighbor); };
  if (request.groups == nullptr) {
    const auto of_row = [&](uint32_t) { return nearest.ceiling(); };
    ForEachHit(generation, request, reading, ceiling, of_row, add);
    return std::move(nearest).Take();
  }
  for (const std::optional<Neighbor>& best :
       ScanGroups(generation, request, reading, ceiling, add)) {
    if (best) add(*best);
  }
  return std::move(nearest).Take();
}

std::vector<std::optional<Neighbor>> NearestOfGroups(const Generation& generation,
                                                     const Request& request) {
  const Examples examples = request.examples();
  const ScoreFilter filter(request.ranking, examples);
  const auto none = [] { return -std::numeric_limits<float>::infinity(); };
  ScanCounts counts;
  const Reading reading{.filter = filter, .codes = std::nullopt, .counts = counts};
  return ScanGroups(generation, request, reading, none, [](const Neighbor&) {});
}

}  // namespace csn::internal
