#include "query/internal/planner.h"

#include <algorithm>
#include <cmath>
#include <ranges>

#include "query/internal/index_search.h"

namespace csn::internal {
namespace {

// What one core of an AMD EPYC with AVX-512 needs, in seconds, fitted to csn_regret's grid
// (docs/benchmarks.md). Only ratios decide, and as all of it is reading memory these hardly differ
// between machines.
//
// Codes, in order:
constexpr double kCodeByte = 0.024e-9, kCodeRow = 0.1e-9;
// Codes by a tree, boxes with them.
constexpr double kTreeByte = 0.03e-9, kTreeRow = 1e-9;
// A row that codes let pass, until a filter or its floats keep it out.
constexpr double kPassedRow = 11e-9;
// Floats: cache lines of rows in order, and of rows apart, whose first line comes late where all of
// them do not fit into caches.
constexpr double kLineBytes = 64;
constexpr double kNextRow = 2.5e-9, kNextLine = 1.8e-9;
constexpr double kApartRow = 4.5e-9, kApartLine = 1.2e-9, kFirstLineNear = 5e-9;
constexpr double kFirstLineFar = 16e-9;
constexpr double kCacheBytes = 8 << 20;
// By definition, of a row that was just read; more of one that was not.
constexpr double kMeasuredRow = 40e-9, kMeasuredValue = 3e-9, kFetchedRow = 30e-9;
// A graph of 16 links, for each candidate kept; more of each the less of rows and links fits into
// caches: by how many times it is doubled.
constexpr double kCandidate = 0.1e-6, kCandidateValue = 0.0075e-6;
constexpr double kCacheOfGraph = 4 << 20, kFarCandidate = 0.6;

// Lists, in order, of floats or of a product quantizer's codes; and of a query by them.
constexpr double kListRow = 2e-9, kListValue = 0.25e-9, kPqRow = 2e-9, kPqByte = 0.6e-9;
constexpr double kListsAsked = 3e-6, kRowsOfNearLists = 1.3;

// Of n rows in no order about k (1 + ln(n / k)) are nearer than all but k - 1 before them; codes
// let some more pass.
constexpr double kPassedByCodes = 2, kPassedInTree = 3, kHitsInTree = 2;

// Whether a notion's index can be asked: one example, one notion that tells rows apart, and nothing
// that rows must fulfil beside being near.
bool SuitsIndex(const Request& request) {
  return SoleExample(request) && request.sole &&
         !request.ranking.masks->live_dims(*request.sole).empty() && !request.filter &&
         request.limits.empty() && request.groups == nullptr;
}

// Limits on other notions say nothing of how near a row is in this one, so there is no telling how
// many boxes are looked at.
bool HasUsefulTree(const Generation& generation, const Request& request) {
  return request.sole && generation.manifest().subspaces[*request.sole].tree &&
         request.limits.empty();
}

// What a request's costs follow from.
struct Sizes {
  Sizes(const Generation& generation, const Request& request, size_t k)
      : all(static_cast<double>(generation.embeddings().rows())),
        rows(static_cast<double>(request.candidates(generation))),
        row_bytes(static_cast<double>(generation.embeddings().dim()) * sizeof(float)),
        hits(rows <= static_cast<double>(k)
                 ? rows
                 : static_cast<double>(k) * (1 + std::log(rows / static_cast<double>(k)))) {
    const Ranking& ranking = request.ranking;
    std::vector<bool> read(generation.embeddings().dim());
    for (NotionId notion = 0; notion < ranking.weights.size(); ++notion) {
      if (ranking.weights[notion] == 0) continue;
      const std::span<const uint32_t> live = ranking.masks->live_dims(notion);
      if (live.empty()) continue;
      coded = coded && ranking.weights[notion] > 0 && generation.has_codes(notion);
      values += static_cast<double>(live.size());
      for (const uint32_t dim : live) read[dim] = true;
    }
    lines =
        std::ceil(static_cast<double>(std::ranges::count(read, true)) * sizeof(float) / kLineBytes);
    coded = coded && values > 0;
  }

  double Measured(bool fetched) const {
    const bool far = all * row_bytes > kCacheBytes;
    return kMeasuredRow + kMeasuredValue * values + (fetched && far ? kFetchedRow : 0);
  }

