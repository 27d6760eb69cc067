#include "storage/catalogue.h"

#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/notion.h"
#include "base/text.h"
#include "storage/internal/column_scan.h"
#include "storage/internal/csv_reader.h"
#include "storage/internal/folder_reader.h"
#include "storage/internal/jsonl_reader.h"
#include "storage/internal/paths.h"
#include "storage/internal/row_checker.h"
#include "storage/internal/text_check.h"
#include "storage/internal/zappos_reader.h"

namespace csn {
namespace fs = std::filesystem;
namespace {

enum class Format { kCsv, kJsonl, kFolder, kZappos };

// What tells whether a file is still the one that was opened.
struct FileStamp {
  int64_t size = 0;
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp StampOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    Fail(ErrorCode::kFailed, "{}: {}", path, std::strerror(errno));
  }
  return {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

Format FormatOf(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    Fail(ErrorCode::kNotFound, "catalogue {}: there is no such file or folder", path);
  }
  if (error) Fail(ErrorCode::kFailed, "catalogue {}: {}", path, error.message());
  if (fs::is_directory(status)) return IsZapposFolder(path) ? Format::kZappos : Format::kFolder;
  // A pipe cannot be read twice.
  Require(fs::is_regular_file(status), "catalogue {}: expected a regular file or a folder", path);
  const std::string extension = LowerExtension(path);
  return extension == ".jsonl" || extension == ".ndjson" ? Format::kJsonl : Format::kCsv;
}

// Position of `name`: written alike before alike but for '-' and '_'.
std::optional<size_t> PositionOf(const std::vector<std::string>& names, std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    found = std::find_if(names.begin(), names.end(),
                         [&](const std::string& other) { return SameName(other, name); });
  }
  if (found == names.end()) return std::nullopt;
  return found - names.begin();
}

// What can be said of the names beside a wrong one: the near ones, else all.
std::string OtherNames(const std::vector<std::string>& names, std::string_view name) {
  const std::vector<std::string> near = NearestNames(name, names);
  if (!near.empty()) return DidYouMean(near);
  return names.empty() ? "; it has none but sku and image"
                       : "; it has " + Printable(fmt::format("{}", fmt::join(names, ", ")));
}

size_t RequireColumn(const std::string& path, const std::vector<std::string>& names,
                     std::string_view name, std::string_view asker) {
  Require(name != "sku" && name != "image",
          "{}: {}: {} is every item's own and not a column with a type", path, asker, name);
  const std::optional<size_t> column = PositionOf(names, name);
  Require(column.has_value(), "{}: {}: there is no column called {}{}", path, asker, Quoted(name),
          OtherNames(names, name));
  return *column;
}

}  // namespace

struct Catalogue::Impl {
  std::string path;
  CatalogueOptions options;
  Format format = Format::kCsv;
  std::string folder;              // image paths are relative to it; "" = here
  std::vector<std::string> files;  // of a folder, as it was listed
  std::string table;               // the file that rows stand in; "" of a folder
  FileStamp stamp;                 // of it
  std::vector<Column> columns;
  std::vector<ColumnSummary> summaries;
  uint64_t row_count = 0;

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    return names;
  }
  std::unique_ptr<RowSource> MakeSource() const;
  RowChecker MakeChecker() const { return RowChecker(folder, options.allow_outside); }
  void Inspect();
  void Summarise(const std::vector<std::string>& names, std::vector<ColumnScan> scans,
                 uint64_t rows);
  // The item, or why the row is none.
  CatalogueRow ToRow(RawRow&& raw, RowChecker& checker) const;
  [[noreturn]] void FailChanged() const {
    Fail(ErrorCode::kFailed, "catalogue {}: the file changed since it was opened", path);
  }
};

std::unique_ptr<RowSource> Catalogue::Impl::MakeSource() const {
  switch (format) {
    case Format::kCsv:
      return std::make_unique<CsvReader>(path);
    case Format::kJsonl:
      return std::make_unique<JsonlReader>(path);
    case Format::kZappos:
      return std::make_unique<ZapposReader>(path);
    case Format::kFolder:
      break;
  }
  return std::make_unique<FolderReader>(files);
}

