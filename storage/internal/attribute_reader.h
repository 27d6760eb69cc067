// Reads what attribute_gatherer.h gathered: which rows hold which values.
#pragma once

#include <rocksdb/db.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/row_set.h"
#include "storage/internal/attribute_codec.h"
#include "storage/internal/store_meta.h"
#include "storage/metadata_store.h"

namespace csn::internal {

// Of one open store, which must outlive it. Columns are checked by the caller. Every call throws
// Error(kCorruption) where an entry is missing or damaged. Thread-safe.
class AttributeReader {
 public:
  AttributeReader(rocksdb::DB& db, const StoreMeta& meta, const std::string& folder)
      : db_(db), meta_(meta), folder_(folder) {}

  RowSet Without(size_t column) const;
  RowSet With(size_t column, std::string_view text) const;
  RowSet Within(size_t column, const NumberRange& range) const;
  void ForEachText(size_t column, std::string_view from,
                   const std::function<bool(std::string_view, const RowSet&)>& visit) const;
  std::vector<std::string> Texts(size_t column, size_t most) const;
  void ForEachNumber(size_t column,
                     const std::function<void(double, std::span<const uint32_t>)>& visit) const;

 private:
  std::string What(size_t column) const;  // for messages
  // Calls visit(text, bytes of its rows) for the texts from `from` on, until it is false.
  template <typename Visit>
  void WalkTexts(size_t column, std::string_view from, const Visit& visit) const;
  // The bytes of an entry that must be there.
  rocksdb::PinnableSlice Entry(size_t column, const std::string& key) const;
  RowSet Rows(std::string_view bytes, size_t column) const;
  NumberOutline Outline(size_t column) const;
  NumberBlock Block(size_t column, size_t block) const;
  // The rows whose number is below `bound`, or at it too.
  RowSet Below(size_t column, const NumberOutline& outline, double bound, bool with_bound) const;

  rocksdb::DB& db_;
  const StoreMeta& meta_;
  const std::string& folder_;
};

}  // namespace csn::internal
