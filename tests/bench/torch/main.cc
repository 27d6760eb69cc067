// Benchmarks of indexing and training (docs/benchmarks.md).
#include "tests/bench/pair.h"
#include "tests/bench/torch/torch_pairs.h"

int main(int argc, char** argv) {
  return csn::bench::RunPairs(argc, argv, [] {
    csn::bench::AddBuildPairs();
    csn::bench::AddTrainPairs();
  });
}
