// What all peers of csn_bench do: read rows, build, ask TOGETHER queries at a time by one thread,
// and say how it went: a JSON line a setting on stdout, the hits (u32 [queries, k], short ones
// filled up with 0xffffffff) one after the other in a file. Arguments:
//   KEY LINKS ROWS_FILE ROWS DIM QUERIES_FILE QUERIES TOGETHER K SECONDS HITS_FILE
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace csn::bench {

inline constexpr uint32_t kNoHit = UINT32_MAX;

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string plan() const = 0;
  virtual uint64_t bytes() const = 0;
  // What its search is to be tried with; {0} where there is nothing to set.
  virtual std::vector<int> settings() const = 0;
  virtual void Set(int setting) = 0;
  // Rows of the hits [count, k] of queries [count, dim]; where there are fewer than k, kNoHit.
  virtual void Search(const float* queries, size_t count, size_t k, uint32_t* hits) = 0;
};

// Built; null where it knows no such key. Defined by each peer.
std::unique_ptr<Peer> MakePeer(const std::string& key, size_t links, const float* rows, size_t n,
                               size_t dim);

inline std::vector<int> GraphSettings() { return {10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512}; }

}  // namespace csn::bench
