// What the page shows beside figures: maps of the subspaces, queries that went well and badly.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/distance.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "query/evaluation/principal_plane.h"
#include "query/evaluation/spaces.h"
#include "tools/eval/eval.h"

namespace csn::cli {
namespace {

constexpr size_t kMapPoints = 300;
constexpr size_t kQueries = 3;  // of the best, and of the worst
constexpr size_t kHits = 6;
constexpr int kThumbnailSide = 72;

// Numbers of the items that are shown, in order of first appearance.
class ShownItems {
 public:
  size_t Number(uint32_t row) {
    const auto [entry, added] = numbers_.emplace(row, rows_.size());
    if (added) rows_.push_back(row);
    return entry->second;
  }
  const std::vector<uint32_t>& rows() const { return rows_; }

 private:
  std::map<uint32_t, size_t> numbers_;
  std::vector<uint32_t> rows_;
};

// Up to kMapPoints rows with a label, dealt out over the values that there are. `order` is the same
// for all notions, so that they show the same items where they can.
std::vector<uint32_t> ChoosePoints(std::span<const uint32_t> order, const Relevance& relevance,
                                   const std::vector<Value>& labels) {
  std::map<std::string, std::vector<uint32_t>> rows_of;
  for (const uint32_t row : order) {
    if (relevance.known[row] == 0) continue;
    rows_of[relevance.numbers.empty() ? ValueText(labels[row]) : ""].push_back(row);
  }
  std::vector<uint32_t> chosen;
  for (size_t round = 0; chosen.size() < kMapPoints; ++round) {
    const size_t before = chosen.size();
    for (const auto& [value, rows] : rows_of) {
      if (round < rows.size() && chosen.size() < kMapPoints) chosen.push_back(rows[round]);
    }
    if (chosen.size() == before) break;
  }
  return chosen;
}

// Into [0, 1], both axes by one factor, the shorter one in the middle.
std::vector<MapPoint> ScalePoints(const PrincipalPlane& plane, std::span<const uint32_t> rows,
                                  ShownItems& shown) {
  std::array<double, 2> low{}, high{};
  for (size_t axis = 0; axis < 2; ++axis) {
    const auto along = [&](uint32_t row) { return plane.points[row][axis]; };
    low[axis] = along(*std::ranges::min_element(rows, {}, along));
    high[axis] = along(*std::ranges::max_element(rows, {}, along));
  }
  const double span = std::max(high[0] - low[0], high[1] - low[1]);
  const auto scaled = [&](uint32_t row, size_t axis) {
    const double middle = (low[axis] + high[axis]) / 2;
    return static_cast<float>(
        span > 0 ? std::clamp(0.5 + (plane.points[row][axis] - middle) / span, 0.0, 1.0) : 0.5);
  };
  std::vector<MapPoint> points;
  for (const uint32_t row : rows) {
    points.push_back({.x = scaled(row, 0), .y = scaled(row, 1), .item = shown.Number(row)});
  }
  return points;
}

struct Subspaces {
  const MaskTable& spaces;
  MatrixView embeddings;
  std::vector<double> scales;
};

ShownQuery MakeQuery(const Subspaces& in, const Relevance& relevance, NotionId space, uint32_t row,
                     double average_precision, ShownItems& shown) {
  ShownQuery query{.item = shown.Number(row), .average_precision = average_precision, .hits = {}};
  std::vector<uint8_t> marks(in.embeddings.rows);
  relevance.mark(row, marks);
  for (const Neighbor& hit :
       NearestKnown(in.spaces, space, in.embeddings, relevance.known, row, kHits)) {
    query.hits.push_back({.item = shown.Number(hit.row),
                          .distance = ShownDistance(hit.value, in.scales[space]),
                          .relevant = marks[hit.row] != 0});
  }
  return query;
}

// The queries with the greatest and the least average precision, ties by sku; none stands in both.
QueryExamples MakeExamples(const Subspaces& in, const Relevance& relevance,
                           const NotionRanking& ranking, NotionId notion, ShownItems& shown) {
  std::vector<size_t> judged;
  for (size_t i = 0; i < ranking.query_rows.size(); ++i) {
    if (!std::isnan(ranking.average_precision[i])) judged.push_back(i);
  }
  QueryExamples examples{.notion = notion, .best = {}, .worst = {}};
  const auto add = [&](size_t count, std::vector<ShownQuery>& queries) {
    for (size_t i = 0; i < std::min(count, judged.size()); ++i) {
      queries.push_back(MakeQuery(in, relevance, notion, ranking.query_rows[judged[i]],
                                  ranking.average_precision[judged[i]], shown));
    }
  };
  const auto precision = [&](size_t i) { return ranking.average_precision[i]; };
  const size_t best = std::min(kQueries, (judged.size() + 1) / 2);
  std::ranges::stable_sort(judged, std::greater(), precision);
  add(best, examples.best);
  const size_t worst = std::min(kQueries, judged.size() - best);
  std::ranges::sort(judged);
  std::ranges::stable_sort(judged, std::less(), precision);
  add(worst, examples.worst);
  return examples;
}

void AddItems(const EvalOptions& options, const TestSet& set, const Catalogue& catalogue,
              const std::vector<uint32_t>& rows, EvalReport& report) {
  report.items.resize(rows.size());
  ParallelFor(rows.size(), options.threads, [&](size_t i) {
    ThrowIfStopped(&Stop());
    const Item& item = set.items[rows[i]];
    ShownItem& shown = report.items[i];
    shown.sku = item.sku;
    for (const std::vector<Value>& labels : set.labels) {
      shown.labels.push_back(ValueText(labels[rows[i]]));
    }
    try {
      shown.thumbnail = {.width = kThumbnailSide,
                         .height = kThumbnailSide,
                         .rgb = PrepareImage(ReadImageFile(catalogue.ImagePath(item)),
                                             {.size = kThumbnailSide, .fit = Fit::kPad})};
    } catch (const Error&) {
      shown.thumbnail = {};  // read before, gone since: a gap in the page
    }
  });
}

}  // namespace

void AddPictures(const EvalOptions& options, const EvalPlan& plan, const TestSet& set,
                 const std::vector<Relevance>& relevance,
                 const std::vector<NotionRanking>& rankings, const Catalogue& catalogue,
                 EvalReport& report) {
  const MaskTable spaces = MeasuredSpaces(plan.models.front().model.masks, plan.models.front().ids);
  const Subspaces in{.spaces = spaces,
                     .embeddings = set.embeddings.front().View(),
                     .scales = NotionScales(spaces, set.embeddings.front().View())};
  std::vector<uint32_t> order(set.items.size());
  std::iota(order.begin(), order.end(), 0);
  Rng rng(options.seed);
  rng.Shuffle(order);
  ShownItems shown;
  for (NotionId c = 0; c < plan.notions.size(); ++c) {
    ThrowIfStopped(&Stop());
    const std::vector<uint32_t> rows = ChoosePoints(order, relevance[c], set.labels[c]);
    if (!rows.empty()) {
      const PrincipalPlane plane = FitPrincipalPlane(Project(spaces, c, in.embeddings).View());
      report.maps.push_back(
          {.notion = c, .explained = plane.explained, .points = ScalePoints(plane, rows, shown)});
    }
    report.examples.push_back(MakeExamples(in, relevance[c], rankings[c], c, shown));
  }
  AddItems(options, set, catalogue, shown.rows(), report);
}

}  // namespace csn::cli
