#include "storage/internal/store_access.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "base/error.h"

namespace csn::internal {
namespace {

// Taken as blocks are read, not at once: a million items of 200 bytes fit.
constexpr size_t kCacheBytes = 256 << 20;

// RocksDB would write a LOG file into the folder, which readers must leave as it is.
class SilentLogger : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// True where a result speaks of the store's bytes or of files that are not there; false where the
// system would not let us read: no permission, no descriptors, no memory.
bool SaysDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
         status.IsInvalidArgument() || status.IsNotSupported();
}

bool HasType(const Value& value, ColumnType type) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  switch (type) {
    case ColumnType::kText:
      return std::holds_alternative<std::string>(value);
    case ColumnType::kNumber:
      return std::holds_alternative<double>(value);
    case ColumnType::kList:
      return std::holds_alternative<std::vector<std::string>>(value);
  }
  return false;
}

}  // namespace

std::string EncodeRow(uint32_t row) {
  return {static_cast<char>(row >> 24), static_cast<char>(row >> 16), static_cast<char>(row >> 8),
          static_cast<char>(row)};
}

std::string RowKey(uint32_t row) { return kRowKey + EncodeRow(row); }

std::string SkuKey(std::string_view sku) { return std::string(1, kSkuKey).append(sku); }

rocksdb::Options StoreOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);

  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.info_log = std::make_shared<SilentLogger>();
  // A table of another store in the place of one of ours is refused when it is opened.
  options.verify_sst_unique_id_in_manifest = true;
  // What a store that is written once and read needs none of; it keeps opening to a few
  // milliseconds.
  options.disable_auto_compactions = true;
  options.max_background_jobs = 2;
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

void CheckStatus(const rocksdb::Status& status, Doing doing, const std::string& folder) {
  if (status.ok()) return;
  const bool damaged = doing == Doing::kReading && SaysDamage(status);
  Fail(damaged ? ErrorCode::kCorruption : ErrorCode::kFailed, "metadata store {}: {} failed: {}",
       folder, doing == Doing::kReading ? "reading" : "writing", status.ToString());
}

rocksdb::ReadOptions StoreReading() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

std::string ValuesFault(const Item& item, const std::vector<Column>& columns) {
  if (item.values.size() != columns.size()) {
    return fmt::format("{} values, expected {}", item.values.size(), columns.size());
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (HasType(item.values[i], columns[i].type)) continue;
    return fmt::format("the value of column {} is no {}", columns[i].name,
                       ColumnTypeName(columns[i].type));
  }
  return "";
}

}  // namespace csn::internal
