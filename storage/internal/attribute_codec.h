// The store's entries of which rows hold what: keys and values (docs/format.md, "Attributes").
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row_set.h"

namespace csn::internal {

inline constexpr char kAttributeKey = 'a';  // first byte of every key here

// What an entry of a column is; the byte after the column in its key. Stored: fixed values, do not
// reuse.
enum class AttributeKind : char {
  kMissing = 'm',  // -> rows without a value
  kNumbers = 'n',  // + block, u32 big-endian -> NumberBlock
  kOutline = 'o',  // -> NumberOutline
  kBefore = 'p',   // + block, u32 big-endian -> rows of the blocks before it
  kValue = 'v',    // + text -> rows that have it
};

std::string AttributeKey(size_t column, AttributeKind kind, std::string_view rest = {});
std::string AttributeKey(size_t column, AttributeKind kind, uint32_t block);

// A number column's (value, row) pairs in ascending order are cut into blocks.
struct NumberBlock {
  std::vector<double> values;  // ascending, never NaN
  std::vector<uint32_t> rows;  // one a value; ascending where values are equal
};

// The ends of every block, so that the one that holds a bound is found without reading others.
struct NumberOutline {
  std::vector<std::pair<double, double>> ends;  // least and greatest value of each block
};

// `what` names the entry; decoding throws Error(kCorruption) where bytes are short or wrong.
std::string EncodeRows(const RowSet& rows);
RowSet DecodeRows(std::string_view bytes, std::string_view what);
std::string EncodeNumbers(const NumberBlock& block);
NumberBlock DecodeNumbers(std::string_view bytes, std::string_view what);
std::string EncodeOutline(const NumberOutline& outline);
NumberOutline DecodeOutline(std::string_view bytes, std::string_view what);

}  // namespace csn::internal
