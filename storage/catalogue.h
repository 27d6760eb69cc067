// A catalogue of products as a stream: CSV with a header row, JSONL, a folder of images, or
// UT-Zappos50K's own layout.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/item.h"

namespace csn {

struct CatalogueOptions {
  // Types the user declares; the others are inferred: number only where every present value parses,
  // list where a '|' separates values, else text.
  std::map<std::string, ColumnType> declared;
  // Follow image paths that lead outside the catalogue's folder.
  bool allow_outside = false;
};

// A row that cannot become an item. Goes to the reject file; never an exception.
struct Reject {
  uint64_t line = 0;  // 1-based line where the row starts; 0 for a folder of images
  std::string sku;    // where it is known
  std::string reason;
};

using CatalogueRow = std::variant<Item, Reject>;

// What the first pass saw of one column.
struct ColumnSummary {
  Column column;
  uint64_t present = 0;
  uint64_t missing = 0;
  // Distinct values, counted up to 10,000; beyond it `distinct` stays there.
  uint64_t distinct = 0;
};

// An opened catalogue: columns and types are known, rows can be read any number of times.
// `sku` and `image` are not columns: they are every item's own. Thread-safe after Open.
class Catalogue {
 public:
  // Reads the whole file once for columns and types. `path` is a .csv or .jsonl file (JSONL where
  // the name ends in .jsonl or .ndjson) or a folder, whose JPEG, PNG and WebP files become items
  // with their relative path less its extension as sku; unless it is laid out as UT-Zappos50K
  // (internal/zappos_reader.h). Throws Error(kNotFound) where there is
  // nothing, Error(kInvalidArgument) where the header lacks `sku` or `image`, names a column twice,
  // or a declared column does not exist.
  static Catalogue Open(const std::string& path, const CatalogueOptions& options = {});

  ~Catalogue();
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;

  const std::string& path() const;
  // Column order is the file's (JSONL: order of first appearance).
  const std::vector<Column>& columns() const;
  const std::vector<ColumnSummary>& summaries() const;
  // Rows in the file, good or not.
  uint64_t row_count() const;

  // Calls `sink` for every row in the file's order, with the line it starts at (0 for a folder of
  // images), good or rejected (malformed, sku missing or repeated, image missing from the row or
  // leading outside, declared number that does not parse); stops early where it returns false.
  // Whether the image file exists and decodes is the reader's to find out. Throws Error(kFailed)
  // where the file changed since Open or cannot be read.
  void ForEach(const std::function<bool(CatalogueRow&&, uint64_t line)>& sink) const;

  // What image paths start from: the catalogue file's folder, or the folder of images itself.
  const std::string& folder() const;
  // The path to open for an item's image.
  std::string ImagePath(const Item& item) const;

  // Position of the column called `name`: written alike, else alike but for '-' and '_'.
  std::optional<size_t> FindColumn(std::string_view name) const;
  // Position of the column called `name` ('-' and '_' the same), else Error(kInvalidArgument)
  // naming near ones, or all where none is near. `asker` is what wants it: "notion closure".
  size_t ColumnIndex(std::string_view name, std::string_view asker) const;

 private:
  struct Impl;
  explicit Catalogue(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
