// CSV with a header row: commas, double quotes, fields over several lines, strict.
#pragma once

#include <csv.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "storage/internal/line_reader.h"
#include "storage/internal/row_source.h"

namespace csn {

// Which columns of the header are every item's own.
struct CsvKeys {
  std::string sku = "sku";
  std::string image = "image";  // empty: there is none, rows come without
};

// A row that is malformed, has the wrong number of fields, or is longer than kMaxRowBytes is
// rejected; reading goes on at the line after the one where it began, so that a quote left open
// costs its own row and not those it swallowed. Blanks around unquoted fields are dropped, blank
// lines skipped.
class CsvReader : public RowSource {
 public:
  // Reads the header. Throws Error(kInvalidArgument) naming file and column where there is none, it
  // is malformed, lacks a key, or names a column twice or not at all.
  explicit CsvReader(const std::string& path, CsvKeys keys = {});
  ~CsvReader() override;
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  std::optional<std::variant<RawRow, Reject>> Next() override;
  const std::vector<std::string>& columns() const override { return columns_; }

 private:
  // One record as it stands in the file.
  struct Record {
    uint64_t line = 0;
    std::vector<std::string> fields;
    std::string problem;  // empty where it is well-formed
  };

  bool NextLine(Line& line);
  std::optional<Record> NextRecord(size_t expected_fields);
  std::string ReadFields(std::deque<Line>& lines);
  std::string ParseLine(const Line& line, uint64_t record_line);
  void ReadHeader();

  std::string path_;
  const CsvKeys keys_;
  LineReader lines_;
  std::deque<Line> again_;  // lines of a rejected record, to be read again one by one
  csv_parser parser_;
  // Filled by the parser's callbacks.
  std::vector<std::string> fields_;
  bool row_ended_ = false;

  std::vector<std::string> header_;
  size_t sku_field_ = 0;
  std::optional<size_t> image_field_;
  std::vector<std::string> columns_;
};

}  // namespace csn
