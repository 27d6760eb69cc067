// JSONL: one JSON object a line.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "storage/internal/line_reader.h"
#include "storage/internal/row_source.h"

namespace csn {

// One key of a row with its value as text.
struct JsonMember {
  enum class Kind { kNull, kText, kWholeNumber, kNumber, kBool, kArray };
  std::string key;
  Kind kind = Kind::kNull;
  RawValue value;
};

// Values are texts, numbers, booleans ("true", "false"), null (absent) or arrays of texts and
// numbers; a nested object, another array, or a line longer than kMaxRowBytes rejects the row. A
// key written twice: the last counts. Columns are the keys of all well-formed rows in order of
// first appearance. Blank lines are skipped.
class JsonlReader : public RowSource {
 public:
  // Throws Error(kFailed) where the file cannot be opened.
  explicit JsonlReader(const std::string& path);

  std::optional<std::variant<RawRow, Reject>> Next() override;
  const std::vector<std::string>& columns() const override { return columns_; }

 private:
  // False, with nothing added, where there would be more than kMaxColumns.
  bool AddColumns(const std::vector<JsonMember>& members);

  LineReader lines_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, size_t> column_of_;
};

}  // namespace csn
