// A run of csn_bench: an index of one's own, or data that indexes are built of.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query/evaluation/workload.h"
#include "tools/bench/measurement.h"
#include "tools/cli.h"

namespace csn::cli {

// Everything that one run has in common.
struct Bench {
  const po::variables_map& values;
  BenchSetting setting;
  Query query;
  std::vector<int> efs;      // that graphs are asked with
  std::vector<int> nprobes;  // and lists
  WorkloadOptions measure;
  size_t queries = 0;
  uint64_t seed = 1;
  ProgressPrinter& progress;
  std::vector<Measurement> all = {};

  // Keeps it, and prints it at once where no table is to come.
  void Add(Measurement at);
};

// Asks the index that --index names.
void MeasureIndex(Bench& bench);

// Makes or reads data, builds indexes of it, and asks them and the peers.
void MeasureData(Bench& bench);

// The data's options, added to a page.
void AddDataOptions(po::options_description& options);

}  // namespace csn::cli
