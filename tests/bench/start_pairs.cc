#include <memory>

#include "tests/bench/engine_pairs.h"
#include "tests/bench/pair.h"
#include "tests/bench/programs.h"
#include "tests/bench/synthetic.h"
#include "tests/support/test_support.h"

namespace csn::bench {
namespace {

constexpr size_t kRows = 100'000;

// csn_query --sku over an index whose notions have FAISS indexes of this key.
void AddStartPair(const std::string& name, const std::string& key) {
  AddPair({.name = name,
           .ours = "csn_query --sku, 100 k items, " + key,
           .peer = "/bin/true",
           .unit = "ms",
           .bar = Bar::kValueAtMost,
           .limit = 50,
           .pairs = 30},
          [=] {
            const auto folder = std::make_shared<test::TempDir>();
            const size_t rows = Quick() ? kRows / 10 : kRows;
            const std::string index = *folder / "index";
            WriteShopIndex(index, rows, key);
            // The folder lives as long as this side does.
            const auto query = [folder, index, rows, next = size_t{0}]() mutable {
              next = (next + 7919) % rows;
              return 1e3 * RunProgram({"csn_query", "--index", index, "--notion", "notion-0",
                                       "--sku", fmt::format("sku-{:06}", next)})
                               .seconds;
            };
            return Sides{.ours = query,
                         .peer = [] { return 1e3 * RunProgram({"/bin/true"}).seconds; }};
          });
}

}  // namespace

void AddStartPairs() {
  AddStartPair("start/flat", "Flat");
  AddStartPair("start/hnsw", "HNSW32");  // what csn_index chooses for so many
}

}  // namespace csn::bench
