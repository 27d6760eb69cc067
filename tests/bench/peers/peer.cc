#include "tests/bench/peers/peer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace csn::bench {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename T>
std::vector<T> ReadAll(const char* path, size_t count) {
  std::vector<T> values(count);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path);
    std::exit(1);
  }
  return values;
}

double At(std::vector<double>& values, double part) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

int Run(char** arguments) {
  const std::string key = arguments[1];
  const size_t links = std::stoul(arguments[2]), n = std::stoul(arguments[4]),
               dim = std::stoul(arguments[5]), count = std::stoul(arguments[7]),
               together = std::stoul(arguments[8]), k = std::stoul(arguments[9]);
  const double seconds = std::stod(arguments[10]);
  const std::vector<float> rows = ReadAll<float>(arguments[3], n * dim);
  const auto queries = ReadAll<uint32_t>(arguments[6], count);
  std::ofstream out(arguments[11], std::ios::binary);
  const Clock::time_point start = Clock::now();
  const std::unique_ptr<Peer> peer = MakePeer(key, links, rows.data(), n, dim);
  const double build_seconds = SecondsSince(start);
  if (peer == nullptr) {
    std::fprintf(stderr, "no index of kind %s\n", key.c_str());
    return 2;
  }
  // One after the other, and so many of the first again that any `together` follow each other.
  std::vector<float> asked;
  for (size_t i = 0; i < count + together; ++i) {
    const float* row = rows.data() + queries[i % count] * dim;
    asked.insert(asked.end(), row, row + dim);
  }
  std::vector<uint32_t> hits(together * k);
  for (const int setting : peer->settings()) {
    peer->Set(setting);
    for (size_t i = 0; i < count; i += together) {  // warms up, too
      peer->Search(asked.data() + i * dim, together, k, hits.data());
      const size_t some = std::min(together, count - i);
      out.write(reinterpret_cast<const char*>(hits.data()),
                static_cast<std::streamsize>(some * k * sizeof(uint32_t)));
    }
    std::vector<double> took;
    const Clock::time_point begin = Clock::now();
    for (size_t i = 0; i < count || SecondsSince(begin) < seconds; i += together) {
      const Clock::time_point one = Clock::now();
      peer->Search(asked.data() + i % count * dim, together, k, hits.data());
      took.push_back(SecondsSince(one));
    }
    const double all = SecondsSince(begin);
    const size_t answered = took.size() * together;
    std::printf(
        "{\"plan\":\"%s\",\"ef\":%d,\"asked\":%zu,\"queries_per_second\":%.17g,\"p50\":%.17g,"
        "\"p99\":%.17g,\"build_seconds\":%.17g,\"bytes\":%llu}\n",
        peer->plan().c_str(), setting, answered, static_cast<double>(answered) / all, At(took, 0.5),
        At(took, 0.99), build_seconds, static_cast<unsigned long long>(peer->bytes()));
  }
  out.flush();
  return out ? 0 : 1;
}

}  // namespace
}  // namespace csn::bench

int main(int argc, char** argv) {
  if (argc != 12) {
    std::fprintf(stderr, "started by csn_bench\n");
    return 2;
  }
  return csn::bench::Run(argv);
}
