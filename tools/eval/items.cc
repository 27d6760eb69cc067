#include <algorithm>
#include <numeric>
#include <queue>

#include "base/hash.h"
#include "base/thread_pool.h"
#include "embedder/embedder.h"
#include "tools/eval/eval.h"

namespace csn::cli {
namespace {

constexpr size_t kBatch = 128;

// Embeds what no model has seen by the models that want photographs prepared in one way, a batch at
// a time while others are being decoded.
class TestCollector {
 public:
  TestCollector(const EvalOptions& options, const EvalPlan& plan, std::vector<size_t> embedding)
      : options_(options), plan_(plan), embedding_(std::move(embedding)) {
    for (const size_t m : embedding_) {
      embedders_.push_back(Embedder::Make(plan.models[m].model,
                                          {.threads = options.threads, .device = options.device}));
    }
    set_.labels.resize(plan.columns.size());
    set_.probes.resize(plan.probes.size());
    vectors_.resize(embedding_.size());
  }

  void Add(PreparedPhotograph&& photograph) {
    for (const EvalModel& model : plan_.models) {
      if (model.model.HasSeen(photograph.hash)) return;
    }
    ++set_.unseen;
    const std::optional<size_t> slot = TakeSlot(photograph.item.sku);
    if (!slot) return;
    const auto keep = [&](const std::vector<EvalColumn>& columns, auto& values) {
      for (size_t i = 0; i < columns.size(); ++i) {
        values[i].resize(set_.items.size());
        values[i][*slot] = photograph.item.values[columns[i].at];
      }
    };
    keep(plan_.columns, set_.labels);
    keep(plan_.probes, set_.probes);
    set_.items[*slot] = {.sku = std::move(photograph.item.sku),
                         .image = std::move(photograph.item.image),
                         .values = {}};
    rgb_.insert(rgb_.end(), photograph.rgb.begin(), photograph.rgb.end());
    waiting_.push_back(*slot);
    if (waiting_.size() == kBatch) Flush();
  }

  // In the order of skus, so that ties by row are ties by sku; embeddings are those of the models
  // that embed here.
  TestSet Finish(StreamCounts counts) {
    Flush();
    std::vector<size_t> order(set_.items.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](size_t slot) { return set_.items[slot].sku; });
    TestSet sorted;
    sorted.counts = std::move(counts);
    sorted.unseen = set_.unseen;
    sorted.device = embedders_.front()->device();
    const auto arrange = [&](auto& from) {
      std::decay_t<decltype(from)> to;
      for (const size_t slot : order) to.push_back(std::move(from[slot]));
      return to;
    };
    sorted.items = arrange(set_.items);
    for (auto& values : set_.labels) sorted.labels.push_back(arrange(values));
    for (auto& values : set_.probes) sorted.probes.push_back(arrange(values));
    for (size_t i = 0; i < embedding_.size(); ++i) {
      const size_t dim = plan_.models[embedding_[i]].model.dim();
      Matrix& matrix = sorted.embeddings.emplace_back(order.size(), dim);
      for (size_t row = 0; row < order.size(); ++row) {
        std::copy_n(vectors_[i].data() + order[row] * dim, dim, matrix.Row(row).begin());
      }
    }
    return sorted;
  }

 private:
  // Where the item goes; nothing where max_items others have smaller hashes.
  std::optional<size_t> TakeSlot(const std::string& sku) {
    const uint64_t hash = Hash64(fmt::format("{} {}", options_.seed, sku));
    size_t slot = set_.items.size();
    if (slot == options_.max_items) {
      if (hash >= greatest_.top().first) return std::nullopt;
      slot = greatest_.top().second;
      greatest_.pop();
    } else {
      set_.items.emplace_back();
    }
    greatest_.emplace(hash, slot);
    return slot;
  }

