// What the readers of a catalogue's formats have in common: rows whose values are still text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/catalogue.h"

namespace csn {

// Absent, one text, or a list the format itself marks as one (a JSON array).
using RawValue = std::variant<std::monostate, std::string, std::vector<std::string>>;

// A well-formed row; sku and image are not yet checked.
struct RawRow {
  uint64_t line = 0;  // 1-based line where it starts; 0 in a folder
  std::string sku;
  std::string image;
  // By column; what lies beyond the end is absent.
  std::vector<RawValue> values;
};

// More columns than this is a file of another kind; each costs every item a value.
inline constexpr size_t kMaxColumns = 4096;

// One pass over a catalogue. Not thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // The next row, or what is wrong with it; nothing at the end. Throws Error(kFailed) where reading
  // fails.
  virtual std::optional<std::variant<RawRow, Reject>> Next() = 0;
  // Names of the columns met so far, without sku and image; only ever grows.
  virtual const std::vector<std::string>& columns() const = 0;
};

}  // namespace csn
