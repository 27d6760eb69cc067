#include "indexer/internal/subspace_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <numeric>

#include "base/box_tree.h"
#include "base/code_scan.h"
#include "base/distance.h"
#include "base/error.h"
#include "base/random.h"
#include "base/scan.h"
#include "base/thread_pool.h"
#include "indexer/index_plan.h"
#include "query/evaluation/bootstrap.h"
#include "query/evaluation/recall.h"
#include "storage/code_file.h"
#include "storage/index_device.h"
#include "storage/layout.h"
#include "storage/subspace_index.h"

namespace csn {
namespace {

constexpr size_t kRecallQueries = 1000;
constexpr size_t kRecallK = 10;
constexpr size_t kTreeQueries = 100;
constexpr size_t kTogether = 64;  // queries that read codes together

double GreatestNorm(MatrixView vectors) {
  double greatest = 0;
  for (size_t row = 0; row < vectors.rows; ++row) {
    double sum = 0;
    for (const float value : vectors.Row(row)) sum += static_cast<double>(value) * value;
    greatest = std::max(greatest, sum);
  }
  return std::sqrt(greatest);
}

std::vector<uint32_t> SampleRows(size_t rows, size_t most, uint64_t seed) {
  std::vector<uint32_t> sample(rows);
  std::iota(sample.begin(), sample.end(), 0);
  Rng rng(seed);
  const size_t count = std::min(rows, most);
  for (size_t i = 0; i < count; ++i) std::swap(sample[i], sample[i + rng.Below(rows - i)]);
  sample.resize(count);
  return sample;
}

// How widely an approximate index is searched.
struct Width {
  int ef_search = kFirstEfSearch;
  int nprobe = 0;  // of lists
};

// Measures one index against the exact answers to the same queries, which are found once.
class RecallMeter {
 public:
  // `codes`: where the notion has some.
  RecallMeter(const SubspaceJob& job, MatrixView vectors, const std::optional<RowCodes>& codes)
      : job_(job),
        vectors_(vectors),
        queries_(SampleRows(vectors.rows, kRecallQueries, job.seed)),
        scales_(job.masks->notion_count(), 1.0),
        exact_(queries_.size()) {
    ranking_ = {.masks = job.masks,
                .scales = scales_,
                .weights = NotionWeights(job.masks->notion_count(), 0.0)};
    ranking_.weights[job.notion] = 1;
    const size_t lots = (queries_.size() + kTogether - 1) / kTogether;
    ParallelFor(lots, job.threads, [&](size_t lot) {
      ThrowIfStopped(job_.stop);
      const size_t first = lot * kTogether;
      const auto some =
          std::span(queries_).subspan(first, std::min(kTogether, queries_.size() - first));
      const std::vector<std::vector<Neighbor>> nearest = Nearest(some, codes);
      for (size_t i = 0; i < some.size(); ++i) exact_[first + i] = Values(nearest[i]);
    });
  }

  MeasuredRecall Measure(const SubspaceIndex& index, const Width& width) const {
    std::vector<std::vector<double>> found(queries_.size());
    ParallelFor(queries_.size(), job_.threads, [&](size_t i) {
      ThrowIfStopped(job_.stop);
      found[i] = Search(index, i, width);
    });
    const Interval recall = BootstrapMean(RecallsAtK(exact_, found, kRecallK), job_.seed);
    // The rule of three: however many queries miss nothing, so many more might.
    return {.value = recall.value,
            .low = std::min(recall.low, GreatestProvableRecall(vectors_.rows)),
            .high = recall.high,
            .queries = queries_.size()};
  }

 private:
  std::span<const float> Query(size_t i) const { return job_.embeddings.Row(queries_[i]); }

  std::vector<std::vector<Neighbor>> Nearest(std::span<const uint32_t> queries,
                                             const std::optional<RowCodes>& codes) const {
    if (codes) {
      const std::vector<CodesView> views(job_.masks->notion_count(), codes->View());
      return NearestByCodes(ranking_, queries, job_.embeddings, views, kRecallK);
    }
    std::vector<std::vector<Neighbor>> nearest;
    for (const uint32_t query : queries) {
      nearest.push_back(
          ExactScan(ranking_, job_.embeddings.Row(query), job_.embeddings, kRecallK, query));
    }
    return nearest;
  }

