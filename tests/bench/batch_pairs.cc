#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "base/thread_pool.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "tests/bench/engine_pairs.h"
#include "tests/bench/pair.h"
#include "tests/bench/programs.h"
#include "tests/bench/synthetic.h"
#include "tests/support/test_support.h"

namespace csn::bench {
namespace {

constexpr size_t kRows = 100'000;
constexpr size_t kQueries = 20'000;  // seconds, beside which the program's start is little
constexpr size_t kK = 10;

// One index, open in this process, and a file of skus for the program to ask by.
class BatchWorld {
 public:
  explicit BatchWorld(const std::string& key) {
    const size_t rows = Quick() ? kRows / 10 : kRows, queries = Quick() ? kQueries / 10 : kQueries;
    WriteShopIndex(index(), rows, key);
    std::string lines;
    for (size_t i = 0; i < queries; ++i) {
      skus_.push_back(fmt::format("sku-{:06}", i * 7919 % rows));
      lines += skus_.back() + "\n";
    }
    test::WriteText(file(), lines);
    engine_ = std::make_unique<QueryEngine>(QueryEngine::Open(index()));
  }

  // Queries a second, from the program's start to its end.
  double Program() const {
    return PerSecond(RunProgram({"csn_query", "--index", index(), "--notion", "notion-0", "-k",
                                 std::to_string(kK), "--batch", file()})
                         .seconds);
  }

  // Queries a second, the same lines made and dropped.
  double Engine() const {
    return PerSecond(Seconds([&] {
      ParallelFor(skus_.size(), DefaultThreads(), [&](size_t i) {
        const Query query{.liked = {skus_[i]}, .notions = {{.name = "notion-0"}}, .k = kK};
        const std::string line = FormatBatchAnswer(i + 1, engine_->Search(query));
        if (line.empty()) throw std::runtime_error("no answer");
      });
    }));
  }

 private:
  std::string index() const { return folder_ / "index"; }
  std::string file() const { return folder_ / "skus.txt"; }
  double PerSecond(double seconds) const { return static_cast<double>(skus_.size()) / seconds; }

  test::TempDir folder_;
  std::vector<std::string> skus_;
  std::unique_ptr<QueryEngine> engine_;
};

void AddBatchPair(const std::string& name, const std::string& key) {
  AddPair({.name = name,
           .ours = "csn_query --batch, 100 k items, " + key,
           .peer = "Search and FormatBatchAnswer, all threads",
           .unit = "queries/s",
           .bar = Bar::kRatioAtLeast,
           .limit = 0.8,
           .pairs = 7},
          [=] {
            const auto world = std::make_shared<BatchWorld>(key);
            return Sides{.ours = [=] { return world->Program(); },
                         .peer = [=] { return world->Engine(); }};
          });
}

}  // namespace

void AddBatchPairs() {
  AddBatchPair("batch/flat", "Flat");
  AddBatchPair("batch/hnsw", "HNSW32");  // what csn_index chooses for so many
}

}  // namespace csn::bench
