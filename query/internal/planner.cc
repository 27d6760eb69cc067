#include "query/internal/planner.h"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace csn::internal {
namespace {

// What one core of an AMD EPYC with AVX-512 needs, in seconds, fitted to csn_regret's grid
// (docs/benchmarks.md). Only ratios decide, and as all of it is reading memory these hardly differ
// between machines.
//
// Codes, in order:
constexpr double kCodeByte = 0.021e-9, kCodeRow = 0.1e-9;
// A row that codes let pass, until a filter or its floats keep it out.
constexpr double kPassedRow = 15e-9;
// Floats: cache lines of rows in order, and of rows apart, whose first line comes late where all of
// them do not fit into caches.
constexpr double kLineBytes = 64;
constexpr double kNextRow = 2.5e-9, kNextLine = 1.8e-9;
constexpr double kApartRow = 6e-9, kApartLine = 4e-9, kFirstLineNear = 3e-9, kFirstLineFar = 20e-9;
constexpr double kCacheBytes = 8 << 20;
// By definition, of a row that was just read; more of one that was not.
constexpr double kMeasuredRow = 40e-9, kMeasuredValue = 3e-9, kFetchedRow = 60e-9;
// A graph of 16 links, for each candidate kept; more of each where they are many, or rows do not
// fit into caches.
constexpr double kCandidate = 0.12e-6, kCandidateValue = 0.015e-6;
constexpr double kManyCandidates = 100, kManyRowsBytes = 32 << 20, kFarCandidate = 2;

// Of n rows in no order about k (1 + ln(n / k)) are nearer than all but k - 1 before them; codes
// let some more pass.
constexpr double kPassedByCodes = 2;

// Whether a notion's index can be asked: one example, one notion that tells rows apart, and nothing
// that rows must fulfil beside being near.
bool SuitsIndex(const Request& request) {
  return SoleExample(request) && request.sole &&
         !request.ranking.masks->live_dims(*request.sole).empty() && !request.filter &&
         request.limits.empty() && request.groups == nullptr;
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

double FloatsCost(const Sizes& at, bool apart) {
  double row = kNextRow + at.lines * kNextLine;
  if (apart) {
    const bool far = at.rows * at.row_bytes > kCacheBytes;
    row = kApartRow + (far ? kFirstLineFar : kFirstLineNear) + (at.lines - 1) * kApartLine;
  }
  return at.rows * row + at.hits * at.Measured(false);
}

double GraphCost(const Sizes& at, double candidates, double links) {
  double each = (kCandidate + kCandidateValue * at.values) * links / 16;
  each *= std::max(1.0, std::sqrt(candidates / kManyCandidates));
  if (at.all * at.values * sizeof(float) > kManyRowsBytes) each *= kFarCandidate;
  return candidates * each;
}

}  // namespace

const char* WayName(Way way) {
  switch (way) {
    case Way::kCodes:
      return "codes";
    case Way::kFloats:
      return "floats";
    case Way::kFlatIndex:
      return "flat index";
    case Way::kGraph:
      return "graph";
  }
  return "";
}

std::vector<WayCost> PlanWays(const Generation& generation, const Request& request, size_t k,
                              bool first_page) {
  const Sizes at(generation, request, k);
  std::vector<WayCost> ways;
  ways.push_back({Way::kFloats, FloatsCost(at, request.filter != nullptr)});
  // Without a ceiling for all rows codes tell nothing.
  if (at.coded && request.groups == nullptr) ways.push_back({Way::kCodes, CodesCost(at)});
  if (first_page && SuitsIndex(request)) {
    const SubspaceManifest& subspace = generation.manifest().subspaces[*request.sole];
    if (!IsExactKey(subspace.key)) {
      const int ef = request.ef > 0 ? request.ef : subspace.ef_search;
      if (!request.exact && !request.pages) {
        ways.push_back(
            {Way::kGraph, GraphCost(at, std::max(static_cast<double>(ef), static_cast<double>(k)),
                                    GraphLinks(subspace.key))});
      }
    } else if (!at.coded) {
      // It reads as many floats as the scan, but without those of other notions between.
      ways.push_back(
          {Way::kFlatIndex, at.all * at.lines * kNextLine + at.hits * at.Measured(true)});
    }
  }
  std::ranges::stable_sort(ways, {}, &WayCost::seconds);
  if (request.ef > 0) {
    std::stable_partition(ways.begin(), ways.end(),
                          [](const WayCost& at) { return at.way == Way::kGraph; });
  }
  // What stands behind a scan, which never fails, is there to be shown.
  return ways;
}

}  // namespace csn::internal
