#include "storage/metadata_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "storage/internal/row_checker.h"
#include "storage/internal/store_meta.h"

namespace csn {
namespace {

using internal::DecodeMeta;
using internal::EncodeMeta;
using internal::StoreMeta;

// Taken as blocks are read, not at once: a million items of 200 bytes fit.
constexpr size_t kCacheBytes = 256 << 20;
constexpr size_t kMultiGetBatch = 1024;
constexpr size_t kMaxNearSkus = 1'000'000;

// First byte of every key. Stored: fixed values, do not reuse.
constexpr char kRowKey = 'r';   // + row, big-endian u32 -> EncodeItem
constexpr char kSkuKey = 's';   // + sku -> row, big-endian u32
constexpr char kMetaKey = 'z';  // alone -> version, count, columns

// RocksDB would write a LOG file into the folder, which readers must leave as it is.
class SilentLogger : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

enum class Doing { kWriting, kReading };

// True where a result speaks of the store's bytes or of files that are not there; false where the
// system would not let us read: no permission, no descriptors, no memory.
bool SaysDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
         status.IsInvalidArgument() || status.IsNotSupported();
}

// The one place where RocksDB's results become ours.
void Check(const rocksdb::Status& status, Doing doing, const std::string& folder) {
  if (status.ok()) return;
  const bool damaged = doing == Doing::kReading && SaysDamage(status);
  Fail(damaged ? ErrorCode::kCorruption : ErrorCode::kFailed, "metadata store {}: {} failed: {}",
       folder, doing == Doing::kReading ? "reading" : "writing", status.ToString());
}

// Tables for look-ups of single keys: a filter, a hash index within each block, nothing to
// decompress.
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

std::string Row(uint32_t row) {
  return {static_cast<char>(row >> 24), static_cast<char>(row >> 16), static_cast<char>(row >> 8),
          static_cast<char>(row)};
}

std::string RowKey(uint32_t row) { return kRowKey + Row(row); }

std::string SkuKey(std::string_view sku) { return std::string(1, kSkuKey).append(sku); }

uint32_t ParseRow(rocksdb::Slice bytes, const std::string& folder) {
  if (bytes.size() != 4) {
    Fail(ErrorCode::kCorruption, "metadata store {}: a row number of {} bytes", folder,
         bytes.size());
  }
  uint32_t row = 0;
  for (size_t i = 0; i < 4; ++i) row = row << 8 | static_cast<uint8_t>(bytes[i]);
  return row;
}

// A value lies in a block of which only the keys were looked at: its lines come from memory side by
// side instead of one after the other.
void PrefetchBytes(std::string_view bytes) {
  constexpr size_t kLine = 64, kMost = 8 * kLine;
  for (size_t at = 0; at < std::min(bytes.size(), kMost); at += kLine) {
    __builtin_prefetch(bytes.data() + at);
  }
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

// What is wrong with an item's values for these columns; "" where nothing is.
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

}  // namespace

// Keys arrive in order, so the two tables are written as they come and handed to an empty database
// whole.
struct MetadataWriter::Impl {
  Impl(const std::string& path, std::vector<Column> item_columns)
      : folder(path),
        options(StoreOptions()),
        rows(rocksdb::EnvOptions(), options),
        skus(rocksdb::EnvOptions(), options) {
    meta.columns = std::move(item_columns);
    Require(!std::filesystem::exists(folder), "metadata store {}: already there", folder);
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (error) {
      Fail(ErrorCode::kFailed, "metadata store {}: cannot be made: {}", folder, error.message());
    }
    Check(rows.Open(rows_path()), Doing::kWriting, folder);
    Check(skus.Open(skus_path()), Doing::kWriting, folder);
  }

  std::string rows_path() const { return folder + "/rows.new"; }
  std::string skus_path() const { return folder + "/skus.new"; }