  static std::vector<double> Values(const std::vector<Neighbor>& neighbors) {
    std::vector<double> values;
    for (const Neighbor& neighbor : neighbors) values.push_back(neighbor.value);
    return values;
  }

  // As a query is answered: all that the search kept is measured by definition.
  std::vector<double> Search(const SubspaceIndex& index, size_t i, const Width& width) const {
    const SearchOptions options{.k = std::max(kRecallK + 1, static_cast<size_t>(width.ef_search)),
                                .ef_search = width.ef_search,
                                .nprobe = width.nprobe};
    const MatrixView query{vectors_.Row(queries_[i]).data(), 1, vectors_.cols};
    std::vector<uint32_t> rows;
    const std::vector<std::vector<Neighbor>> answers = index.Search(options, query);
    for (const Neighbor& neighbor : answers.front()) {
      if (neighbor.row != queries_[i]) rows.push_back(neighbor.row);
    }
    return Values(Rescore(ranking_, Query(i), job_.embeddings, rows, kRecallK));
  }

  const SubspaceJob& job_;
  MatrixView vectors_;
  std::vector<uint32_t> queries_;  // rows
  std::vector<double> scales_;
  std::vector<std::vector<double>> exact_;
  Ranking ranking_;
};

// What searches for rows of the index look at of its tree.
TreeShares MeasureTree(const SubspaceJob& job, const BoxTree& tree) {
  const std::vector<double> scales(job.masks->notion_count(), 1.0);
  Ranking ranking{.masks = job.masks,
                  .scales = scales,
                  .weights = NotionWeights(job.masks->notion_count(), 0.0)};
  ranking.weights[job.notion] = 1;
  const std::vector<uint32_t> queries = SampleRows(job.embeddings.rows, kTreeQueries, job.seed);
  constexpr std::array<size_t, 3> kKs = {10, 100, 1000};
  std::vector<std::array<size_t, kKs.size()>> blocks(queries.size());
  ParallelFor(queries.size(), job.threads, [&](size_t i) {
    ThrowIfStopped(job.stop);
    for (size_t at = 0; at < kKs.size(); ++at) {
      blocks[i][at] =
          NearestInTree(ranking, job.embeddings.Row(queries[i]), job.embeddings, tree, kKs[at])
              .blocks;
    }
  });
  std::array<size_t, kKs.size()> sums{};
  for (const auto& of_query : blocks) {
    for (size_t at = 0; at < kKs.size(); ++at) sums[at] += of_query[at];
  }
  const auto all = static_cast<double>(queries.size() * tree.codes().blocks());
  return {.for_10 = static_cast<double>(sums[0]) / all,
          .for_100 = static_cast<double>(sums[1]) / all,
          .for_1000 = static_cast<double>(sums[2]) / all};
}

// Notions whose rows all tie need none.
std::optional<RowCodes> WriteCodes(const SubspaceJob& job, SubspaceManifest& subspace) {
  const size_t live = job.masks->live_dims(job.notion).size();
  if (!HasCodes(live)) return std::nullopt;
  RowCodes codes(*job.masks, job.notion, job.embeddings);
  CodeFile::Write(job.folder + "/" + layout::NotionCodes(job.notion), codes.View());
  if (!HasTree(job.embeddings.rows, live)) return codes;
  ThrowIfStopped(job.stop);
  const RowCodes ordered = codes.InTreeOrder();
  CodeFile::Write(job.folder + "/" + layout::NotionTree(job.notion), ordered.View());
  subspace.tree = MeasureTree(job, BoxTree(ordered.View()));
  return codes;
}

void SetSearch(const IndexOptions& options, const Width& width, SubspaceManifest& subspace) {
  const bool graph = ParseIndexKey(options.key).kind == IndexKind::kGraph;
  subspace.ef_construction = graph ? options.ef_construction : 0;
  subspace.ef_search = width.ef_search;
  subspace.nprobe = width.nprobe;
}

// Without a target the mean alone is looked at: what nobody asked for need not be proven.
bool Reaches(const SubspaceJob& job, const MeasuredRecall& recall) {
  return job.target_recall ? recall.low >= *job.target_recall : recall.value >= kWantedRecall;
}

// Widens the search step by step until the recall is what is wanted, or as far as it goes.
class SearchWidener {
 public:
  SearchWidener(const SubspaceJob& job, const RecallMeter& meter, const SubspaceIndex& index,
                const IndexOptions& options, SubspaceManifest& subspace)
      : job_(job), meter_(meter), index_(index), options_(options), subspace_(subspace) {}

