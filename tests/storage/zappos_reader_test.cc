#include "storage/internal/zappos_reader.h"

#include <filesystem>
#include <map>

#include "storage/catalogue.h"
#include "tests/support/test_support.h"
#include "tests/support/zappos.h"

namespace csn {
namespace {

using test::TempDir;
using test::WriteText;

TEST(HeelInchesTest, RangesBecomeTheirMiddles) {
  for (const auto& [text, inches] :
       std::map<std::string, std::string>{{"Flat", "0"},
                                          {"Under 1in", "0.5"},
                                          {"1in - 1 3/4in", "1.375"},
                                          {"2in - 2 3/4in", "2.375"},
                                          {"4in - 4 3/4in", "4.375"},
                                          {"5in & over", "5"},
                                          {"", ""},
                                          {"High", "High"},
                                          {"1in - ", "1in - "},
                                          {"1 3/0in - 2in", "1 3/0in - 2in"},
                                          {"Under", "Under"}}) {
    EXPECT_EQ(HeelInches(text), inches) << text;
  }
}

TEST(ZapposCatalogueTest, ReadsTheReleasedTreeAsItIs) {
  const TempDir folder;
  const test::ZapposTree tree = test::WriteZapposTree(folder.path());
  const Catalogue catalogue = Catalogue::Open(folder.path());
  std::vector<std::string> columns;
  for (const Column& column : catalogue.columns()) {
    columns.push_back(column.name + ":" + std::string(ColumnTypeName(column.type)));
  }
  EXPECT_EQ(columns, (std::vector<std::string>{"Category:text", "HeelHeight:number", "Closure:list",
                                               "Gender:list", "Brand:text"}));
  size_t at = tree.images.size();  // the meta-data begin with the last
  uint64_t expected_line = 2;
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t line) {
    --at;
    EXPECT_EQ(line, expected_line++);
    const Item& item = std::get<Item>(row);
    EXPECT_EQ(item.sku, tree.cids[at]);
    EXPECT_EQ(item.image, "ut-zap50k-images/" + tree.images[at]);
    EXPECT_TRUE(std::filesystem::exists(catalogue.ImagePath(item)));
    EXPECT_EQ(std::get<double>(item.values[1]), at % 3 == 0 ? 0 : 2.375);
    EXPECT_EQ(std::get<std::vector<std::string>>(item.values[2]).size(), at % 5 == 0 ? 2u : 1u);
    EXPECT_EQ(std::get<std::string>(item.values[4]), "Brand " + std::to_string(at % 4));
    return true;
  });
  EXPECT_EQ(at, 0u);
}

TEST(ZapposCatalogueTest, AShoeWithoutAFileNameIsRejected) {
  const TempDir folder;
  WriteText(folder / "filenames.json", "Shoes/Oxfords/X/1.2.jpg\n");
  WriteText(folder / "meta-data.csv", "CID,Category\n1-2,Shoes\n3-4,Boots\n");
  std::vector<std::string> reasons;
  Catalogue::Open(folder.path()).ForEach([&](CatalogueRow&& row, uint64_t line) {
    if (const auto* reject = std::get_if<Reject>(&row)) {
      reasons.push_back(fmt::format("{} {} {}", line, reject->sku, reject->reason));
    }
    return true;
  });
  EXPECT_EQ(reasons, std::vector<std::string>{R"(3 3-4 filenames.json has no image of "3-4")"});
}

TEST(ZapposCatalogueTest, OtherFoldersAreFoldersOfImages) {
  const TempDir folder;
  WriteText(folder / "filenames.json", "a.jpg\n");
  WriteText(folder / "a.jpg", "x");
  EXPECT_EQ(Catalogue::Open(folder.path()).row_count(), 1u);
  EXPECT_TRUE(Catalogue::Open(folder.path()).columns().empty());
}

}  // namespace
}  // namespace csn
