// FAISS as it is linked: Debian's build, or the one for AVX2.
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <omp.h>

#include "tests/bench/peers/peer.h"

namespace csn::bench {
namespace {

constexpr int kEfConstruction = 200;

class Faiss : public Peer {
 public:
  Faiss(std::unique_ptr<faiss::Index> index, std::string plan)
      : index_(std::move(index)),
        graph_(dynamic_cast<faiss::IndexHNSW*>(index_.get())),
        plan_(std::move(plan)) {}

  std::string plan() const override { return plan_; }
  uint64_t bytes() const override {
    const uint64_t vectors = static_cast<uint64_t>(index_->ntotal) * index_->d * sizeof(float);
    if (graph_ == nullptr) return vectors;
    const faiss::HNSW& hnsw = graph_->hnsw;
    return vectors + hnsw.neighbors.size() * sizeof(hnsw.neighbors[0]) +
           hnsw.offsets.size() * sizeof(hnsw.offsets[0]) +
           hnsw.levels.size() * sizeof(hnsw.levels[0]);
  }
  std::vector<int> settings() const override {
    return graph_ == nullptr ? std::vector<int>{0} : GraphSettings();
  }
  void Set(int setting) override {
    if (graph_ != nullptr) graph_->hnsw.efSearch = setting;
  }
  void Search(const float* queries, size_t count, size_t k, uint32_t* hits) override {
    distances_.resize(count * k);
    labels_.resize(count * k);
    using Number = faiss::Index::idx_t;
    index_->search(static_cast<Number>(count), queries, static_cast<Number>(k), distances_.data(),
                   labels_.data());
    for (const Number label : labels_) *hits++ = label < 0 ? kNoHit : static_cast<uint32_t>(label);
  }

 private:
  std::unique_ptr<faiss::Index> index_;
  faiss::IndexHNSW* graph_;
  std::string plan_;
  std::vector<float> distances_;
  std::vector<faiss::Index::idx_t> labels_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer(const std::string& key, size_t links, const float* rows, size_t n,
                               size_t dim) {
  omp_set_num_threads(1);
  const int d = static_cast<int>(dim);
  std::unique_ptr<faiss::Index> index;
  std::string plan = "flat";
  if (key == "flat") {
    index = std::make_unique<faiss::IndexFlatL2>(d);
  } else if (key == "hnsw") {
    auto graph = std::make_unique<faiss::IndexHNSWFlat>(d, static_cast<int>(links));
    graph->hnsw.efConstruction = kEfConstruction;
    index = std::move(graph);
    plan = "hnsw" + std::to_string(links);
  } else {
    return nullptr;
  }
  index->add(static_cast<faiss::Index::idx_t>(n), rows);
  return std::make_unique<Faiss>(std::move(index), plan);
}

}  // namespace csn::bench
