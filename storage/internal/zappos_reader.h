// UT-Zappos50K as its authors and the paper's released it, as a catalogue.
//
//   DIR/meta-data.csv (or DIR/ut-zap50k-data/meta-data.csv)   a row a shoe: CID, Category, ...
//   DIR/filenames.json                                        one image path a line (no JSON)
//   DIR/ut-zap50k-images/, or DIR/ut-zap50k-images-square/    the images
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/internal/csv_reader.h"
#include "storage/internal/row_source.h"

namespace csn {

// True where the folder holds that layout's meta-data and file names.
bool IsZapposFolder(const std::string& folder);
// The file whose lines the rows stand on.
std::string ZapposMetaData(const std::string& folder);

// "Flat" 0, "Under 1in" 0.5, "2in - 2 3/4in" 2.375 (the middle), "5in & over" 5: inches, as text.
// Anything else stays as it is.
std::string HeelInches(std::string_view text);

// One row a shoe: sku is its CID, image its path, the columns are the meta-data's and Brand, which
// is the image's last folder. Values that `;` separates are lists; of a HeelHeight the first
// counts, in inches. A shoe without an image in filenames.json is rejected.
class ZapposReader : public RowSource {
 public:
  // Throws as CsvReader, and Error(kNotFound), Error(kFailed) of filenames.json.
  explicit ZapposReader(const std::string& folder);

  std::optional<std::variant<RawRow, Reject>> Next() override;
  const std::vector<std::string>& columns() const override { return columns_; }

 private:
  CsvReader rows_;
  std::vector<std::string> columns_;
  std::optional<size_t> heel_;                             // the column of heel heights
  std::unordered_map<std::string, std::string> image_of_;  // by CID
};

}  // namespace csn
