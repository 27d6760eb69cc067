#include <benchmark/benchmark.h>
#include <faiss/IndexFlat.h>
#include <faiss/index_io.h>
#include <fmt/format.h>
#include <omp.h>

#include <array>
#include <memory>
#include <numeric>

#include "query/query_engine.h"
#include "storage/layout.h"
#include "tests/bench/engine_pairs.h"
#include "tests/bench/pair.h"
#include "tests/bench/synthetic.h"
#include "tests/support/test_support.h"

namespace csn::bench {
namespace {

constexpr size_t kQueries = 200;  // a measurement takes one of them after the other
constexpr size_t kK = 10;

// What the engine is to say of the hits: nothing but which rows they are, their skus and distances
// in every notion, or all that the catalogue has.
enum class Wanted { kRows, kSkus, kItems };

// One index opened by the engine, and FAISS's own copy of the notion's file.
class FlatWorld {
 public:
  static std::shared_ptr<FlatWorld> Get() {
    static const auto world = std::make_shared<FlatWorld>();
    return world;
  }

  FlatWorld() : queries_(RandomEmbeddings(kQueries, 2)) {
    const size_t rows = Quick() ? 100'000 : 500'000;
    WriteShopIndex(index(), rows, "Flat");
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(index()));
    engine_->generation().embeddings().All();  // verifies every block, once
    masked_ = Project(SliceMasks(2), 0, queries_.View());
    faiss_.reset(
        faiss::read_index((engine_->generation().folder() + "/" + layout::NotionIndex(0)).c_str()));
  }

  // Microseconds a query of the engine.
  double Engine(Wanted wanted) {
    const std::span<const float> row = queries_.Row(next_engine_++ % kQueries);
    const Query query{.liked = {std::vector<float>(row.begin(), row.end())},
                      .notions = {{.name = "notion-0"}},
                      .k = kK,
                      .items = wanted == Wanted::kItems};
    return 1e6 * Seconds([&] {
             if (wanted == Wanted::kRows) {
               engine_->Rank(query);
             } else {
               engine_->Search(query);
             }
           });
  }

  // Microseconds a query of FAISS alone, of the same vectors.
  double Faiss() {
    const std::span<const float> row = masked_.Row(next_faiss_++ % kQueries);
    std::array<float, kK> distances{};
    std::array<faiss::Index::idx_t, kK> labels{};
    omp_set_num_threads(1);
    return 1e6 *
           Seconds([&] { faiss_->search(1, row.data(), kK, distances.data(), labels.data()); });
  }

 private:
  std::string index() const { return folder_ / "index"; }

  test::TempDir folder_;
  Matrix queries_;
  Matrix masked_;
  std::unique_ptr<QueryEngine> engine_;
  std::unique_ptr<faiss::Index> faiss_;
  size_t next_engine_ = 0, next_faiss_ = 0;
};

// An index of four notions, asked for all of them at once, and its embeddings in memory.
class MixtureWorld {
 public:
  static std::shared_ptr<MixtureWorld> Get() {
    static const auto world = std::make_shared<MixtureWorld>();
    return world;
  }

  MixtureWorld() : queries_(RandomEmbeddings(kQueries, 2)) {
    WriteShopIndex(folder_ / "index", Quick() ? 100'000 : 500'000, "Flat", kDim / kLiveDims);
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(folder_ / "index"));
    rows_ = engine_->generation().embeddings().All();
  }

  // Microseconds a query of the engine; with a filter, one that lets so many in a thousand through.
  double Engine(size_t thousandths) {
    const std::span<const float> row = queries_.Row(next_++ % kQueries);
    Query query{.liked = {std::vector<float>(row.begin(), row.end())}, .k = kK};
    for (size_t c = 0; c < kDim / kLiveDims; ++c) {
      query.notions.push_back({fmt::format("notion-{}", c), 1 + static_cast<double>(c)});
    }
    if (thousandths < 1000) {
      // Skus in no order of embeddings, which are random.
      query.where = fmt::format("sku < 'sku-{:06}'", rows_.rows * thousandths / 1000);
    }
    return 1e6 * Seconds([&] { engine_->Rank(query); });
  }

  // Microseconds to add up all words of so many in a thousand embeddings.
  double Read(size_t thousandths) {
    return 1e6 * Seconds([&] {
             const auto* words = reinterpret_cast<const uint32_t*>(rows_.data);
             const size_t count = rows_.rows * thousandths / 1000 * rows_.cols;
             benchmark::DoNotOptimize(std::reduce(words, words + count, uint32_t{0}));
           });
  }

 private:
  test::TempDir folder_;
  Matrix queries_;
  std::unique_ptr<QueryEngine> engine_;
  MatrixView rows_;
  size_t next_ = 0;
};

void AddMixturePair(const std::string& name, size_t thousandths, Bar bar = Bar::kNone,
                    double limit = 0) {
  AddPair({.name = name,
           .ours = fmt::format("4 notions, 500 k x 64, k 10, {} % qualify", thousandths / 10.0),
           .peer = "reading these embeddings",
           .unit = "us",
           .bar = bar,
           .limit = limit,
           .pairs = 100},
          [=] {
            const std::shared_ptr<MixtureWorld> world = MixtureWorld::Get();
            return Sides{.ours = [=] { return world->Engine(thousandths); },
                         .peer = [=] { return world->Read(thousandths); }};
          });
}

void AddFlatPair(const std::string& name, const std::string& hits, Wanted wanted,
                 Bar bar = Bar::kNone, double limit = 0) {
  AddPair({.name = name,
           .ours = "flat query, 500 k x 16, k 10, " + hits,
           .peer = fmt::format("IndexFlatL2::search, k {}", kK),
           .unit = "us",
           .bar = bar,
           .limit = limit,
           .pairs = 400},
          [=] {
            const std::shared_ptr<FlatWorld> world = FlatWorld::Get();
            return Sides{.ours = [=] { return world->Engine(wanted); },
                         .peer = [=] { return world->Faiss(); }};
          });
}

}  // namespace

void AddQueryPairs() {
  AddFlatPair("query/flat", "no metadata", Wanted::kRows, Bar::kRatioAtMost, 0.33);
  AddFlatPair("query/flat-skus", "skus", Wanted::kSkus);
  AddFlatPair("query/flat-items", "whole items", Wanted::kItems);
  AddMixturePair("query/mixture", 1000, Bar::kRatioAtMost, 0.45);
  AddMixturePair("query/mixture-half", 500, Bar::kRatioAtMost, 1.05);
  AddMixturePair("query/mixture-few", 10, Bar::kRatioAtMost, 1.05);
}

}  // namespace csn::bench