  void Widen() {
    const IndexKey key = ParseIndexKey(options_.key);
    if (key.has_lists()) {
      WidenLists(key);
    } else {
      WidenCandidates({});
    }
  }

 private:
  bool Try(const Width& width) {
    SetSearch(options_, width, subspace_);
    const double target = subspace_.recall.target;
    subspace_.recall = meter_.Measure(index_, width);
    subspace_.recall.target = target;
    return Reaches(job_, subspace_.recall);
  }

  // Doubles the candidates.
  void WidenCandidates(Width width) {
    while (!Try(width) && width.ef_search < kLastEfSearch) width.ef_search *= 2;
  }

  // Doubles the lists. Their distances order floats, so more candidates would find no more; those
  // of a product quantizer do not, and a candidate more is cheaper than a list more.
  void WidenLists(const IndexKey& key) {
    const bool estimated = key.kind == IndexKind::kPqLists;
    const int most = estimated ? kLastEfSearch : kFirstEfSearch;
    for (int nprobe = 1;; nprobe = std::min(2 * nprobe, key.lists)) {
      if (Try({.ef_search = most, .nprobe = nprobe})) {
        if (estimated) WidenCandidates({.nprobe = nprobe});
        return;
      }
      if (nprobe == key.lists) return;
    }
  }

