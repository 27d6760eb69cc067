#include "tests/bench/pair.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace csn::bench {
namespace {

bool quick = false;  // set once, by RunPairs

// The value below which `share` of the values lie, interpolated.
double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

// Runs the sides in turn and leaves what was measured in the state's counters.
void Measure(benchmark::State& state, const std::function<Sides()>& prepare) {
  const Sides sides = prepare();
  sides.ours();  // once unmeasured: caches, threads, lazily loaded files
  sides.peer();
  std::vector<double> ours, peer, ratios;
  for (const auto _ : state) {
    const bool ours_first = ours.size() % 2 == 0;
    if (ours_first) ours.push_back(sides.ours());
    peer.push_back(sides.peer());
    if (!ours_first) ours.push_back(sides.ours());
    ratios.push_back(ours.back() / peer.back());
  }
  state.counters["ours"] = Median(ours);
  state.counters["peer"] = Median(peer);
  state.counters["ratio"] = Median(ratios);
  state.counters["ratio_low"] = Quantile(ratios, 0.25);
  state.counters["ratio_high"] = Quantile(ratios, 0.75);
}

std::map<std::string, PairOptions>& Registered() {
  static std::map<std::string, PairOptions> pairs;
  return pairs;
}

std::string BarText(const PairOptions& options) {
  switch (options.bar) {
    case Bar::kNone:
      return "-";
    case Bar::kRatioAtLeast:
      return fmt::format("ratio >= {:.2f}", options.limit);
    case Bar::kRatioAtMost:
      return fmt::format("ratio <= {:.2f}", options.limit);
    case Bar::kValueAtMost:
      return fmt::format("<= {:g} {}", options.limit, options.unit);
  }
  return "";
}

bool Met(const PairOptions& options, double ours, double ratio) {
  switch (options.bar) {
    case Bar::kNone:
      return true;
    case Bar::kRatioAtLeast:
      return ratio >= options.limit;
    case Bar::kRatioAtMost:
      return ratio <= options.limit;
    case Bar::kValueAtMost:
      return ours <= options.limit;
  }
  return false;
}

// Three digits that count.
std::string ShortNumber(double value) {
  const int digits = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(2 - digits, 0, 3));
}

// A line a pair.
class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    fmt::print("{:<26} {:>10} {:>10}  {:<9} {:<22} {:<15} {}\n", "pair", "ours", "peer", "unit",
               "ratio (quartiles)", "bar", "what");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      Print(run);
      all_ran_ = all_ran_ && !run.error_occurred;
    }
    std::fflush(stdout);
  }

  bool all_ran() const { return all_ran_; }

 private:
  static void Print(const Run& run) {
    const PairOptions& options = Registered().at(run.run_name.function_name);
    if (run.error_occurred) {
      fmt::print("{:<26} failed: {}\n", options.name, run.error_message);
      return;
    }
    const auto value = [&](const char* name) { return double{run.counters.at(name).value}; };
    const std::string ratio = fmt::format("{:.3f} ({:.3f}..{:.3f})", value("ratio"),
                                          value("ratio_low"), value("ratio_high"));
    const char* verdict = options.bar == Bar::kNone                     ? ""
                          : Met(options, value("ours"), value("ratio")) ? " met"
                                                                        : " MISSED";
    fmt::print("{:<26} {:>10} {:>10}  {:<9} {:<22} {:<15} {}; peer: {}\n", options.name,
               ShortNumber(value("ours")), ShortNumber(value("peer")), options.unit, ratio,
               BarText(options) + verdict, options.ours, options.peer);
  }

  bool all_ran_ = true;
};

}  // namespace

bool Quick() { return quick; }

void AddPair(const PairOptions& options, std::function<Sides()> prepare) {
  Registered()[options.name] = options;
  const int pairs = Quick() ? std::max(1, options.pairs / 3) : options.pairs;
  benchmark::RegisterBenchmark(options.name.c_str(),
                               [prepare = std::move(prepare)](benchmark::State& state) {
                                 try {
                                   Measure(state, prepare);
                                 } catch (const std::exception& error) {
                                   state.SkipWithError(error.what());
                                 }
                               })
      ->Iterations(pairs)
      ->UseRealTime();
}

int RunPairs(int argc, char** argv, const std::function<void()>& add) {
  char** const end = std::remove(argv, argv + argc, std::string_view("--quick"));
  quick = end != argv + argc;
  argc = static_cast<int>(end - argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add();
  Table table;
  const size_t matched = benchmark::RunSpecifiedBenchmarks(&table);
  return matched > 0 && table.all_ran() ? 0 : 1;
}

}  // namespace csn::bench
