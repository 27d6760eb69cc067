#include "tools/bench/bench_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace csn {
namespace {

constexpr size_t kRowsOfACluster = 50;
constexpr double kSpread = 0.25;  // of a cluster, where centres are standard normal
constexpr double kNoise = 0.3;
constexpr size_t kRowsBetweenStops = 10'000;
constexpr double kBrands = 1000;
constexpr double kMedianPrice = 40;

// Rows [.., dims] of one notion: what they have in common is drawn once.
class NotionSource {
 public:
  NotionSource(const SyntheticOptions& options, Rng& rng) : options_(options) {
    const bool clusters = options.kind == SyntheticKind::kClusters;
    basis_ = Matrix(clusters ? Clusters() : Factors(), options.dims);
    const double scale = clusters ? 1 : 1 / std::sqrt(static_cast<double>(basis_.rows()));
    for (size_t i = 0; i < basis_.rows(); ++i) {
      for (float& value : basis_.Row(i)) value = static_cast<float>(scale * rng.Normal());
    }
  }

  // What decides where a row lies: a cluster's number, or the factors.
  std::vector<double> Draw(Rng& rng) const {
    if (options_.kind == SyntheticKind::kClusters) {
      return {static_cast<double>(rng.Below(basis_.rows()))};
    }
    std::vector<double> factors(basis_.rows());
    for (double& factor : factors) factor = rng.Normal();
    return factors;
  }
  // The same of a row of which the first notion's are known.
  std::vector<double> DrawWith(const std::vector<double>& first, Rng& rng) const {
    std::vector<double> own = Draw(rng);
    if (options_.kind == SyntheticKind::kClusters) {
      return rng.Uniform() < options_.correlation ? first : own;
    }
    const double with = std::sqrt(options_.correlation),
                 without = std::sqrt(1 - options_.correlation);
    for (size_t i = 0; i < own.size(); ++i) own[i] = with * first[i] + without * own[i];
    return own;
  }
  void Place(const std::vector<double>& where, Rng& rng, std::span<float> row) const {
    if (options_.kind == SyntheticKind::kClusters) {
      const std::span<const float> centre = basis_.Row(static_cast<size_t>(where[0]));
      for (size_t k = 0; k < row.size(); ++k) {
        row[k] = static_cast<float>(centre[k] + kSpread * rng.Normal());
      }
      return;
    }
    for (size_t k = 0; k < row.size(); ++k) {
      double sum = kNoise * rng.Normal();
      for (size_t i = 0; i < where.size(); ++i) sum += where[i] * basis_.Row(i)[k];
      row[k] = static_cast<float>(sum);
    }
  }

 private:
  size_t Clusters() const { return std::max<size_t>(1, options_.rows / kRowsOfACluster); }
  // 3 of 4 dimensions, 5 of 8, 7 of 16, 15 of 64.
  size_t Factors() const {
    return static_cast<size_t>(std::ceil(2 * std::sqrt(static_cast<double>(options_.dims)))) - 1;
  }

  const SyntheticOptions& options_;
  Matrix basis_;  // centres or what factors do, [.., dims]
};

// Each of `notions` its own dimensions, as many as the others or one more.
MaskTable Slices(size_t dim, size_t notions) {
  Matrix weights(notions, dim);
  for (size_t k = 0; k < dim; ++k) weights.Row(k * notions / dim)[k] = 1;
  return MaskTable(std::move(weights));
}

// Masks, names and attributes for these rows.
BenchData WithItems(Matrix embeddings, size_t notions, uint64_t seed) {
  BenchData data;
  data.masks = Slices(embeddings.cols(), notions);
  data.embeddings = std::move(embeddings);
  for (size_t notion = 0; notion < notions; ++notion) {
    const std::string name = fmt::format("notion-{}", notion + 1);
    data.notions.push_back({.name = name, .column = name});
  }
  data.columns = {{.name = "brand", .type = ColumnType::kText},
                  {.name = "price", .type = ColumnType::kNumber}};
  data.item = [seed](size_t row) {
    Rng rng(seed ^ (row * 0x9e3779b97f4a7c15));
    Item item;
    item.sku = fmt::format("row-{:08}", row);
    // The first brand has a tenth of the items, the tenth a hundredth.
    const auto brand = static_cast<size_t>(std::pow(kBrands, rng.Uniform()));
    const double price = std::exp(rng.Normal()) * kMedianPrice;
    item.values = {fmt::format("brand {}", brand), std::round(100 * price) / 100};
    return item;
  };
  return data;
}

}  // namespace

SyntheticKind ParseSyntheticKind(std::string_view name) {
  if (name == "clusters") return SyntheticKind::kClusters;
  if (name == "latent") return SyntheticKind::kLatent;
  Fail(ErrorCode::kInvalidArgument, "synthetic data '{}': expected clusters or latent", name);
}

BenchData MakeSynthetic(const SyntheticOptions& options, const StopFlag* stop) {
  Rng rng(options.seed);
  std::vector<NotionSource> sources;
  for (size_t notion = 0; notion < options.notions; ++notion) sources.emplace_back(options, rng);
  Matrix embeddings(options.rows, options.notions * options.dims);
  for (size_t row = 0; row < options.rows; ++row) {
    if (row % kRowsBetweenStops == 0) ThrowIfStopped(stop);
    const std::span<float> to = embeddings.Row(row);
    if (row > 0 && rng.Uniform() < options.duplicates) {
      std::ranges::copy(std::as_const(embeddings).Row(rng.Below(row)), to.begin());
      continue;
    }
    const std::vector<double> first = sources.front().Draw(rng);
    for (size_t notion = 0; notion < options.notions; ++notion) {
      sources[notion].Place(notion == 0 ? first : sources[notion].DrawWith(first, rng), rng,
                            to.subspan(notion * options.dims, options.dims));
    }
  }
  return WithItems(std::move(embeddings), options.notions, options.seed);
}

BenchData SliceVectors(Matrix vectors, size_t notions, uint64_t seed) {
  Require(notions <= vectors.cols(), "{} notions of vectors of {} dimensions", notions,
          vectors.cols());
  return WithItems(std::move(vectors), notions, seed);
}

}  // namespace csn
