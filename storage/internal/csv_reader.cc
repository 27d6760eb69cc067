#include "storage/internal/csv_reader.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace {

// Only a line feed ends a row, so that one line never holds two; the carriage return before it is a
// blank.
int IsRowEnd(unsigned char c) { return c == '\n'; }
int IsBlank(unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Position of `name` in the header of `path`.
size_t RequiredField(const std::string& path, const std::vector<std::string>& header,
                     const std::string& name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    std::string names;
    for (const std::string& field : header) names += (names.empty() ? "" : ", ") + field;
    Fail(ErrorCode::kInvalidArgument, "{}: the header must have a column called {}; it has {}",
         path, name, Printable(names));
  }
  return found - header.begin();
}

}  // namespace

CsvReader::CsvReader(const std::string& path, CsvKeys keys)
    : path_(path), keys_(std::move(keys)), lines_(path) {
  csv_init(&parser_, CSV_STRICT);
  csv_set_term_func(&parser_, IsRowEnd);
  csv_set_space_func(&parser_, IsBlank);
  csv_set_blk_size(&parser_, 4096);
  try {
    ReadHeader();
  } catch (...) {
    csv_free(&parser_);
    throw;
  }
}

CsvReader::~CsvReader() { csv_free(&parser_); }

void CsvReader::ReadHeader() {
  const std::optional<Record> record = NextRecord(0);
  Require(record.has_value(),
          "{}: the file is empty; expected a header row with a column called {}", path_, keys_.sku);
  Require(record->problem.empty(), "{}: header, line {}: {}", path_, record->line, record->problem);
  header_ = record->fields;
  Require(header_.size() <= kMaxColumns, "{}: the header has {} columns, at most {} are allowed",
          path_, header_.size(), kMaxColumns);
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i < header_.size(); ++i) {
    Require(!header_[i].empty(), "{}: column {} of the header has no name", path_, i + 1);
    Require(seen.insert(header_[i]).second, "{}: the header names column {} twice", path_,
            Quoted(header_[i]));
  }
  sku_field_ = RequiredField(path_, header_, keys_.sku);
  if (!keys_.image.empty()) image_field_ = RequiredField(path_, header_, keys_.image);
  for (size_t i = 0; i < header_.size(); ++i) {
    if (i != sku_field_ && i != image_field_) columns_.push_back(header_[i]);
  }
}

std::optional<std::variant<RawRow, Reject>> CsvReader::Next() {
  std::optional<Record> record = NextRecord(header_.size());
  if (!record) return std::nullopt;
  if (!record->problem.empty()) {
    return Reject{.line = record->line, .sku = {}, .reason = std::move(record->problem)};
  }
  RawRow row;
  row.line = record->line;
  row.values.reserve(columns_.size());
  for (size_t i = 0; i < record->fields.size(); ++i) {
    if (i == sku_field_) {
      row.sku = std::move(record->fields[i]);
    } else if (i == image_field_) {
      row.image = std::move(record->fields[i]);
    } else {
      row.values.emplace_back(std::move(record->fields[i]));
    }
  }
  return row;
}

bool CsvReader::NextLine(Line& line) {
  if (again_.empty()) return lines_.Next(line);
  line = std::move(again_.front());
  again_.pop_front();
  return true;
}

// `expected_fields` 0: any number.
std::optional<CsvReader::Record> CsvReader::NextRecord(size_t expected_fields) {
  std::deque<Line> lines;
  Line line;
  do {
    if (!NextLine(line)) return std::nullopt;
  } while (!line.too_long && Trim(line.text).empty());
  lines.push_back(std::move(line));

  Record record{.line = lines.front().number, .fields = {}, .problem = ReadFields(lines)};
  if (record.problem.empty() && expected_fields > 0 && fields_.size() != expected_fields) {
    record.problem = fmt::format("{} fields, the header has {}", fields_.size(), expected_fields);
  }
  if (!record.problem.empty()) {
    again_.insert(again_.begin(), std::make_move_iterator(lines.begin() + 1),
                  std::make_move_iterator(lines.end()));
    return record;
  }
  for (const Line& part : lines) {
    const std::string problem = TextProblem(part.text);
    if (!problem.empty()) {
      record.problem = fmt::format("{} of line {}", problem, part.number);
      return record;
    }
  }
  record.fields = std::move(fields_);
  return record;
}

// Parses from the first of `lines`, adding the lines it needs, until the record ends; "" or what is
// wrong.
std::string CsvReader::ReadFields(std::deque<Line>& lines) {
  fields_.clear();
  row_ended_ = false;
  if (lines.front().too_long) return fmt::format("the row is longer than {} bytes", kMaxRowBytes);
  const uint64_t first = lines.front().number;
  std::string problem = ParseLine(lines.front(), first);
  size_t bytes = lines.front().text.size();
  while (problem.empty() && !row_ended_) {
    Line line;
    if (!NextLine(line)) {
      problem = "a quote is not closed before the end of the file";
      break;
    }
    bytes += line.text.size() + 1;
    const bool too_long = line.too_long || bytes > kMaxRowBytes;
    lines.push_back(std::move(line));
    problem = too_long ? fmt::format("a quote is not closed within {} bytes", kMaxRowBytes)
                       : ParseLine(lines.back(), first);
  }
  // Forgets the half-read record; after a whole one there is nothing to forget.
  csv_fini(&parser_, nullptr, nullptr, nullptr);
  return problem;
}

std::string CsvReader::ParseLine(const Line& line, uint64_t record_line) {
  const auto on_field = [](void* bytes, size_t count, void* self) {
    static_cast<CsvReader*>(self)->fields_.emplace_back(static_cast<const char*>(bytes), count);
  };
  const auto on_row = [](int, void* self) { static_cast<CsvReader*>(self)->row_ended_ = true; };
  const size_t parsed =
      csv_parse(&parser_, line.text.data(), line.text.size(), on_field, on_row, this);
  if (parsed == line.text.size() && csv_parse(&parser_, "\n", 1, on_field, on_row, this) == 1) {
    return {};
  }
  if (csv_error(&parser_) != CSV_EPARSE) {
    Fail(ErrorCode::kFailed, "{}: line {}: {}", path_, line.number,
         csv_strerror(csv_error(&parser_)));
  }
  const std::string where =
      line.number == record_line ? "" : fmt::format(" (seen on line {})", line.number);
  return fmt::format("malformed quoting in field {}{}", fields_.size() + 1, where);
}

}  // namespace csn
