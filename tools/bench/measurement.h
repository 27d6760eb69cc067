// What csn_bench finds out, and shows.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "query/evaluation/bootstrap.h"

namespace csn {

// One way of answering one workload.
struct Measurement {
  std::string notion;  // or several, with weights
  std::string engine;  // "csn", or a peer's name
  std::string plan;
  int ef = 0;           // of graphs; 0: has none
  int nprobe = 0;       // of lists; 0: has none
  int threads = 1;      // that asked at once
  size_t together = 1;  // queries in one call
  bool exact = false;
  Interval recall = {.value = 1, .low = 1, .high = 1};
  uint64_t asked = 0;
  double queries_per_second = 0;
  double p50 = 0, p99 = 0;  // seconds of a call
  // Of what was built for it, where that was done here: a notion's structures alone.
  std::optional<double> build_seconds = {};
  std::optional<double> item_bytes = {};
};

// What all measurements of a run have in common.
struct BenchSetting {
  uint64_t rows = 0;
  size_t k = 10;
  std::string where = {};
};

nlohmann::ordered_json MeasurementJson(const BenchSetting& setting, const Measurement& at);
std::string MeasurementTable(const BenchSetting& setting, const std::vector<Measurement>& all);

// Recall against queries a second, a curve an engine and plan: a file for itself, SVG. Of what is
// exact only the point. Empty where nothing was measured.
std::string FrontierPlot(const BenchSetting& setting, const std::string& notion,
                         const std::vector<Measurement>& all);

}  // namespace csn
