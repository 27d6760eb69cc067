// Items by row and rows by sku, in RocksDB. Keys and values: docs/format.md.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/item.h"
#include "base/row_set.h"

namespace csn {

// A text or list column with a longer text can only be asked where it is missing.
inline constexpr size_t kMaxFilterTextBytes = 4096;

// Numbers from `low` to `high`, each end with the number itself unless open.
struct NumberRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;
  bool open_high = false;
};

// Writes the store of one generation: items in row order, which is sku order.
class MetadataWriter {
 public:
  // `folder` must not exist. Throws Error(kFailed) where it cannot be made.
  MetadataWriter(const std::string& folder, std::vector<Column> columns);
  ~MetadataWriter();
  MetadataWriter(const MetadataWriter&) = delete;
  MetadataWriter& operator=(const MetadataWriter&) = delete;

  // The item of the next row. Throws Error(kInvalidArgument) unless skus ascend bytewise and the
  // item has a value of the right type (or missing) for every column.
  void Append(const Item& item);
  // Writes everything out and closes.
  void Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Read-only: never writes into its folder. Thread-safe.
class MetadataStore {
 public:
  // Throws Error(kCorruption) where files are missing, damaged or of another version,
  // Error(kFailed) where the system does not let them be read.
  static MetadataStore Open(const std::string& folder);
  ~MetadataStore();
  MetadataStore(MetadataStore&&) noexcept;
  MetadataStore& operator=(MetadataStore&&) noexcept;

  const std::vector<Column>& columns() const;
  size_t size() const;

  std::optional<uint32_t> RowOf(std::string_view sku) const;
  // The items of these rows, in their order. Throws Error(kCorruption) where a row below size() is
  // missing, damaged or has values of other types than the columns', Error(kInvalidArgument) for a
  // row beyond it.
  std::vector<Item> GetMany(std::span<const uint32_t> rows) const;
  // Their skus alone: less to decode. Errors as GetMany, of what is read.
  std::vector<std::string> SkusOf(std::span<const uint32_t> rows) const;
  // Up to `count` stored skus most like `sku` (text.h NearestNames over at most 1,000,000 skus),
  // for error messages; none where `sku` is longer than any sku may be.
  std::vector<std::string> NearSkus(std::string_view sku, size_t count = 3) const;
  // Calls visit(sku, row) for the skus from `from` on, ascending bytewise, until it is false.
  void ForEachSku(std::string_view from,
                  const std::function<bool(std::string_view, uint32_t)>& visit) const;

  // Which rows hold what; false in stores of before format version 2, which have nothing of this
  // kind.
  bool has_attributes() const;
  // The same of one column, a position in columns(): false too where a text of it is longer than
  // kMaxFilterTextBytes. What follows throws Error(kInvalidArgument) then, and where the column is
  // of another type.
  bool HasAttributes(size_t column) const;
  // The value is missing, or a list without parts; of any column of a store with attributes.
  RowSet RowsWithout(size_t column) const;
  // Text and list columns: the value is `text`, or a part is.
  RowSet RowsWith(size_t column, std::string_view text) const;
  // Number columns. Rows whose number lies in the range.
  RowSet RowsWithin(size_t column, const NumberRange& range) const;
  // Text and list columns: calls visit(text, rows) for the different texts from `from` on,
  // ascending bytewise, until it is false.
  void ForEachText(size_t column, std::string_view from,
                   const std::function<bool(std::string_view, const RowSet&)>& visit) const;
  // The first `most` different texts of such a column, ascending.
  std::vector<std::string> Texts(size_t column, size_t most) const;
  // Number columns: calls visit(number, rows ascending) for the different numbers, ascending.
  void ForEachNumber(size_t column,
                     const std::function<void(double, std::span<const uint32_t>)>& visit) const;

  // Reads every key and value, verifying checksums, that rows and skus agree, and that what
  // is said of rows' values is so. Throws Error(kCorruption).
  void Verify() const;

 private:
  struct Impl;
  explicit MetadataStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// An item's values as bytes, and back: the encoding of the store, also used for a build's temporary
// files. DecodeItem throws Error(kCorruption) where bytes are short, long or of an unknown kind.
std::string EncodeItem(const Item& item);
Item DecodeItem(std::string_view bytes);
std::string DecodeSku(std::string_view bytes);  // of an encoded item

}  // namespace csn
