// Benchmarks of the engine without LibTorch (docs/benchmarks.md).
#include "tests/bench/engine_pairs.h"
#include "tests/bench/pair.h"

int main(int argc, char** argv) {
  return csn::bench::RunPairs(argc, argv, [] {
    csn::bench::AddQueryPairs();
    csn::bench::AddMetadataPairs();
    csn::bench::AddStartPairs();
    csn::bench::AddBatchPairs();
  });
}