// The first pass. Only rows that pass every check but the numbers' decide a column's type, so that
// a rejected row does not turn a column of numbers into text.
void Catalogue::Impl::Inspect() {
  const std::unique_ptr<RowSource> source = MakeSource();
  RowChecker checker = MakeChecker();
  std::vector<ColumnScan> scans;
  uint64_t good = 0;
  while (auto next = source->Next()) {
    ++row_count;
    auto* row = std::get_if<RawRow>(&*next);
    if (row == nullptr || !checker.Check(*row).empty()) continue;
    ++good;
    if (scans.size() < row->values.size()) scans.resize(row->values.size());
    for (size_t i = 0; i < row->values.size(); ++i) scans[i].Add(row->values[i]);
  }
  Require(format != Format::kJsonl || row_count > 0,
          "{}: the file is empty; expected a JSON object with sku and image on each line", path);
  Summarise(source->columns(), std::move(scans), good);
}

void Catalogue::Impl::Summarise(const std::vector<std::string>& names,
                                std::vector<ColumnScan> scans, uint64_t rows) {
  std::vector<std::optional<ColumnType>> declared(names.size());
  for (const auto& [name, type] : options.declared) {
    declared[RequireColumn(path, names, name, "--column")] = type;
  }
  scans.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    summaries.push_back(scans[i].Finish(names[i], declared[i], rows));
    columns.push_back(summaries.back().column);
  }
}

CatalogueRow Catalogue::Impl::ToRow(RawRow&& raw, RowChecker& checker) const {
  if (raw.values.size() > columns.size()) FailChanged();
  std::string reason = checker.Check(raw);
  const auto reject = [&] {
    return Reject{.line = raw.line, .sku = std::move(raw.sku), .reason = std::move(reason)};
  };
  if (!reason.empty()) return reject();
  Item item;
  item.values.reserve(columns.size());
  raw.values.resize(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    std::optional<Value> value = ConvertValue(raw.values[i], columns[i].type);
    if (!value) {
      const auto* text = std::get_if<std::string>(&raw.values[i]);
      reason = fmt::format("column {}: expected a number, got {}", columns[i].name,
                           text ? Quoted(*text) : "a list");
      return reject();
    }
    item.values.push_back(*std::move(value));
  }
  item.sku = std::move(raw.sku);
  item.image = std::move(raw.image);
  return item;
}

Catalogue::Catalogue(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

Catalogue Catalogue::Open(const std::string& path, const CatalogueOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->options = options;
  impl->format = FormatOf(path);
  if (impl->format == Format::kFolder) {
    impl->folder = path;
    impl->files = ListImages(path, options.allow_outside);
  } else if (impl->format == Format::kZappos) {
    impl->folder = path;
    impl->table = ZapposMetaData(path);
    impl->stamp = StampOf(impl->table);
  } else {
    impl->table = path;
    impl->folder = fs::path(path).parent_path().string();
    impl->stamp = StampOf(path);
  }
  impl->Inspect();
  return Catalogue(std::move(impl));
}

const std::string& Catalogue::path() const { return impl_->path; }
const std::vector<Column>& Catalogue::columns() const { return impl_->columns; }
const std::vector<ColumnSummary>& Catalogue::summaries() const { return impl_->summaries; }
uint64_t Catalogue::row_count() const { return impl_->row_count; }

void Catalogue::ForEach(const std::function<bool(CatalogueRow&&, uint64_t line)>& sink) const {
  const Impl& impl = *impl_;
  if (!impl.table.empty() && StampOf(impl.table) != impl.stamp) impl.FailChanged();
  const std::unique_ptr<RowSource> source = impl.MakeSource();
  RowChecker checker = impl.MakeChecker();
  uint64_t rows = 0;
  while (auto next = source->Next()) {
    // Also where it changes while being read: never more rows than were counted.
    if (++rows > impl.row_count) impl.FailChanged();
    if (auto* reject = std::get_if<Reject>(&*next)) {
      const uint64_t line = reject->line;
      if (!sink(std::move(*reject), line)) return;
    } else {
      RawRow& raw = std::get<RawRow>(*next);
      const uint64_t line = raw.line;
      if (!sink(impl.ToRow(std::move(raw), checker), line)) return;
    }
  }
  if (rows != impl.row_count) impl.FailChanged();
}

const std::string& Catalogue::folder() const { return impl_->folder; }

std::string Catalogue::ImagePath(const Item& item) const {
  return (fs::path(impl_->folder) / item.image).string();
}

std::optional<size_t> Catalogue::FindColumn(std::string_view name) const {
  return PositionOf(impl_->Names(), name);
}

size_t Catalogue::ColumnIndex(std::string_view name, std::string_view asker) const {
  return RequireColumn(impl_->path, impl_->Names(), name, asker);
}

}  // namespace csn
