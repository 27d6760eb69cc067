#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_writer.h>

#include <filesystem>

#include "base/error.h"
#include "storage/internal/attribute_gatherer.h"
#include "storage/internal/store_access.h"
#include "storage/internal/store_meta.h"
#include "storage/metadata_store.h"

namespace csn {

using internal::AttributeGatherer;
using internal::CheckStatus;
using internal::Doing;
using internal::StoreMeta;

// Keys arrive in order, so the tables are written as they come and handed to an empty database
// whole.
struct MetadataWriter::Impl {
  Impl(const std::string& path, std::vector<Column> item_columns)
      : folder(path),
        options(internal::StoreOptions()),
        attributes(rocksdb::EnvOptions(), options),
        rows(rocksdb::EnvOptions(), options),
        skus(rocksdb::EnvOptions(), options),
        gatherer(item_columns) {
    meta.columns = std::move(item_columns);
    Require(!std::filesystem::exists(folder), "metadata store {}: already there", folder);
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (error) {
      Fail(ErrorCode::kFailed, "metadata store {}: cannot be made: {}", folder, error.message());
    }
    CheckStatus(rows.Open(rows_path()), Doing::kWriting, folder);
    CheckStatus(skus.Open(skus_path()), Doing::kWriting, folder);
  }

  std::string attributes_path() const { return folder + "/attributes.new"; }
  std::string rows_path() const { return folder + "/rows.new"; }
  std::string skus_path() const { return folder + "/skus.new"; }

  std::string folder;
  rocksdb::Options options;
  rocksdb::SstFileWriter attributes;
  rocksdb::SstFileWriter rows;
  rocksdb::SstFileWriter skus;
  AttributeGatherer gatherer;
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
  const std::string fault = internal::ValuesFault(item, impl_->meta.columns);
  Require(fault.empty(), "metadata store {}: sku '{}': {}", impl_->folder, item.sku, fault);

  const auto row = static_cast<uint32_t>(impl_->meta.count);
  CheckStatus(impl_->rows.Put(internal::RowKey(row), EncodeItem(item)), Doing::kWriting,
              impl_->folder);
  CheckStatus(impl_->skus.Put(internal::SkuKey(item.sku), internal::EncodeRow(row)),
              Doing::kWriting, impl_->folder);
  impl_->gatherer.Append(item.values);
  impl_->last_sku = item.sku;
  ++impl_->meta.count;
}

void MetadataWriter::Finish() {
  const std::string& folder = impl_->folder;
  for (size_t i = 0; i < impl_->meta.columns.size(); ++i) {
    impl_->meta.too_long.push_back(impl_->gatherer.TooLong(i));
  }
  CheckStatus(
      impl_->skus.Put(std::string(1, internal::kMetaKey), internal::EncodeMeta(impl_->meta)),
      Doing::kWriting, folder);
  CheckStatus(impl_->skus.Finish(), Doing::kWriting, folder);
  std::vector<std::string> tables = {impl_->skus_path()};
  // A table without keys cannot be finished.
  if (impl_->meta.count > 0) {
    CheckStatus(impl_->rows.Finish(), Doing::kWriting, folder);
    tables.push_back(impl_->rows_path());
  }
  if (!impl_->meta.columns.empty()) {
    CheckStatus(impl_->attributes.Open(impl_->attributes_path()), Doing::kWriting, folder);
    impl_->gatherer.Finish([&](const std::string& key, const std::string& value) {
      CheckStatus(impl_->attributes.Put(key, value), Doing::kWriting, folder);
    });
    CheckStatus(impl_->attributes.Finish(), Doing::kWriting, folder);
    tables.push_back(impl_->attributes_path());
  }

  rocksdb::Options options = impl_->options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  CheckStatus(rocksdb::DB::Open(options, folder, &opened), Doing::kWriting, folder);
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  CheckStatus(db->IngestExternalFile(tables, ingest), Doing::kWriting, folder);
  CheckStatus(db->Close(), Doing::kWriting, folder);
  std::error_code ignored;  // only an empty store leaves one
  std::filesystem::remove(impl_->rows_path(), ignored);
}

}  // namespace csn
