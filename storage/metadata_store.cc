#include "storage/metadata_store.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "storage/internal/attribute_gatherer.h"
#include "storage/internal/attribute_reader.h"
#include "storage/internal/row_checker.h"
#include "storage/internal/store_access.h"
#include "storage/internal/store_meta.h"

namespace csn {
namespace {

using internal::AttributeGatherer;
using internal::AttributeReader;
using internal::CheckStatus;
using internal::DecodeMeta;
using internal::Doing;
using internal::kMetaKey;
using internal::kRowKey;
using internal::kSkuKey;
using internal::RowKey;
using internal::SkuKey;
using internal::StoreMeta;
using internal::StoreOptions;
using internal::StoreReading;
using internal::ValuesFault;

constexpr size_t kMultiGetBatch = 1024;
constexpr size_t kMaxNearSkus = 1'000'000;

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

}  // namespace

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
      db->MultiGet(StoreReading(), db->DefaultColumnFamily(), slices.size(), slices.data(),
                   values.data(), statuses.data());
      for (const rocksdb::PinnableSlice& value : values) PrefetchBytes(value.ToStringView());
      for (size_t i = 0; i < batch.size(); ++i) {
        CheckStatus(statuses[i], Doing::kReading, folder);
        visit(batch[i], values[i].ToStringView());
      }
    }
  }

  // Walks the keys that begin with `kind`, in order, from `from` on; `visit` gets key (without the
  // kind) and value, false stops.
  template <typename Visit>
  void Walk(char kind, std::string_view from, const Visit& visit) const {
    rocksdb::ReadOptions options = StoreReading();
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
    const std::string prefix(1, kind);
    for (it->Seek(prefix + std::string(from)); it->Valid() && it->key().starts_with(prefix);
         it->Next()) {
      rocksdb::Slice key = it->key();
      key.remove_prefix(1);
      if (!visit(key, it->value())) break;
    }
    CheckStatus(it->status(), Doing::kReading, folder);
  }

  AttributeReader attributes() const { return {*db, meta, folder}; }

  // Refuses columns that attributes cannot be asked of, or not in this way.
  void CheckColumn(size_t column) const {
    Require(column < meta.columns.size(), "metadata store {}: column {} of {}", folder, column,
            meta.columns.size());
    Require(meta.has_attributes(),
            "metadata store {}: of format version 1, which does not know what rows hold which "
            "values; build the index anew",
            folder);
  }
  void CheckTexts(size_t column) const {
    CheckColumn(column);
    const Column& asked = meta.columns[column];
    Require(asked.type != ColumnType::kNumber, "metadata store {}: column {} holds numbers", folder,
            asked.name);
    Require(!meta.too_long[column],
            "metadata store {}: column {} has texts of more than {} bytes, so it cannot be asked "
            "what it holds",
            folder, asked.name, kMaxFilterTextBytes);
  }
  void CheckNumbers(size_t column) const {
    CheckColumn(column);
    const Column& asked = meta.columns[column];
    Require(asked.type == ColumnType::kNumber, "metadata store {}: column {} holds no numbers",
            folder, asked.name);
  }

  // Throws unless the attributes are byte for byte those of all items, which `gatherer` has seen.
  void VerifyAttributes(AttributeGatherer& gatherer) const {
    const auto fail = [&] {
      Fail(ErrorCode::kCorruption,
           "metadata store {}: what it says of rows' values is not what the items hold", folder);
    };
    const std::string prefix(1, internal::kAttributeKey);
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(StoreReading()));
    it->Seek(prefix);
    gatherer.Finish([&](const std::string& key, const std::string& value) {
      if (!it->Valid() || it->key() != key || it->value() != value) fail();
      it->Next();
    });
    CheckStatus(it->status(), Doing::kReading, folder);
    if (it->Valid() && it->key().starts_with(prefix)) fail();
    for (size_t i = 0; i < meta.columns.size(); ++i) {
      if (gatherer.TooLong(i) != meta.too_long[i]) fail();
    }
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
  CheckStatus(rocksdb::DB::OpenForReadOnly(StoreOptions(), folder, &opened), Doing::kReading,
              folder);
  impl->db.reset(opened);
  std::string meta;
  CheckStatus(impl->db->Get(StoreReading(), std::string(1, kMetaKey), &meta), Doing::kReading,
              folder);
  impl->meta = DecodeMeta(meta, folder);
  return MetadataStore(std::move(impl));
}

