// How a store's database is opened and read, and its keys: what its writer and reader share.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/item.h"

namespace csn::internal {

// First byte of every key, beside kAttributeKey. Stored: fixed values, do not reuse.
inline constexpr char kRowKey = 'r';   // + row, big-endian u32 -> EncodeItem
inline constexpr char kSkuKey = 's';   // + sku -> row, big-endian u32
inline constexpr char kMetaKey = 'z';  // alone -> EncodeMeta

std::string EncodeRow(uint32_t row);  // big-endian
std::string RowKey(uint32_t row);
std::string SkuKey(std::string_view sku);

// Tables for look-ups of single keys: a filter, a hash index within each block, nothing to
// decompress.
rocksdb::Options StoreOptions();
// With checksums verified.
rocksdb::ReadOptions StoreReading();

enum class Doing { kWriting, kReading };

// Throws unless `status` is good: Error(kCorruption) where it speaks of what was read, else
// Error(kFailed).
void CheckStatus(const rocksdb::Status& status, Doing doing, const std::string& folder);

// What is wrong with an item's values for these columns; "" where nothing is.
std::string ValuesFault(const Item& item, const std::vector<Column>& columns);

}  // namespace csn::internal
