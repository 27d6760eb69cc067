#include "query/internal/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "query/internal/columns.h"
#include "query/internal/diversity.h"
#include "query/internal/filter_reasons.h"

namespace csn::internal {
namespace {

using Step = KeptOut::Step;

constexpr size_t kMostReasons = 3;  // parts of a filter that are told

const char* LimitSign(Query::Limit::Kind kind) {
  switch (kind) {
    case Query::Limit::Kind::kBelow:
      return "<";
    case Query::Limit::Kind::kAtMost:
      return "<=";
    case Query::Limit::Kind::kAbove:
      return ">";
    case Query::Limit::Kind::kAtLeast:
      return ">=";
  }
  return "?";
}

// In four digits, or in all of them where the four would seem to be allowed.
template <typename Allowed>
std::string ShortUnless(double value, const Allowed& allowed) {
  const std::string text = fmt::format("{:.4g}", value);
  return allowed(ParseNumber(text).value_or(value)) ? fmt::format("{}", value) : text;
}

// "none of 299 items is nearer", "nearer than 97 % of 299 items".
std::string StandingText(const NotionStanding& standing, uint64_t items) {
  if (items <= 1) return "the only item";
  if (standing.nearer == 0) return fmt::format("none of {} items is nearer", items);
  const auto percent = [&](uint64_t count) { return 100 * count / (items - 1); };
  if (standing.farther >= standing.nearer) {
    return fmt::format("nearer than {} % of {} items", percent(standing.farther), items);
  }
  return fmt::format("farther than {} % of {} items", percent(standing.nearer), items);
}

class Explainer {
 public:
  Explainer(const Generation& generation, const Request& request, const Query& query,
            const FoundHits& found)
      : generation_(generation),
        request_(request),
        query_(query),
        found_(found),
        examples_(request.examples()),
        all_(AllNotions(request)),
        measurer_(request.ranking, examples_, all_),
        standings_(FindStandings(generation, request, found)) {
    // Its values are what hits' are held against.
    if (request.liked.size() == 1 && std::holds_alternative<std::string>(query.liked.front())) {
      asked_item_ =
          ItemOf(*generation.metadata().RowOf(std::get<std::string>(query.liked.front())));
    }
  }

  std::string Hit(size_t hit) {
    const Neighbor& neighbor = found_.neighbors[hit];
    const Item item = ItemOf(neighbor.row);
    const std::vector<double> shares = Shares(neighbor.row);
    double all = 0;
    for (const double share : shares) all += std::abs(share);
    std::vector<size_t> order(standings_.asked.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](size_t a, size_t b) {
      return std::abs(shares[standings_.asked[a]]) > std::abs(shares[standings_.asked[b]]);
    });
    std::vector<std::string> clauses;
    for (const size_t i : order) {
      const NotionId notion = standings_.asked[i];
      std::string clause = fmt::format("{}{} {:.3f}", Weight(notion) < 0 ? "unlike in " : "",
                                       Name(notion), Shown(notion));
      if (order.size() > 1 && all > 0) {
        clause += fmt::format(" ({} % of the score)", std::lround(100 * shares[notion] / all));
      }
      clause += ", " + StandingText(standings_.hits[hit][i], standings_.items);
      clauses.push_back(clause + ValuesText(notion, item));
    }
    if (request_.groups != nullptr) {
      const std::optional<std::string> value = ValueOf(item, query_.group_by);
      if (value) clauses.push_back(fmt::format("the nearest with {} {}", query_.group_by, *value));
    }
    if (const std::string taken = TakenText(neighbor); !taken.empty()) clauses.push_back(taken);
    return fmt::format("{}", fmt::join(clauses, "; "));
  }

  std::vector<KeptOut> AllKeptOut() {
    std::vector<KeptOut> all;
    for (const StoppedItem& stopped : standings_.stopped) {
      const Item item = ItemOf(stopped.nearest.row);
      all.push_back({.step = stopped.step,
                     .sku = item.sku,
                     .score = stopped.nearest.value,
                     .why = Reason(stopped, item),
                     .nearer = stopped.nearer});
    }
    return all;
  }

