#include "indexer/internal/subspace_builder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/distance.h"
#include "base/random.h"
#include "base/scan.h"
#include "base/thread_pool.h"
#include "indexer/index_builder.h"
#include "query/evaluation/recall.h"
#include "storage/subspace_index.h"

namespace csn {
namespace {

constexpr size_t kRecallQueries = 1000;
constexpr size_t kRecallK = 10;

double GreatestNorm(MatrixView vectors) {
  double greatest = 0;
  for (size_t row = 0; row < vectors.rows; ++row) {
    double sum = 0;
    for (const float value : vectors.Row(row)) sum += static_cast<double>(value) * value;
    greatest = std::max(greatest, sum);
  }
  return std::sqrt(greatest);
}

std::vector<uint32_t> SampleRows(size_t rows, uint64_t seed) {
  std::vector<uint32_t> sample(rows);
  std::iota(sample.begin(), sample.end(), 0);
  Rng rng(seed);
  const size_t count = std::min(rows, kRecallQueries);
  for (size_t i = 0; i < count; ++i) std::swap(sample[i], sample[i + rng.Below(rows - i)]);
  sample.resize(count);
  return sample;
}

// Measures one index against the exact answers to the same queries, which are found once.
class RecallMeter {
 public:
  RecallMeter(const SubspaceJob& job, MatrixView vectors)
      : job_(job),
        vectors_(vectors),
        queries_(SampleRows(vectors.rows, job.seed)),
        scales_(job.masks->notion_count(), 1.0),
        exact_(queries_.size()) {
    ranking_ = {.masks = job.masks,
                .scales = scales_,
                .weights = NotionWeights(job.masks->notion_count(), 0.0)};
    ranking_.weights[job.notion] = 1;
    ParallelFor(queries_.size(), job.threads, [&](size_t i) {
      ThrowIfStopped(job_.stop);
      exact_[i] = Values(ExactScan(ranking_, Query(i), job_.embeddings, kRecallK, queries_[i]));
    });
  }

  uint64_t queries() const { return queries_.size(); }

  double Measure(const SubspaceIndex& index, int ef_search) const {
    std::vector<std::vector<double>> found(queries_.size());
    ParallelFor(queries_.size(), job_.threads, [&](size_t i) {
      ThrowIfStopped(job_.stop);
      found[i] = Search(index, i, ef_search);
    });
    return RecallAtK(exact_, found, kRecallK);
  }

 private:
  std::span<const float> Query(size_t i) const { return job_.embeddings.Row(queries_[i]); }

  static std::vector<double> Values(const std::vector<Neighbor>& neighbors) {
    std::vector<double> values;
    for (const Neighbor& neighbor : neighbors) values.push_back(neighbor.value);
    return values;
  }

  // As a query is answered: all that the search kept is measured by definition.
  std::vector<double> Search(const SubspaceIndex& index, size_t i, int ef_search) const {
    const SearchOptions options{.k = std::max(kRecallK + 1, static_cast<size_t>(ef_search)),
                                .ef_search = ef_search};
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

}  // namespace

std::string ChooseKey(const std::string& key, uint64_t rows, uint64_t flat_rows) {
  if (key != kAutoKey) return key;
  return rows <= flat_rows ? "Flat" : "HNSW32";
}

SubspaceManifest BuildSubspace(const SubspaceJob& job) {
  const Matrix vectors = Project(*job.masks, job.notion, job.embeddings);
  SubspaceManifest subspace;
  subspace.key = vectors.cols() == 0 ? "Flat" : job.key;
  subspace.scale = job.scale;
  subspace.radius = GreatestNorm(vectors.View());
  const bool exact = IsExactKey(subspace.key);
  IndexOptions options{.key = subspace.key};
  const SubspaceIndex index = SubspaceIndex::Build(options, vectors.View(), job.stop);
  index.Save(job.path);
  if (exact) return subspace;
  subspace.ef_construction = options.ef_construction;
  subspace.ef_search = kFirstEfSearch;
  if (vectors.rows() < 2) return subspace;  // no neighbour to be found
  const RecallMeter meter(job, vectors.View());
  subspace.recall_queries = meter.queries();
  subspace.recall = meter.Measure(index, subspace.ef_search);
  while (subspace.recall < kWantedRecall && subspace.ef_search < kLastEfSearch) {
    subspace.ef_search *= 2;
    subspace.recall = meter.Measure(index, subspace.ef_search);
  }
  return subspace;
}

}  // namespace csn
