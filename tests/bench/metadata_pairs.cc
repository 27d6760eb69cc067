#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/random.h"
#include "storage/metadata_store.h"
#include "tests/bench/engine_pairs.h"
#include "tests/bench/pair.h"
#include "tests/bench/synthetic.h"
#include "tests/support/test_support.h"

namespace csn::bench {
namespace {

constexpr size_t kHits = 10;
constexpr int kLookUps = 20;  // in a measurement: short, so that few are interrupted

// What someone would write who needs the bytes of ten keys fast: a filter, a hash index in each
// block, no compression, a cache.
rocksdb::Options TunedOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.block_cache = rocksdb::NewLRUCache(256 << 20);
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  return options;
}

class StoreWorld {
 public:
  explicit StoreWorld(size_t rows) : rows_(rows) {
    MetadataWriter writer(folder(), ShopColumns());
    for (const Item& item : ShopItems(rows, 1)) writer.Append(item);
    writer.Finish();
    store_ = std::make_unique<MetadataStore>(MetadataStore::Open(folder()));
    rocksdb::DB* db = nullptr;
    if (!rocksdb::DB::OpenForReadOnly(TunedOptions(), folder(), &db).ok()) {
      throw std::runtime_error("RocksDB cannot open the store");
    }
    db_.reset(db);
    std::vector<uint32_t> all(rows);
    for (size_t row = 0; row < rows; ++row) all[row] = static_cast<uint32_t>(row);
    store_->GetMany(all);  // what fits is in either cache
    Bare(all);
  }

  // Microseconds that ten random rows take, the mean of many.
  double Store(bool whole) {
    Rng rng(++store_seed_);
    return Mean(rng, [&](const std::vector<uint32_t>& hits) {
      if (whole) {
        store_->GetMany(hits);
      } else {
        store_->SkusOf(hits);
      }
    });
  }
  double RocksDb() {
    Rng rng(++rocksdb_seed_);
    return Mean(rng, [&](const std::vector<uint32_t>& hits) { Bare(hits); });
  }

 private:
  std::string folder() const { return folder_ / "store"; }

  template <typename LookUp>
  double Mean(Rng& rng, const LookUp& look_up) const {
    std::vector<std::vector<uint32_t>> hits(kLookUps, std::vector<uint32_t>(kHits));
    for (auto& rows : hits) {
      for (uint32_t& row : rows) row = static_cast<uint32_t>(rng.Below(rows_));
    }
    return 1e6 / kLookUps * Seconds([&] { std::for_each(hits.begin(), hits.end(), look_up); });
  }

  void Bare(const std::vector<uint32_t>& rows) const {
    std::vector<std::string> keys;
    for (const uint32_t row : rows) {
      keys.push_back({'r', static_cast<char>(row >> 24), static_cast<char>(row >> 16),
                      static_cast<char>(row >> 8), static_cast<char>(row)});
    }
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet({}, db_->DefaultColumnFamily(), keys.size(), slices.data(), values.data(),
                  statuses.data());
    for (const rocksdb::Status& status : statuses) {
      if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
    }
  }

  test::TempDir folder_;
  size_t rows_;
  std::unique_ptr<MetadataStore> store_;
  std::unique_ptr<rocksdb::DB> db_;
  uint64_t store_seed_ = 0, rocksdb_seed_ = 0;  // the same rows for both
};

void AddStorePair(const std::string& name, size_t rows, bool whole, Bar bar, double limit) {
  AddPair({.name = name,
           .ours = whole ? "ten items decoded" : "ten skus decoded",
           .peer = "MultiGet of the same keys",
           .unit = "us",
           .bar = bar,
           .limit = limit,
           .pairs = 600},
          [=] {
            const auto world = std::make_shared<StoreWorld>(Quick() ? rows / 10 : rows);
            return Sides{.ours = [=] { return world->Store(whole); },
                         .peer = [=] { return world->RocksDb(); }};
          });
}

}  // namespace

void AddMetadataPairs() {
  // The larger store is beyond the processor's caches.
  AddStorePair("metadata/200k", 200'000, true, Bar::kRatioAtMost, 1.2);
  AddStorePair("metadata/1m", 1'000'000, true, Bar::kRatioAtMost, 1.2);
  AddStorePair("metadata/1m-skus", 1'000'000, false, Bar::kNone, 0);
  AddStorePair("metadata/200k-skus", 200'000, false, Bar::kNone, 0);
}

}  // namespace csn::bench
