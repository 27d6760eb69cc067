// Pairs of measurements: ours and a bare peer, side by side in one run, so that a busy or slow
// machine touches both alike and their ratio stands.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace csn::bench {

// What a pair is held to.
enum class Bar {
  kNone,          // for information
  kRatioAtLeast,  // ours / peer
  kRatioAtMost,   // ours / peer
  kValueAtMost,   // ours, in its unit
};

struct PairOptions {
  std::string name;  // "query/flat": what the command line selects by
  std::string ours;  // what either side is, in a few words
  std::string peer;
  std::string unit;  // of the values: "images/s", "us", "ms", "MiB"
  Bar bar = Bar::kNone;
  double limit = 0;  // of the bar
  int pairs = 1;     // measured; a third of them, one at least, with --quick
};

// Both sides, ready to run; each call measures once and returns a value in the pair's unit. They
// are called in turn, either of them first every other time.
struct Sides {
  std::function<double()> ours;
  std::function<double()> peer;
};

// Registers a pair with Google Benchmark. `prepare` makes the data, before any clock runs; what it
// throws fails the pair.
void AddPair(const PairOptions& options, std::function<Sides()> prepare);

// main() of a binary of pairs: `add` registers them. Takes --quick and Google Benchmark's own flags
// (--benchmark_filter=REGEX, --benchmark_out=FILE); prints a line a pair. Returns the exit status:
// 0 where all ran, whatever they measured.
int RunPairs(int argc, char** argv, const std::function<void()>& add);

// True after --quick: smaller data, fewer pairs, to see that all runs. Its figures mean little.
bool Quick();

// Seconds that `body` takes.
template <typename Body>
double Seconds(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace csn::bench