  void Flush() {
    for (size_t i = 0; i < embedding_.size(); ++i) {
      const Matrix embeddings = embedders_[i]->Embed(rgb_, waiting_.size());
      const size_t dim = embeddings.cols();
      vectors_[i].resize(set_.items.size() * dim);
      for (size_t row = 0; row < waiting_.size(); ++row) {
        std::ranges::copy(embeddings.Row(row), vectors_[i].data() + waiting_[row] * dim);
      }
    }
    waiting_.clear();
    rgb_.clear();
  }

  const EvalOptions& options_;
  const EvalPlan& plan_;
  const std::vector<size_t> embedding_;  // positions in plan_.models
  std::vector<std::unique_ptr<Embedder>> embedders_;
  TestSet set_;
  std::vector<std::vector<float>> vectors_;                    // one an embedder: [slots, d]
  std::priority_queue<std::pair<uint64_t, size_t>> greatest_;  // hash and slot of what is kept
  std::vector<uint8_t> rgb_;
  std::vector<size_t> waiting_;  // slots of the photographs in rgb_
};

// Models that want photographs prepared alike, in order of first appearance.
std::vector<std::vector<size_t>> GroupByPreprocessing(const EvalPlan& plan) {
  std::vector<std::vector<size_t>> groups;
  for (size_t m = 0; m < plan.models.size(); ++m) {
    const auto alike = std::ranges::find_if(groups, [&](const std::vector<size_t>& group) {
      return plan.models[group.front()].model.preprocessing == plan.models[m].model.preprocessing;
    });
    (alike == groups.end() ? groups.emplace_back() : *alike).push_back(m);
  }
  return groups;
}

TestSet CollectGroup(const EvalOptions& options, const EvalPlan& plan, const Catalogue& catalogue,
                     const std::vector<size_t>& group, RejectFile& rejects,
                     const ProgressSink& progress) {
  TestCollector collector(options, plan, group);
  ProgressSink tell;
  if (progress) {
    tell = [&](Progress report) {
      report.stage = "embedding";
      progress(report);
    };
  }
  StreamCounts counts = StreamPhotographs(
      catalogue,
      {.preprocessing = plan.models[group.front()].model.preprocessing,
       .threads = options.threads,
       .sink_takes_all_processors = options.threads >= DefaultThreads()},
      rejects, [&](PreparedPhotograph&& photograph) { collector.Add(std::move(photograph)); }, tell,
      &Stop());
  rejects.Commit();
  return collector.Finish(std::move(counts));
}

void RequireSameItems(const TestSet& a, const TestSet& b, const Catalogue& catalogue) {
  if (!std::ranges::equal(a.items, b.items, {}, &Item::sku, &Item::sku)) {
    Fail(ErrorCode::kFailed, "catalogue {}: its photographs changed while they were read",
         catalogue.path());
  }
}

}  // namespace

TestSet CollectTestSet(const EvalOptions& options, const EvalPlan& plan, const Catalogue& catalogue,
                       RejectFile& rejects, const ProgressSink& progress) {
  TestSet set;
  std::vector<Matrix> embeddings(plan.models.size());
  bool first = true;
  for (const std::vector<size_t>& group : GroupByPreprocessing(plan)) {
    RejectFile counted_before("");
    TestSet part =
        CollectGroup(options, plan, catalogue, group, first ? rejects : counted_before, progress);
    for (size_t i = 0; i < group.size(); ++i) {
      embeddings[group[i]] = std::move(part.embeddings[i]);
    }
    if (first) {
      set = std::move(part);
    } else {
      RequireSameItems(set, part, catalogue);
    }
    first = false;
  }
  set.embeddings = std::move(embeddings);
  if (set.items.size() < 2) {
    Fail(ErrorCode::kFailed,
         "catalogue {}: {} of {} accepted items are new to {}, at least 2 are needed",
         catalogue.path(), set.items.size(), set.counts.accepted,
         plan.models.size() == 1 ? "the model" : "all models");
  }
  return set;
}

}  // namespace csn::cli