  std::string folder;
  rocksdb::Options options;
  rocksdb::SstFileWriter rows;
  rocksdb::SstFileWriter skus;
  StoreMeta meta;
  std::string last_sku;
};

MetadataWriter::MetadataWriter(const std::string& folder, std::vector<Column> columns)
    : impl_(std::make_unique<Impl>(folder, std::move(columns))) {}

MetadataWriter::~MetadataWriter() = default;

void MetadataWriter::Append(const Item& item) {
  Require(item.sku > impl_->last_sku,
          "metadata store {}: sku '{}' after '{}', expected ascending skus, none empty",
          impl_->folder, item.sku, impl_->last_sku);
  Require(impl_->meta.count < internal::kMaxStoreRows, "metadata store {}: more than {} items",
          impl_->folder, internal::kMaxStoreRows);
  const std::string fault = ValuesFault(item, impl_->meta.columns);
  Require(fault.empty(), "metadata store {}: sku '{}': {}", impl_->folder, item.sku, fault);

  const auto row = static_cast<uint32_t>(impl_->meta.count);
  Check(impl_->rows.Put(RowKey(row), EncodeItem(item)), Doing::kWriting, impl_->folder);
  Check(impl_->skus.Put(SkuKey(item.sku), Row(row)), Doing::kWriting, impl_->folder);
  impl_->last_sku = item.sku;
  ++impl_->meta.count;
}

void MetadataWriter::Finish() {
  const std::string& folder = impl_->folder;
  Check(impl_->skus.Put(std::string(1, kMetaKey), EncodeMeta(impl_->meta)), Doing::kWriting,
        folder);
  Check(impl_->skus.Finish(), Doing::kWriting, folder);
  std::vector<std::string> tables = {impl_->skus_path()};
  if (impl_->meta.count > 0) {  // a table without keys cannot be finished
    Check(impl_->rows.Finish(), Doing::kWriting, folder);
    tables.insert(tables.begin(), impl_->rows_path());
  }

  rocksdb::Options options = impl_->options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  Check(rocksdb::DB::Open(options, folder, &opened), Doing::kWriting, folder);
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  Check(db->IngestExternalFile(tables, ingest), Doing::kWriting, folder);
  Check(db->Close(), Doing::kWriting, folder);
  std::error_code ignored;  // only an empty store leaves one
  std::filesystem::remove(impl_->rows_path(), ignored);
}

struct MetadataStore::Impl {
  // What `decode` makes of the bytes stored at a row; its errors name store and row.
  template <typename Decode>
  auto Decoded(uint64_t row, const Decode& decode) const {
    try {
      return decode();
    } catch (const Error& error) {
      Fail(ErrorCode::kCorruption, "metadata store {}: row {}: {}", folder, row, error.what());
    }
  }

  // The item stored at a row, with a value of the right type for every column.
  Item ItemAt(uint64_t row, std::string_view bytes) const {
    return Decoded(row, [&] {
      Item item = DecodeItem(bytes);
      const std::string fault = ValuesFault(item, meta.columns);
      if (!fault.empty()) Fail(ErrorCode::kCorruption, "{}", fault);
      return item;
    });
  }

  // Calls visit(row, bytes) for what is stored at each of `rows`, in their order.
  template <typename Visit>
  void ForEachStored(std::span<const uint32_t> rows, const Visit& visit) const {
    for (size_t first = 0; first < rows.size(); first += kMultiGetBatch) {
      const auto batch = rows.subspan(first, std::min(kMultiGetBatch, rows.size() - first));
      std::vector<std::string> keys;
      keys.reserve(batch.size());
      for (const uint32_t row : batch) {
        Require(row < meta.count, "metadata store {}: row {} of {}", folder, row, meta.count);
        keys.push_back(RowKey(row));
      }
      const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
      std::vector<rocksdb::PinnableSlice> values(batch.size());
      std::vector<rocksdb::Status> statuses(batch.size());
      db->MultiGet(Reading(), db->DefaultColumnFamily(), slices.size(), slices.data(),
                   values.data(), statuses.data());
      for (const rocksdb::PinnableSlice& value : values) PrefetchBytes(value.ToStringView());
      for (size_t i = 0; i < batch.size(); ++i) {
        Check(statuses[i], Doing::kReading, folder);
        visit(batch[i], values[i].ToStringView());
      }
    }
  }

  rocksdb::ReadOptions Reading() const {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    return options;
  }

  // Walks all keys that begin with `kind`, in order; `visit` gets key (without the kind) and value,
  // false stops.
  template <typename Visit>
  void Walk(char kind, const Visit& visit) const {
    rocksdb::ReadOptions options = Reading();
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
    const std::string prefix(1, kind);
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      rocksdb::Slice key = it->key();
      key.remove_prefix(1);
      if (!visit(key, it->value())) break;
    }
    Check(it->status(), Doing::kReading, folder);
  }

  std::string folder;
  std::unique_ptr<rocksdb::DB> db;
  StoreMeta meta;
};

