// Whether a well-formed row names a product: its sku and where its image leads.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "storage/internal/row_source.h"

namespace csn {

inline constexpr size_t kMaxSkuBytes = 512;
inline constexpr size_t kMaxImagePathBytes = 4096;  // what the system takes

// For one pass over a catalogue: remembers every sku. Not thread-safe.
class RowChecker {
 public:
  // `folder` is the catalogue's ("" = here).
  RowChecker(const std::string& folder, bool allow_outside);

  // Drops the blanks around the row's sku. "" where sku and image are good, else why the row is
  // rejected.
  std::string Check(RawRow& row);

 private:
  std::string CheckSku(const RawRow& row);
  std::string CheckImage(const std::string& image);
  bool LinkLeadsOutside(const std::string& image);

  const std::string folder_;
  const bool allow_outside_;
  std::string real_folder_;
  // Neighbouring rows mostly share a folder, which is then resolved once.
  std::string last_parent_;
  bool last_parent_outside_ = false;
  // Hash of a sku -> line of its first row. 64 bits: among 10 million skus two share one by chance
  // in 1 of 370,000 catalogues, and then a row is wrongly rejected, with its line and reason told.
  std::unordered_map<uint64_t, uint64_t> first_line_;
};

}  // namespace csn