 private:
  static std::vector<NotionId> AllNotions(const Request& request) {
    std::vector<NotionId> notions(request.ranking.weights.size());
    for (size_t i = 0; i < notions.size(); ++i) notions[i] = static_cast<NotionId>(i);
    return notions;
  }

  const Notion& NotionOf(NotionId notion) const { return generation_.manifest().notions[notion]; }
  const std::string& Name(NotionId notion) const { return NotionOf(notion).name; }
  double Weight(NotionId notion) const { return request_.ranking.weights[notion]; }

  Item ItemOf(uint32_t row) const {
    return std::move(generation_.metadata().GetMany(std::span(&row, 1)).front());
  }

  // Its terms of the score, [C]; what Shown gives next is of this row.
  std::vector<double> Shares(uint32_t row) {
    measurer_.Score(generation_.embeddings().Row(row));
    std::vector<double> shares(all_.size(), 0.0);
    for (const NotionId notion : standings_.asked) {
      shares[notion] =
          Weight(notion) * measurer_.distance(notion) / request_.ranking.scales[notion];
    }
    return shares;
  }
  double Shown(NotionId notion) const {
    return ShownDistance(measurer_.liked(notion), request_.ranking.scales[notion]);
  }

  // The item's value in a column; nothing where it has none.
  std::optional<std::string> ValueOf(const Item& item, std::string_view column) const {
    if (SameName(column, "sku")) return item.sku;
    const auto at = LookUpColumn(generation_.manifest().columns, column);
    if (!at) return std::nullopt;
    std::string text = ValueText(item.values[*at]);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  }

  // ": closure buckle, as asked for", where the notion's column is one of the index's.
  std::string ValuesText(NotionId notion, const Item& item) const {
    const std::string& column = NotionOf(notion).column;
    if (!LookUpColumn(generation_.manifest().columns, column)) return "";
    const std::optional<std::string> value = ValueOf(item, column);
    std::string what = fmt::format(": {} {}", column, value.value_or("missing"));
    if (!asked_item_) return what;
    const std::optional<std::string> asked = ValueOf(*asked_item_, column);
    if (value && asked == value) return what + ", as asked for";
    return what + fmt::format(", asked for {}", asked.value_or("missing"));
  }

  // Of the items taken before `row`, the one with the least score to it.
  Neighbor NearestTaken(uint32_t row, size_t before) const {
    const Ranking between = BetweenItems(request_);
    const Examples example{.liked = {generation_.embeddings().Row(row)}};
    Measurer measurer(between, example);
    Neighbor nearest;
    for (size_t i = 0; i < before; ++i) {
      const uint32_t taken = found_.taken[i].row;
      const Neighbor neighbor{taken, measurer.Score(generation_.embeddings().Row(taken))};
      if (i == 0 || neighbor < nearest) nearest = neighbor;
    }
    return nearest;
  }

  size_t PoolPlace(const Neighbor& neighbor) const {
    return static_cast<size_t>(std::ranges::find(found_.pool, neighbor) - found_.pool.begin()) + 1;
  }

  // With diversity, of a hit that was not the nearest one left.
  std::string TakenText(const Neighbor& hit) const {
    if (!request_.diversity || request_.diversity->lambda == 0) return "";
    const auto place =
        static_cast<size_t>(std::ranges::find(found_.taken, hit) - found_.taken.begin());
    if (place == 0) return "";
    const Neighbor nearest = NearestTaken(hit.row, place);
    return fmt::format("place {} of {} in the pool, taken as hit {} for its score of {:.4f} to {}",
                       PoolPlace(hit), found_.pool.size(), place + 1, nearest.value,
                       ItemOf(nearest.row).sku);
  }