MetadataStore::MetadataStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetadataStore::~MetadataStore() = default;
MetadataStore::MetadataStore(MetadataStore&&) noexcept = default;
MetadataStore& MetadataStore::operator=(MetadataStore&&) noexcept = default;

MetadataStore MetadataStore::Open(const std::string& folder) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  // RocksDB does not tell a file in the folder's place from other failures.
  std::error_code error;
  if (const auto type = std::filesystem::status(folder, error).type();
      type != std::filesystem::file_type::none && type != std::filesystem::file_type::directory) {
    Fail(ErrorCode::kCorruption, "metadata store {}: expected a folder, found none", folder);
  }
  rocksdb::DB* opened = nullptr;
  Check(rocksdb::DB::OpenForReadOnly(StoreOptions(), folder, &opened), Doing::kReading, folder);
  impl->db.reset(opened);
  std::string meta;
  Check(impl->db->Get(impl->Reading(), std::string(1, kMetaKey), &meta), Doing::kReading, folder);
  impl->meta = DecodeMeta(meta, folder);
  return MetadataStore(std::move(impl));
}

const std::vector<Column>& MetadataStore::columns() const { return impl_->meta.columns; }

size_t MetadataStore::size() const { return impl_->meta.count; }

std::optional<uint32_t> MetadataStore::RowOf(std::string_view sku) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      impl_->db->Get(impl_->Reading(), impl_->db->DefaultColumnFamily(), SkuKey(sku), &value);
  if (status.IsNotFound()) return std::nullopt;
  Check(status, Doing::kReading, impl_->folder);
  const uint32_t row = ParseRow(value, impl_->folder);
  if (row >= size()) {
    Fail(ErrorCode::kCorruption, "metadata store {}: sku '{}' is at row {} of {}", impl_->folder,
         sku, row, size());
  }
  return row;
}

std::vector<Item> MetadataStore::GetMany(std::span<const uint32_t> rows) const {
  std::vector<Item> items;
  items.reserve(rows.size());
  impl_->ForEachStored(rows, [&](uint32_t row, std::string_view bytes) {
    items.push_back(impl_->ItemAt(row, bytes));
  });
  return items;
}

std::vector<std::string> MetadataStore::SkusOf(std::span<const uint32_t> rows) const {
  std::vector<std::string> skus;
  skus.reserve(rows.size());
  impl_->ForEachStored(rows, [&](uint32_t row, std::string_view bytes) {
    skus.push_back(impl_->Decoded(row, [&] { return DecodeSku(bytes); }));
  });
  return skus;
}

std::vector<std::string> MetadataStore::NearSkus(std::string_view sku, size_t count) const {
  if (sku.size() > kMaxSkuBytes) return {};
  std::vector<std::string> skus;
  impl_->Walk(kSkuKey, [&](rocksdb::Slice key, rocksdb::Slice) {
    skus.push_back(key.ToString());
    return skus.size() < kMaxNearSkus;
  });
  return NearestNames(sku, skus, count);
}

void MetadataStore::Verify() const {
  const std::string& folder = impl_->folder;
  Check(impl_->db->VerifyChecksum(impl_->Reading()), Doing::kReading, folder);

  // Rows 0..n-1 in order, and the skus in the same order: that order is what rows mean.
  const auto items = std::unique_ptr<rocksdb::Iterator>(impl_->db->NewIterator(impl_->Reading()));
  items->Seek(std::string(1, kRowKey));
  uint64_t row = 0;
  impl_->Walk(kSkuKey, [&](rocksdb::Slice sku, rocksdb::Slice value) {
    const uint32_t stored = ParseRow(value, folder);
    if (stored != row || !items->Valid() || items->key() != RowKey(stored)) {
      Fail(ErrorCode::kCorruption, "metadata store {}: sku '{}' is at row {}, expected row {}",
           folder, sku.ToStringView(), stored, row);
    }
    const Item item = impl_->ItemAt(row, items->value().ToStringView());
    if (item.sku != sku.ToStringView()) {
      Fail(ErrorCode::kCorruption, "metadata store {}: row {} holds sku '{}', expected '{}'",
           folder, row, item.sku, sku.ToStringView());
    }
    items->Next();
    ++row;
    return true;
  });
  Check(items->status(), Doing::kReading, folder);
  if (row != size() || (items->Valid() && items->key().starts_with(std::string(1, kRowKey)))) {
    Fail(ErrorCode::kCorruption, "metadata store {}: {} skus, expected {}, or more rows than skus",
         folder, row, size());
  }
}

}  // namespace csn
