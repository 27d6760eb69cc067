// hnswlib, built for the machine that it is built on.
#include <hnswlib/hnswlib.h>

#include <algorithm>

#include "tests/bench/peers/peer.h"

namespace csn::bench {
namespace {

constexpr size_t kEfConstruction = 200;

class Hnswlib : public Peer {
 public:
  Hnswlib(size_t links, const float* rows, size_t n, size_t dim)
      : space_(dim), graph_(&space_, n, links, kEfConstruction), links_(links), dim_(dim) {
    for (size_t row = 0; row < n; ++row) graph_.addPoint(rows + row * dim, row);
  }

  std::string plan() const override { return "hnsw" + std::to_string(links_); }
  uint64_t bytes() const override {
    uint64_t bytes = graph_.max_elements_ * graph_.size_data_per_element_;
    for (size_t row = 0; row < graph_.cur_element_count; ++row) {
      bytes += static_cast<uint64_t>(graph_.element_levels_[row]) * graph_.size_links_per_element_;
    }
    return bytes;
  }
  std::vector<int> settings() const override { return GraphSettings(); }
  void Set(int setting) override { graph_.setEf(static_cast<size_t>(setting)); }
  void Search(const float* queries, size_t count, size_t k, uint32_t* hits) override {
    std::fill(hits, hits + count * k, kNoHit);
    for (size_t query = 0; query < count; ++query, hits += k) {
      auto found = graph_.searchKnn(queries + query * dim_, k);
      for (size_t i = found.size(); i > 0; --i, found.pop()) {
        hits[i - 1] = static_cast<uint32_t>(found.top().second);
      }
    }
  }

 private:
  hnswlib::L2Space space_;
  hnswlib::HierarchicalNSW<float> graph_;
  size_t links_, dim_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer(const std::string& key, size_t links, const float* rows, size_t n,
                               size_t dim) {
  if (key != "hnsw") return nullptr;
  return std::make_unique<Hnswlib>(links, rows, n, dim);
}

}  // namespace csn::bench
