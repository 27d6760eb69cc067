#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/thread_pool.h"
#include "query/evaluation/spaces.h"
#include "query/evaluation/triplet_error.h"
#include "tools/eval/eval.h"
#include "tools/eval/probes.h"

namespace csn::cli {
namespace {

constexpr size_t kDefaultCount = 10'000;  // triplets a notion
constexpr size_t kDetailK = 10;

// The triplets that all models are measured on.
struct EvalTriplets {
  std::vector<std::vector<Triplet>> lists;  // [C], of rows of the test set
  std::string source;                       // in words
};

// What all models are measured on.
struct Shared {
  const EvalOptions& options;
  const EvalPlan& plan;
  const TestSet& set;
  EvalTriplets triplets;
  std::vector<Relevance> relevance;  // [C]
  std::vector<ProbeSet> probes;
  std::vector<size_t> ks;

  uint64_t SeedOf(size_t notion) const { return options.seed + Hash64(plan.notions[notion].name); }
};

// The figures of one model, and what comparing and showing needs of them.
struct Measured {
  EvaluatedModel model;
  std::vector<NotionRanking> rankings;        // one for each of EvalModel::measured
  std::vector<std::vector<double>> mistakes;  // [C] of the plan, one a triplet; empty: not measured
};

std::vector<Relevance> MakeRelevance(const LabelTable& labels, const TestSet& set) {
  std::vector<Relevance> all;
  for (NotionId c = 0; c < labels.notions().size(); ++c) {
    Relevance& relevance = all.emplace_back();
    const bool numeric = labels.notions()[c].kind == NotionKind::kNumeric;
    for (uint32_t row = 0; row < set.items.size(); ++row) {
      relevance.known.push_back(labels.Known(c, row) ? 1 : 0);
      if (!numeric) continue;
      const double* number = std::get_if<double>(&set.labels[c][row]);
      relevance.numbers.push_back(number == nullptr ? 0 : *number);
    }
    relevance.mark = [&labels, c](uint32_t query, std::span<uint8_t> relevant) {
      for (uint32_t x = 0; x < relevant.size(); ++x) {
        relevant[x] = labels.Close(c, query, x) ? 1 : 0;
      }
    };
  }
  return all;
}

// The lists as triplets of test items.
EvalTriplets TakeTriplets(const EvalOptions& options, const EvalPlan& plan, const TestSet& set,
                          ProgressPrinter& progress) {
  EvalTriplets triplets{.lists = std::vector<std::vector<Triplet>>(plan.notions.size()),
                        .source = "the test lists of " + options.triplets};
  const TestLists& lists = *plan.lists;
  const ImageRows finder(lists.images);
  std::vector<size_t> rows;
  for (const Item& item : set.items) rows.push_back(finder.Find(item.image));
  const std::vector<uint32_t> item_of = ItemsOfRows(rows, lists.images.size());
  for (const TestList& list : lists.lists) {
    uint64_t dropped = 0;
    std::vector<Triplet>& items = triplets.lists[FindNotion(plan.notions, list.name)];
    items = ItemTriplets(list.triplets, item_of, options.count.value_or(0), options.seed, dropped);
    const std::string line = fmt::format(
        "triplets of {}: {} of the {} in the list; {} have photographs that are no "
        "test items",
        list.name, Grouped(items.size()), Grouped(list.triplets.size()), Grouped(dropped));
    if (items.empty()) {
      progress.Warn(line);
    } else {
      progress.Line(line);
    }
  }
  return triplets;
}

EvalTriplets DrawTriplets(const EvalOptions& options, const EvalPlan& plan,
                          const LabelTable& labels, ProgressPrinter& progress) {
  const size_t count = options.count.value_or(kDefaultCount);
  EvalTriplets triplets;
  triplets.source = fmt::format("{} a notion, drawn from the labels of the test items by seed {}",
                                Grouped(count), options.seed);
  std::vector<uint32_t> items;
  for (uint32_t row = 0; row < labels.size(); ++row) items.push_back(row);
  for (NotionId c = 0; c < plan.notions.size(); ++c) {
    const std::string& name = plan.notions[c].name;
    Rng rng(options.seed + Hash64(name));
    triplets.lists.push_back(TripletSampler(labels, c, items).Sample(count, rng));
    if (triplets.lists.back().empty()) {
      progress.Warn(fmt::format(
          "notion {}: the test items hold no triplet (two alike and one unlike), so no error",
          name));
    }
  }
  return triplets;
}

void MeasureErrors(const Shared& shared, const EvalModel& of, const MaskTable& spaces,
                   MatrixView embeddings, Measured& measured) {
  const size_t notions = of.measured.size();
  EvaluatedModel& model = measured.model;
  model.leakage.assign(notions, std::vector<double>(notions, std::nan("")));
  measured.mistakes.resize(shared.plan.notions.size());
  ParallelFor(notions, shared.options.threads, [&](size_t j) {
    const size_t c = of.measured[j];
    const std::vector<Triplet>& triplets = shared.triplets.lists[c];
    NotionScores& scores = model.notions[j];
    scores.triplets = triplets.size();
    if (triplets.empty()) return;
    for (NotionId space = 0; space <= notions; ++space) {
      ThrowIfStopped(&Stop());
      const TripletValues list{triplets, TripletMistakes(spaces, space, embeddings, triplets)};
      const auto interval = [&] {
        return MeanOverTriplets({&list, 1}, embeddings.rows, shared.SeedOf(c));
      };
      double sum = 0;
      for (const double mistake : list.values) sum += mistake;
      if (space < notions) model.leakage[space][j] = sum / static_cast<double>(triplets.size());
      if (space == notions) scores.whole_error = interval();
      if (space != j) continue;
      scores.triplet_error = interval();
      measured.mistakes[c] = list.values;
    }
  });
}

// Pooled over the notions for which `values` gives some.
template <typename Values>
Interval Pool(const Shared& shared, const Values& values, const Bounds& bounds) {
  std::vector<TripletValues> lists;
  for (size_t c = 0; c < shared.plan.notions.size(); ++c) {
    std::vector<double> list = values(c);
    if (!list.empty()) lists.push_back({shared.triplets.lists[c], std::move(list)});
  }
  return MeanOverTriplets(lists, shared.set.items.size(), shared.options.seed, bounds);
}

void MeasureRanks(const Shared& shared, const EvalModel& of, const MaskTable& spaces,
                  MatrixView embeddings, const ProgressSink& progress, Measured& measured) {
  std::vector<Relevance> relevance;
  for (const size_t c : of.measured) relevance.push_back(shared.relevance[c]);
  measured.rankings = MeasureRankings(spaces, embeddings, relevance,
                                      {.ks = shared.ks,
                                       .detail_k = kDetailK,
                                       .threads = shared.options.threads,
                                       .progress = progress,
                                       .stop = &Stop()});
  for (size_t i = 0; i < of.measured.size(); ++i) {
    const NotionRanking& ranking = measured.rankings[i];
    NotionScores& scores = measured.model.notions[i];
    scores.queries = ranking.queries;
    scores.judged = ranking.judged;
    scores.masked = ranking.masked;
    scores.whole = ranking.whole;
    scores.chance = ranking.chance;
    scores.precision_at_10 = BootstrapMean(ranking.precision, shared.SeedOf(of.measured[i]));
  }
}

Measured MeasureModel(const Shared& shared, size_t at, const ProgressSink& progress) {
  const EvalModel& of = shared.plan.models[at];
  const MatrixView embeddings = shared.set.embeddings[at].View();
  Measured measured;
  EvaluatedModel& model = measured.model;
  model.path = of.path;
  model.header = of.model;
  model.header.tensors.clear();
  model.header.seen_photographs.clear();
  for (size_t i = 0; i < of.measured.size(); ++i) {
    NotionScores& scores = model.notions.emplace_back();
    scores.notion = shared.plan.notions[of.measured[i]];
    scores.live_dims = static_cast<int>(of.model.masks.live_dims(of.ids[i]).size());
    model.triplets += shared.triplets.lists[of.measured[i]].size();
  }
  const MaskTable spaces = MeasuredSpaces(of.model.masks, of.ids);
  MeasureErrors(shared, of, spaces, embeddings, measured);
  model.pooled_error = Pool(shared, [&](size_t c) { return measured.mistakes[c]; }, {});
  MeasureRanks(shared, of, spaces, embeddings, progress, measured);
  for (size_t i = 0; i < shared.probes.size(); ++i) {
    if (progress) {
      progress({.stage = "probing", .done = i, .total = shared.probes.size(), .unit = "columns"});
    }
    model.probes.push_back(MeasureProbe(shared.options, shared.probes[i], embeddings));
  }
  return measured;
}

// The first model's mistakes taken off another's, triplet by triplet.
void CompareWithFirst(const Shared& shared, const Measured& first, Measured& other) {
  constexpr Bounds kBounds{.low = -1, .high = 1};
  const auto differences = [&](size_t c) {
    std::vector<double> values = other.mistakes[c];
    for (size_t t = 0; t < values.size(); ++t) values[t] -= first.mistakes[c][t];
    return values;
  };
  for (size_t i = 0; i < other.model.notions.size(); ++i) {
    const size_t c = FindNotion(shared.plan.notions, other.model.notions[i].notion.name);
    if (shared.triplets.lists[c].empty()) continue;
    const TripletValues list{shared.triplets.lists[c], differences(c)};
    other.model.notions[i].error_difference =
        MeanOverTriplets({&list, 1}, shared.set.items.size(), shared.SeedOf(c), kBounds);
  }
  if (other.model.triplets > 0) {
    other.model.pooled_difference = Pool(shared, differences, kBounds);
  }
}

EvalReport ReportHead(const Shared& shared, const Catalogue& catalogue) {
  EvalReport report;
  report.title = "Evaluation of " + shared.options.models.front();
  report.catalogue = catalogue.path();
  report.triplets = shared.triplets.source;
  report.seed = shared.options.seed;
  report.test_items = shared.set.items.size();
  report.unseen = shared.set.unseen;
  report.rejected = shared.set.counts.rejected;
  report.catalogue_rows = shared.set.counts.rows;
  report.ks = shared.ks;
  report.k = shared.options.k;
  return report;
}

std::vector<size_t> RanksAsked(size_t k) {
  std::vector<size_t> ks = {1, kDetailK, 100, k};
  std::ranges::sort(ks);
  ks.erase(std::unique(ks.begin(), ks.end()), ks.end());
  return ks;
}

}  // namespace

EvalReport MeasureAll(const EvalOptions& options, const EvalPlan& plan, const TestSet& set,
                      const Catalogue& catalogue, ProgressPrinter& progress) {
  const LabelTable labels(plan.notions, set.labels);
  const Shared shared{.options = options,
                      .plan = plan,
                      .set = set,
                      .triplets = plan.lists ? TakeTriplets(options, plan, set, progress)
                                             : DrawTriplets(options, plan, labels, progress),
                      .relevance = MakeRelevance(labels, set),
                      .probes = MakeProbeSets(options, plan, set, progress),
                      .ks = RanksAsked(options.k)};
  EvalReport report = ReportHead(shared, catalogue);
  Measured first = MeasureModel(shared, 0, progress.sink());
  report.models.push_back(first.model);
  for (size_t m = 1; m < plan.models.size(); ++m) {
    Measured other = MeasureModel(shared, m, progress.sink());
    CompareWithFirst(shared, first, other);
    report.models.push_back(std::move(other.model));
  }
  if (!options.report.empty()) {
    AddPictures(options, plan, set, shared.relevance, first.rankings, catalogue, report);
  }
  return report;
}

}  // namespace csn::cli
