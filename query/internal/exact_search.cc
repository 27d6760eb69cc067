#include "query/internal/exact_search.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <utility>

#include "base/box_tree.h"
#include "base/code_filter.h"
#include "base/code_scan.h"
#include "base/nearest_heap.h"
#include "base/score_filter.h"
#include "query/internal/judge.h"

namespace csn::internal {
namespace {

// Where more than this part of all rows qualifies, the embedding file is checked as a whole, else
// only those of its blocks that rows are read from.
constexpr size_t kFewRowsShare = 8;
constexpr size_t kTogether = 64;    // rows that the filter looks at in one go
constexpr size_t kLineFloats = 16;  // of a cache line

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
  Reading(const Generation& generation, const Request& request, ReadFirst first)
      : filter(request.ranking, request.examples()),
        tree(first == ReadFirst::kTree ? &generation.tree(*request.sole) : nullptr) {
    if (first != ReadFirst::kFloats) codes = FilterOfCodes(generation, request, filter, tree);
  }

  const ScoreFilter filter;
  const BoxTree* const tree;  // that the codes are of
  std::optional<CodeFilter> codes;
};

// What a search keeps of the rows that it finds.
class Hits {
 public:
  virtual ~Hits() = default;
  // A row whose bound is behind its ceiling need not be added. No ceiling is above most().
  virtual float ceiling(uint32_t row) const = 0;
  virtual float most() const = 0;
  virtual void Add(const Neighbor& neighbor) = 0;
};

// The k nearest behind `after` of what is added, and the ceiling that follows from them.
class Nearest : public Hits {
 public:
  Nearest(const Generation& generation, const Sought& sought, const ScoreFilter& filter)
      : filter_(filter),
        heap_(sought.k, sought.request->candidates(generation)),
        after_(sought.after),
        ceiling_(FirstCeiling(*sought.request, filter)) {}

  float ceiling(uint32_t) const override { return ceiling_; }
  float most() const override { return ceiling_; }
  void Add(const Neighbor& neighbor) override {
    if (after_ && !(*after_ < neighbor)) return;
    heap_.Add(neighbor);
    if (heap_.full()) ceiling_ = std::min(ceiling_, filter_.Ceiling(heap_.farthest().value));
  }
  std::vector<Neighbor> Take() { return std::move(heap_).Take(); }

 private:
  const ScoreFilter& filter_;
  NearestHeap heap_;
  const std::optional<Neighbor> after_;
  float ceiling_;
};

// The nearest of each group; rows of none go to `groupless`, if there is one.
class NearestOfEach : public Hits {
 public:
  NearestOfEach(const Request& request, const ScoreFilter& filter, Nearest* groupless)
      : filter_(filter),
        groups_(*request.groups),
        groupless_(groupless),
        first_(FirstCeiling(request, filter)),
        best_(groups_.count),
        ceilings_(groups_.count, first_) {}

  float ceiling(uint32_t row) const override {
    const uint32_t group = groups_.of_row[row];
    if (group != kNoGroup) return ceilings_[group];
    return groupless_ != nullptr ? groupless_->most() : -std::numeric_limits<float>::infinity();
  }
  float most() const override { return first_; }
  void Add(const Neighbor& neighbor) override {
    const uint32_t group = groups_.of_row[neighbor.row];
    if (group == kNoGroup) {
      if (groupless_ != nullptr) groupless_->Add(neighbor);
    } else if (!best_[group] || neighbor < *best_[group]) {
      best_[group] = neighbor;
      ceilings_[group] = std::min(ceilings_[group], filter_.Ceiling(neighbor.value));
    }
  }
  std::vector<std::optional<Neighbor>> Take() { return std::move(best_); }

 private:
  const ScoreFilter& filter_;
  const Groups& groups_;
  Nearest* const groupless_;
  const float first_;
  std::vector<std::optional<Neighbor>> best_;  // of each group
  std::vector<float> ceilings_;
};

// Rows that may be hits, some at a time: held against their bounds, and what is left measured.
class Candidates {
 public:
  Candidates(const Generation& generation, const Request& request, const ScoreFilter& filter,
             Hits& hits, ScanCounts& counts)
      : embeddings_(generation.embeddings()),
        request_(request),
        filter_(filter),
        hits_(hits),
        counts_(counts),
        judge_(request) {}