const std::vector<Column>& MetadataStore::columns() const { return impl_->meta.columns; }

size_t MetadataStore::size() const { return impl_->meta.count; }

std::optional<uint32_t> MetadataStore::RowOf(std::string_view sku) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      impl_->db->Get(StoreReading(), impl_->db->DefaultColumnFamily(), SkuKey(sku), &value);
  if (status.IsNotFound()) return std::nullopt;
  CheckStatus(status, Doing::kReading, impl_->folder);
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
  impl_->Walk(kSkuKey, "", [&](rocksdb::Slice key, rocksdb::Slice) {
    skus.push_back(key.ToString());
    return skus.size() < kMaxNearSkus;
  });
  return NearestNames(sku, skus, count);
}

void MetadataStore::ForEachSku(std::string_view from,
                               const std::function<bool(std::string_view, uint32_t)>& visit) const {
  impl_->Walk(kSkuKey, from, [&](rocksdb::Slice sku, rocksdb::Slice row) {
    return visit(sku.ToStringView(), ParseRow(row, impl_->folder));
  });
}

bool MetadataStore::has_attributes() const { return impl_->meta.has_attributes(); }

bool MetadataStore::HasAttributes(size_t column) const {
  return has_attributes() && !impl_->meta.too_long[column];
}

RowSet MetadataStore::RowsWithout(size_t column) const {
  impl_->CheckColumn(column);
  return impl_->attributes().Without(column);
}

RowSet MetadataStore::RowsWith(size_t column, std::string_view text) const {
  impl_->CheckTexts(column);
  return impl_->attributes().With(column, text);
}

RowSet MetadataStore::RowsWithin(size_t column, const NumberRange& range) const {
  impl_->CheckNumbers(column);
  return impl_->attributes().Within(column, range);
}

void MetadataStore::ForEachText(
    size_t column, std::string_view from,
    const std::function<bool(std::string_view, const RowSet&)>& visit) const {
  impl_->CheckTexts(column);
  impl_->attributes().ForEachText(column, from, visit);
}

std::vector<std::string> MetadataStore::Texts(size_t column, size_t most) const {
  impl_->CheckTexts(column);
  return impl_->attributes().Texts(column, most);
}

void MetadataStore::ForEachNumber(
    size_t column, const std::function<void(double, std::span<const uint32_t>)>& visit) const {
  impl_->CheckNumbers(column);
  impl_->attributes().ForEachNumber(column, visit);
}

void MetadataStore::Verify() const {
  const std::string& folder = impl_->folder;
  CheckStatus(impl_->db->VerifyChecksum(StoreReading()), Doing::kReading, folder);

  // Rows 0..n-1 in order, and the skus in the same order: that order is what rows mean.
  const auto items = std::unique_ptr<rocksdb::Iterator>(impl_->db->NewIterator(StoreReading()));
  items->Seek(std::string(1, kRowKey));
  uint64_t row = 0;
  AttributeGatherer gatherer(impl_->meta.columns);
  impl_->Walk(kSkuKey, "", [&](rocksdb::Slice sku, rocksdb::Slice value) {
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
    gatherer.Append(item.values);
    items->Next();
    ++row;
    return true;
  });
  CheckStatus(items->status(), Doing::kReading, folder);
  if (row != size() || (items->Valid() && items->key().starts_with(std::string(1, kRowKey)))) {
    Fail(ErrorCode::kCorruption, "metadata store {}: {} skus, expected {}, or more rows than skus",
         folder, row, size());
  }
  if (impl_->meta.has_attributes()) impl_->VerifyAttributes(gatherer);
}

}  // namespace csn