  std::string FilterText(const StoppedItem& stopped, const Item& item) const {
    const std::vector<FilterReason> reasons =
        WhyFilteredOut(generation_.metadata(), query_.where, stopped.nearest.row);
    std::vector<std::string> texts;
    for (const FilterReason& reason : reasons) {
      if (texts.size() == kMostReasons) {
        texts.push_back(fmt::format("{} more", reasons.size() - kMostReasons));
        break;
      }
      texts.push_back(fmt::format("{} {}: {} is {}", reason.text,
                                  reason.holds ? "is so" : "is not so", reason.column,
                                  ValueOf(item, reason.column).value_or("missing")));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
  }

  std::string LimitText(uint32_t row) {
    Shares(row);
    std::vector<std::string> texts;
    for (const NotionLimit& limit : request_.limits) {
      const double shown = Shown(limit.notion);
      if (limit.Allows(shown)) continue;
      texts.push_back(fmt::format("{} is {}, required {} {}", Name(limit.notion),
                                  ShortUnless(shown, [&](double at) { return limit.Allows(at); }),
                                  LimitSign(limit.kind), limit.distance));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
  }

  std::string GroupText(const StoppedItem& stopped, const Item& item) const {
    const std::vector<uint32_t>& groups = request_.groups->of_row;
    const auto same = [&](const Neighbor& hit) {
      return groups[hit.row] == groups[stopped.nearest.row];
    };
    const auto nearer = std::ranges::find_if(found_.neighbors, same);
    return fmt::format("{} is nearer with {} {}",
                       nearer == found_.neighbors.end() ? "another item" : ItemOf(nearer->row).sku,
                       query_.group_by, ValueOf(item, query_.group_by).value_or("missing"));
  }

  std::string DiversityText(const Neighbor& neighbor) const {
    const size_t before = request_.after ? request_.after->hits : 0;
    const Neighbor nearest =
        NearestTaken(neighbor.row, std::min(before + found_.neighbors.size(), found_.taken.size()));
    return fmt::format(
        "place {} of {} in the pool, but its score to {}, a hit, is no more than {:.4f}",
        PoolPlace(neighbor), found_.pool.size(), ItemOf(nearest.row).sku, nearest.value);
  }

  // How far the next one is behind the last hit, and in what.
  std::string NextText(const Neighbor& next) {
    const uint64_t rank = (request_.after ? request_.after->hits : 0) + found_.neighbors.size();
    if (request_.diversity) return fmt::format("it would be hit {}", rank + 1);
    const Neighbor& last = found_.neighbors.back();
    if (next.value == last.value) {
      return fmt::format("as near as hit {}; ties go by sku", rank);
    }
    const std::vector<double> of_last = Shares(last.row), of_next = Shares(next.row);
    std::vector<NotionId> order = standings_.asked;
    const auto behind = [&](NotionId notion) { return of_next[notion] - of_last[notion]; };
    std::ranges::stable_sort(order, [&](NotionId a, NotionId b) { return behind(a) > behind(b); });
    std::vector<std::string> parts;
    for (const NotionId notion : order) {
      parts.push_back(fmt::format("{} {:+.4f}", Name(notion), behind(notion)));
    }
    return fmt::format("its score is {:.4f} greater than that of hit {}: {}",
                       next.value - last.value, rank, fmt::join(parts, ", "));
  }

  std::string Reason(const StoppedItem& stopped, const Item& item) {
    switch (stopped.step) {
      case Step::kWhere:
        return FilterText(stopped, item);
      case Step::kRequire:
        return LimitText(stopped.nearest.row);
      case Step::kMaxDistance:
        return fmt::format("{} away, at most {} allowed",
                           ShortUnless(std::sqrt(stopped.nearest.value),
                                       [&](double at) { return at <= request_.max_distance; }),
                           request_.max_distance);
      case Step::kGroupBy:
        return GroupText(stopped, item);
      case Step::kDiversity:
        return DiversityText(stopped.nearest);
      case Step::kIndex:
        return "the approximate index did not find it; an exact answer has it";
      case Step::kNext:
        return NextText(stopped.nearest);
    }
    return "";
  }

  const Generation& generation_;
  const Request& request_;
  const Query& query_;
  const FoundHits& found_;
  const Examples examples_;
  const std::vector<NotionId> all_;
  Measurer measurer_;
  const Standings standings_;
  std::optional<Item> asked_item_;
};

}  // namespace

void Explain(const Generation& generation, const Request& request, const Query& query,
             const FoundHits& found, Answer& answer) {
  Explainer explainer(generation, request, query, found);
  for (size_t i = 0; i < answer.hits.size(); ++i) answer.hits[i].why = explainer.Hit(i);
  answer.kept_out = explainer.AllKeptOut();
}

}  // namespace csn::internal