  // Rows that follow each other in memory; id_of(i) is the i-th's number.
  template <typename IdOf>
  void AddAll(MatrixView rows, const IdOf& id_of) {
    for (size_t first = 0; first < rows.rows; first += kTogether) {
      count_ = std::min(kTogether, rows.rows - first);
      for (size_t i = 0; i < count_; ++i) {
        ids_[i] = id_of(first + i);
        rows_[i] = rows.data + (first + i) * rows.cols;
      }
      LookAtAll();
    }
  }
  // Of rows that lie apart all lines are on their way before the first is looked at.
  void Fetch(uint32_t row, std::span<const float> embedding) {
    for (size_t at = 0; at < embedding.size(); at += kLineFloats) {
      __builtin_prefetch(embedding.data() + at);
    }
    ids_[count_] = row;
    rows_[count_] = embedding.data();
    if (++count_ == kTogether) LookAtAll();
  }
  void FetchQualifying(uint32_t row) {
    if (request_.filter && !request_.filter->rows.contains(row)) return;
    Fetch(row, embeddings_.Row(row));
  }
  // At all that was added since.
  void LookAtAll() {
    filter_.Bound(std::span(rows_).first(count_), bounds_.data());
    counts_.by_floats += count_;
    // Nearly always all of them, which needs no look at each.
    const float most = hits_.most();
    size_t behind = 0;
    for (size_t i = 0; i < count_; ++i) behind += ScoreFilter::IsBehind(bounds_[i], most) ? 1 : 0;
    for (size_t i = 0; i < count_ && behind < count_; ++i) {
      if (ScoreFilter::IsBehind(bounds_[i], hits_.ceiling(ids_[i]))) continue;
      ++counts_.measured;
      if (const std::optional<double> score =
              judge_.Score(ids_[i], {rows_[i], embeddings_.dim()})) {
        hits_.Add(Neighbor{ids_[i], *score});
      }
    }
    count_ = 0;
  }

 private:
  const EmbeddingFile& embeddings_;
  const Request& request_;
  const ScoreFilter& filter_;
  Hits& hits_;
  ScanCounts& counts_;
  Judge judge_;
  std::array<uint32_t, kTogether> ids_{};
  std::array<const float*, kTogether> rows_{};
  std::array<float, kTogether> bounds_{};
  size_t count_ = 0;
};

// One search by codes that stand in the rows' order.
class SearchByCodes : public CodedSearch {
 public:
  SearchByCodes(const CodeFilter& filter, const Hits& hits, Candidates& candidates)
      : filter_(filter), hits_(hits), candidates_(candidates) {}

  const CodeFilter& filter() const override { return filter_; }
  float ceiling() const override { return hits_.most(); }
  void LookAt(std::span<const uint32_t> rows) override {
    for (const uint32_t row : rows) candidates_.FetchQualifying(row);
    candidates_.LookAtAll();
  }