  double all, rows;  // of the index, and of it those that qualify
  double row_bytes;
  double hits;        // rows on the way that are nearer than those before
  double values = 0;  // that a score is of, and codes of a row
  double lines = 0;   // of cache, that a row's floats are read from
  bool coded = true;  // every notion that counts has codes, and none counts against a row
};

double CodesCost(const Sizes& at) {
  const double passed =
      at.rows == 0 ? at.all : std::min(at.all, kPassedByCodes * at.hits * at.all / at.rows);
  return at.all * (at.values * kCodeByte + kCodeRow) + passed * kPassedRow +
         at.hits * at.Measured(true);
}

// Of rows of which a filter lets few through, as many more are looked at. Between and beyond those
// that were measured, shares lie on powers of k.
double TreeShare(const TreeShares& shares, double k, double least) {
  const bool few = k < 100;
  const double from = std::max(few ? shares.for_10 : shares.for_100, least);
  const double to = std::max(few ? shares.for_100 : shares.for_1000, least);
  return std::clamp(from * std::pow(k / (few ? 10 : 100), std::log10(to / from)), least, 1.0);
}

double TreeCost(const Sizes& at, const TreeShares& shares, size_t k) {
  const double wanted = static_cast<double>(k) * at.all / std::max(at.rows, 1.0);
  const double seen = at.all * TreeShare(shares, wanted, kCodeBlockRows / at.all);
  // Those nearest come first, so few are nearer than all before them.
  const double hits = std::min(at.rows, kHitsInTree * static_cast<double>(k));
  const double passed = std::min(seen, kPassedInTree * hits * at.all / std::max(at.rows, 1.0));
  return seen * (at.values * kTreeByte + kTreeRow) + passed * kPassedRow + hits * at.Measured(true);
}

double FloatsCost(const Sizes& at, bool apart) {
  double row = kNextRow + at.lines * kNextLine;
  if (apart) {
    const bool far = at.rows * at.row_bytes > kCacheBytes;
    row = kApartRow + (far ? kFirstLineFar : kFirstLineNear) + (at.lines - 1) * kApartLine;
  }
  return at.rows * row + at.hits * at.Measured(false);
}

double GraphCost(const Sizes& at, double candidates, double links) {
  const double bytes = at.all * (at.values * sizeof(float) + 2 * links * sizeof(int32_t));
  const double far = std::clamp(1 + kFarCandidate * std::log2(bytes / kCacheOfGraph), 1.0, 4.0);
  return candidates * (kCandidate + kCandidateValue * at.values) * (links / 16) * far;
}

double ListsCost(const Sizes& at, const IndexKey& key, double nprobe, double candidates) {
  // Rows of as many lists stand together; the mean list is shorter than those that queries are in.
  const double rows = std::min(at.all, kRowsOfNearLists * at.all * nprobe / key.lists);
  const double of_row = key.kind == IndexKind::kPqLists ? kPqRow + kPqByte * key.code_bytes
                                                        : kListRow + kListValue * at.values;
  return kListsAsked + key.lists * (kListRow + kListValue * at.values) + rows * of_row +
         candidates * at.Measured(true);
}

}  // namespace

const char* WayName(Way way) {
  switch (way) {
    case Way::kCodes:
      return "codes";
    case Way::kFloats:
      return "floats";
    case Way::kTree:
      return "tree";
    case Way::kFlatIndex:
      return "flat index";
    case Way::kGraph:
      return "graph";
    case Way::kLists:
      return "lists";
  }
  return "";
}

std::optional<ReadFirst> ScanOf(Way way) {
  switch (way) {
    case Way::kCodes:
      return ReadFirst::kCodes;
    case Way::kFloats:
      return ReadFirst::kFloats;
    case Way::kTree:
      return ReadFirst::kTree;
    case Way::kFlatIndex:
    case Way::kGraph:
    case Way::kLists:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<WayCost> PlanWays(const Generation& generation, const Request& request, size_t k,
                              bool first_page) {
  const Sizes at(generation, request, k);
  std::vector<WayCost> ways;
  ways.push_back({Way::kFloats, FloatsCost(at, request.filter && !request.gathered)});
  // Without a ceiling for all rows codes tell nothing.
  if (at.coded && request.groups == nullptr) {
    ways.push_back({Way::kCodes, CodesCost(at)});
    if (HasUsefulTree(generation, request)) {
      ways.push_back(
          {Way::kTree, TreeCost(at, *generation.manifest().subspaces[*request.sole].tree, k)});
    }
  }
  if (first_page && SuitsIndex(request)) {
    const SubspaceManifest& subspace = generation.manifest().subspaces[*request.sole];
    const IndexKey key = ParseIndexKey(subspace.key);
    if (key.kind != IndexKind::kFlat) {
      const SearchWidth width = WidthOf(request, subspace);
      const double candidates =
          std::max(static_cast<double>(width.ef_search), static_cast<double>(k));
      if (!request.exact && !request.pages) {
        ways.push_back(key.has_lists()
                           ? WayCost{Way::kLists, ListsCost(at, key, width.nprobe, candidates)}
                           : WayCost{Way::kGraph, GraphCost(at, candidates, key.links)});
      }
    } else if (!at.coded) {
      // It reads as many floats as the scan, but without those of other notions between.
      ways.push_back(
          {Way::kFlatIndex, at.all * at.lines * kNextLine + at.hits * at.Measured(true)});
    }
  }
  std::ranges::stable_sort(ways, {}, &WayCost::seconds);
  // A graph has no lists to be told of.
  std::stable_partition(ways.begin(), ways.end(), [&](const WayCost& at) {
    return (request.ef > 0 && (at.way == Way::kGraph || at.way == Way::kLists)) ||
           (request.nprobe > 0 && at.way == Way::kLists);
  });
  // What stands behind a scan, which never fails, is there to be shown.
  return ways;
}

}  // namespace csn::internal
