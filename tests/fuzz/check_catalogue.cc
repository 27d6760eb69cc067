#include "tests/fuzz/check_catalogue.h"

#include <set>
#include <vector>

#include "storage/catalogue.h"
#include "storage/internal/text_check.h"
#include "storage/metadata_store.h"
#include "tests/fuzz/fuzz.h"

namespace csn::fuzz {
namespace {

bool FitsType(const Value& value, ColumnType type) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  return value.index() == 1 + static_cast<size_t>(type);  // ColumnType is in Value's order
}

// An item goes into the store, and from there, as JSON, to whoever asks.
void CheckItem(const Item& item, const std::vector<Column>& columns) {
  Expect(!item.sku.empty() && !item.image.empty(), "an item has a sku and an image");
  Expect(TextProblem(item.sku).empty() && TextProblem(item.image).empty(),
         "an item's sku and image are UTF-8");
  Expect(item.values.size() == columns.size(), "an item has a value a column");
  for (size_t i = 0; i < columns.size(); ++i) {
    Expect(FitsType(item.values[i], columns[i].type), "a value is of its column's type");
    Expect(TextProblem(ValueText(item.values[i])).empty(), "a value is UTF-8");
  }
  const std::string stored = EncodeItem(item);
  Expect(EncodeItem(DecodeItem(stored)) == stored, "a stored item reads back the same");
}

// All rows as text; checks each.
std::string ReadAll(const Catalogue& catalogue) {
  std::string text;
  std::set<std::string> skus;
  uint64_t rows = 0;
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t line) {
    ++rows;
    Expect(line > 0, "a row of a file has a line");
    if (const auto* reject = std::get_if<Reject>(&row)) {
      Expect(reject->line == line && !reject->reason.empty(), "a reject says where and why");
      text += reject->reason + "\n";
      return true;
    }
    const Item& item = std::get<Item>(row);
    CheckItem(item, catalogue.columns());
    Expect(skus.insert(item.sku).second, "a sku is accepted once");
    text += EncodeItem(item) + "\n";
    return true;
  });
  Expect(rows == catalogue.row_count(), "accepted and rejected rows are all there are");
  for (const ColumnSummary& summary : catalogue.summaries()) {
    Expect(summary.present + summary.missing == skus.size(),
           "in an accepted row a column is present or missing");
    Expect(summary.distinct == 0 || summary.present > 0, "what is distinct is present");
  }
  return text;
}

}  // namespace

void CheckCatalogue(const std::string& path) {
  const auto catalogue =
      Accepted([&] { return Catalogue::Open(path); }, {ErrorCode::kInvalidArgument});
  if (!catalogue) return;
  Expect(ReadAll(*catalogue) == ReadAll(*catalogue), "a catalogue reads the same twice");
}

}  // namespace csn::fuzz