 private:
  const CodeFilter& filter_;
  const Hits& hits_;
  Candidates& candidates_;
};

// By codes that stand in a tree's order, those in near blocks first.
void ReadTree(const Reading& reading, const Hits& hits, Candidates& candidates,
              ScanCounts& counts) {
  BoxTreeSearch search(*reading.tree, *reading.codes);
  std::array<uint32_t, kCodeBlockRows> rows{};
  while (const size_t count = search.Next(hits.most(), rows)) {
    for (size_t i = 0; i < count; ++i) candidates.FetchQualifying(rows[i]);
    candidates.LookAtAll();
  }
  counts.by_codes += search.blocks() * kCodeBlockRows;
}

// Every row that qualifies.
void ReadFloats(const Generation& generation, const Request& request, Candidates& candidates) {
  const EmbeddingFile& embeddings = generation.embeddings();
  if (request.gathered) {
    candidates.AddAll(request.gathered->rows.View(),
                      [&](size_t at) { return request.gathered->ids[at]; });
  } else if (!request.filter) {
    candidates.AddAll(embeddings.All(), [](size_t at) { return static_cast<uint32_t>(at); });
  } else if (request.filter->rows.cardinality() > embeddings.rows() / kFewRowsShare) {
    const MatrixView rows = embeddings.All();
    ForEachRow(request.filter->rows, [&](uint32_t row) { candidates.Fetch(row, rows.Row(row)); });
  } else {
    ForEachRow(request.filter->rows,
               [&](uint32_t row) { candidates.Fetch(row, embeddings.Row(row)); });
  }
  candidates.LookAtAll();
}

// All rows that qualify and may be hits, by the way that the reading says.
void ReadRows(const Generation& generation, const Request& request, const Reading& reading,
              Hits& hits, ScanCounts& counts) {
  Candidates candidates(generation, request, reading.filter, hits, counts);
  if (!reading.codes) {
    ReadFloats(generation, request, candidates);
  } else if (reading.tree != nullptr) {
    ReadTree(reading, hits, candidates, counts);
  } else {
    counts.by_codes += generation.embeddings().rows();
    SearchByCodes search(*reading.codes, hits, candidates);
    CodedSearch* const sole = &search;
    ReadCodes({&sole, 1});
  }
}

}  // namespace

std::vector<Neighbor> SearchExactly(const Generation& generation, const Request& request, size_t k,
                                    const std::optional<Neighbor>& after, ReadFirst first,
                                    ScanCounts& counts) {
  const Reading reading(generation, request, first);
  Nearest nearest(generation, {.request = &request, .k = k, .after = after}, reading.filter);
  if (request.groups == nullptr) {
    ReadRows(generation, request, reading, nearest, counts);
    return nearest.Take();
  }
  NearestOfEach of_groups(request, reading.filter, &nearest);
  ReadRows(generation, request, reading, of_groups, counts);
  for (const std::optional<Neighbor>& best : of_groups.Take()) {
    if (best) nearest.Add(*best);
  }
  return nearest.Take();
}

std::vector<std::vector<Neighbor>> SearchTogether(const Generation& generation,
                                                  std::span<const Sought> sought,
                                                  std::span<ScanCounts> counts) {
  struct One {
    One(const Generation& generation, const Sought& sought, ScanCounts& counts)
        : reading(generation, *sought.request, ReadFirst::kCodes),
          nearest(generation, sought, reading.filter),
          candidates(generation, *sought.request, reading.filter, nearest, counts) {}

    const Reading reading;
    Nearest nearest;
    Candidates candidates;
    std::optional<SearchByCodes> search = {};
  };
  std::deque<One> all;  // which stay where they are
  // Those that read the same codes.
  std::vector<std::vector<CodedSearch*>> lots;
  for (size_t i = 0; i < sought.size(); ++i) {
    One& one = all.emplace_back(generation, sought[i], counts[i]);
    const std::optional<CodeFilter>& codes = one.reading.codes;
    if (!codes) {
      ReadFloats(generation, *sought[i].request, one.candidates);
      continue;
    }
    counts[i].by_codes += generation.embeddings().rows();
    const auto same = [&](const std::vector<CodedSearch*>& lot) {
      return codes->ReadsTheSame(lot.front()->filter());
    };
    auto lot = std::ranges::find_if(lots, same);
    if (lot == lots.end()) lot = lots.emplace(lots.end());
    lot->push_back(&one.search.emplace(*codes, one.nearest, one.candidates));
  }
  for (const std::vector<CodedSearch*>& lot : lots) ReadCodes(lot);
  std::vector<std::vector<Neighbor>> found;
  for (One& one : all) found.push_back(one.nearest.Take());
  return found;
}

std::vector<std::optional<Neighbor>> NearestOfGroups(const Generation& generation,
                                                     const Request& request) {
  const Reading reading(generation, request, ReadFirst::kFloats);
  NearestOfEach of_groups(request, reading.filter, nullptr);
  ScanCounts counts;
  ReadRows(generation, request, reading, of_groups, counts);
  return of_groups.Take();
}

}  // namespace csn::internal