  const SubspaceJob& job_;
  const RecallMeter& meter_;
  const SubspaceIndex& index_;
  const IndexOptions& options_;
  SubspaceManifest& subspace_;
};

// As a message says it.
std::string WidthText(const SubspaceManifest& subspace) {
  if (subspace.nprobe == 0) return fmt::format("ef {}", subspace.ef_search);
  return fmt::format("nprobe {} and ef {}", subspace.nprobe, subspace.ef_search);
}

// The CUDA device that trains lists, where there are any, told to the job's sink.
std::optional<int> PlaceTraining(const SubspacesJob& job, const IndexPlan& plan) {
  const bool lists = std::ranges::any_of(plan.subspaces, [](const IndexPlan::Subspace& subspace) {
    return ParseIndexKey(subspace.key).has_lists();
  });
  if (!lists) return std::nullopt;
  const IndexDevice placed = PlaceIndexes(job.device);
  if (job.note) job.note("training indexes on " + placed.text);
  return placed.cuda;
}

}  // namespace

double GreatestProvableRecall(uint64_t rows) {
  const uint64_t queries = std::min<uint64_t>(rows, kRecallQueries);
  return queries == 0 ? 0 : std::max(0.0, 1 - 3 / static_cast<double>(queries));
}

void CheckTargetRecall(const std::optional<double>& target, const std::string& key, uint64_t rows) {
  if (!target) return;
  Require(*target > 0 && *target <= 1, "target recall: expected more than 0 and at most 1, got {}",
          *target);
  if (key == kAutoKey || IsExactKey(key) || *target <= GreatestProvableRecall(rows)) return;
  Fail(ErrorCode::kTargetNotMet,
       "target recall {}: of {} rows no more than {:.4f} can be shown for an approximate index, "
       "such as {}",
       *target, rows, GreatestProvableRecall(rows), key);
}

SubspaceManifest BuildSubspace(const SubspaceJob& job) {
  SubspaceManifest subspace;
  std::optional<RowCodes> codes = WriteCodes(job, subspace);
  const Matrix vectors = Project(*job.masks, job.notion, job.embeddings);
  const std::string path = job.folder + "/" + layout::NotionIndex(job.notion);
  subspace.scale = job.scale;
  subspace.radius = GreatestNorm(vectors.View());
  subspace.recall.target = job.target_recall.value_or(0);
  const auto build = [&](const IndexOptions& options) {
    subspace.key = options.key;
    return SubspaceIndex::Build(options, vectors.View(), job.stop);
  };
  const bool no_graph = job.else_flat && job.target_recall &&
                        *job.target_recall > GreatestProvableRecall(vectors.rows());
  const IndexOptions options{.key = vectors.cols() == 0 || no_graph ? "Flat" : job.key,
                             .cuda = job.cuda,
                             .note = job.note};
  SubspaceIndex index = build(options);
  // Of fewer than two rows none has a neighbour to be found.
  if (IsExactKey(subspace.key) || vectors.rows() < 2) {
    if (!IsExactKey(subspace.key)) {
      SetSearch(options, {.nprobe = ParseIndexKey(subspace.key).has_lists() ? 1 : 0}, subspace);
    }
    index.Save(path);
    return subspace;
  }
  const RecallMeter meter(job, vectors.View(), codes);
  codes.reset();
  SearchWidener(job, meter, index, options, subspace).Widen();
  const bool reached = Reaches(job, subspace.recall);
  if (!reached && job.else_flat) {
    subspace.ef_construction = subspace.ef_search = subspace.nprobe = 0;
    subspace.recall = {.target = subspace.recall.target};
    index = build({.key = "Flat"});
  } else if (!reached && job.target_recall) {
    Fail(ErrorCode::kTargetNotMet,
         "notion {}: index {} has recall@10 {:.4f} ({:.4f} to {:.4f} by {} queries) at {}, "
         "expected {} or more at the lower end; nothing is published",
         job.name, subspace.key, subspace.recall.value, subspace.recall.low, subspace.recall.high,
         subspace.recall.queries, WidthText(subspace), *job.target_recall);
  }
  index.Save(path);
  return subspace;
}

std::vector<SubspaceManifest> BuildSubspaces(const SubspacesJob& job) {
  const std::vector<double> scales = NotionScales(job.masks, job.embeddings);
  const size_t count = job.masks.notion_count();
  const IndexPlan plan = PlanIndex(job.notions, job.masks, job.embeddings.rows, job.plan);
  const std::optional<int> cuda = PlaceTraining(job, plan);
  std::vector<SubspaceManifest> subspaces(count);
  std::mutex mutex;
  uint64_t done = 0;
  const auto tell = [&](uint64_t finished) {
    if (!job.progress) return;
    job.progress(
        {.stage = "building indexes", .done = finished, .total = count, .unit = "notions"});
  };
  const LineSink note = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    if (job.note) job.note(line);
  };
  tell(0);
  ParallelFor(count, job.threads, [&](size_t notion) {
    ThrowIfStopped(job.stop);
    if (!plan.subspaces[notion].same_as) {
      subspaces[notion] =
          BuildSubspace({.masks = &job.masks,
                         .notion = static_cast<NotionId>(notion),
                         .name = job.notions[notion].name,
                         .embeddings = job.embeddings,
                         .scale = scales[notion],
                         .key = plan.subspaces[notion].key,
                         .target_recall = job.target_recall,
                         .else_flat = job.plan.index_key == kAutoKey,
                         .seed = job.seed,
                         .threads = std::max(1, job.threads / static_cast<int>(count)),
                         .folder = job.folder,
                         .stop = job.stop,
                         .cuda = cuda,
                         .note = note});
    }
    const std::lock_guard lock(mutex);
    tell(++done);
  });
  for (size_t notion = 0; notion < count; ++notion) {
    const std::optional<NotionId> same_as = plan.subspaces[notion].same_as;
    if (!same_as) continue;
    subspaces[notion] = subspaces[*same_as];
    subspaces[notion].same_as = same_as;
  }
  return subspaces;
}

uint64_t SubspaceBytes(const std::string& folder, NotionId notion) {
  uint64_t bytes = std::filesystem::file_size(folder + "/" + layout::NotionIndex(notion));
  for (const std::string& name : {layout::NotionCodes(notion), layout::NotionTree(notion)}) {
    const std::string path = folder + "/" + name;
    if (std::filesystem::exists(path)) bytes += std::filesystem::file_size(path);
  }
  return bytes;
}

std::vector<SubspaceReport> DescribeSubspaces(const Manifest& manifest, const std::string& folder) {
  std::vector<SubspaceReport> reports;
  for (NotionId notion = 0; notion < manifest.notions.size(); ++notion) {
    reports.push_back(
        {.notion = manifest.notions[notion].name,
         .live_dims = manifest.masks.live_dims(notion).size(),
         .key = manifest.subspaces[notion].key,
         .recall = manifest.subspaces[notion].recall,
         .bytes = SubspaceBytes(folder, manifest.subspaces[notion].same_as.value_or(notion))});
  }
  return reports;
}

}  // namespace csn
