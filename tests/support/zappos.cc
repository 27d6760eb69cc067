#include "tests/support/zappos.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/image.h"
#include "tests/support/test_support.h"
#include "tools/draw/shoe_catalogue.h"

namespace csn::test {
namespace {

constexpr uint64_t kSeed = 3;
constexpr uint32_t kShoes = 60, kTrains = 40, kValidates = 50;

// "anchor far close", as released.
void WriteList(const std::string& path, const std::vector<Triplet>& triplets) {
  std::string text;
  for (const Triplet& t : triplets) {
    text += fmt::format("{} {} {}\n", t.anchor, t.negative, t.positive);
  }
  WriteText(path, text);
}

std::vector<Triplet> Draw(const LabelTable& labels, NotionId notion, uint32_t begin, uint32_t end,
                          size_t count) {
  std::vector<uint32_t> items;
  for (uint32_t i = begin; i < end; ++i) items.push_back(i);
  Rng rng(kSeed + notion);
  return TripletSampler(labels, notion, items).SampleDistinct(count, rng);
}

}  // namespace

ZapposTree WriteZapposTree(const std::string& folder) {
  ZapposTree tree;
  std::vector<Value> classes, closures;
  std::string names;
  std::vector<std::string> rows;
  for (uint32_t i = 0; i < kShoes; ++i) {
    const Shoe shoe = CatalogueShoe(kSeed, i);
    classes.emplace_back(ShoeCategoryName(shoe.category));
    closures.emplace_back(ShoeClosureName(shoe.closure));
    const std::string image =
        fmt::format("{}/{}/Brand {}/{}.{}.jpg", ShoeCategoryName(shoe.category),
                    ShoeClosureName(shoe.closure), i % 4, 100'600 + i, 7 * i);
    const std::string path = folder + "/ut-zap50k-images/" + image;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteFileAtomically(path, EncodeJpeg(DrawShoe(shoe, 64), 90));
    tree.images.push_back(image);
    tree.cids.push_back(fmt::format("{}-{}", 100'600 + i, 7 * i));
    names += image + "\n";
    rows.push_back(fmt::format("{},{},{},{},{}\n", tree.cids.back(),
                               ShoeCategoryName(shoe.category),
                               i % 3 == 0 ? "Flat" : "2in - 2 3/4in",
                               ShoeClosureName(shoe.closure) + (i % 5 == 0 ? ";Elastic Gore" : ""),
                               i % 2 == 0 ? "Women" : "Men;Boys"));
  }
  std::ranges::reverse(rows);
  std::string table = "CID,Category,HeelHeight,Closure,Gender\n";
  for (const std::string& row : rows) table += row;
  WriteText(folder + "/meta-data.csv", table);
  WriteText(folder + "/filenames.json", names);

  const LabelTable labels(
      {{.name = "class", .column = "Category"}, {.name = "closure", .column = "Closure"}},
      {classes, closures});
  std::filesystem::create_directories(folder + "/tripletlists");
  for (NotionId c = 0; c < 2; ++c) {
    tree.train.push_back(Draw(labels, c, 0, kTrains, 120));
    tree.validation.push_back(Draw(labels, c, kTrains, kValidates, 40));
    tree.test.push_back(Draw(labels, c, kValidates, kShoes, 40));
    const std::string list = folder + "/tripletlists/" + labels.notions()[c].name;
    WriteList(list + "_tripletlist_train.txt", tree.train[c]);
    WriteList(list + "_tripletlist_val.txt", tree.validation[c]);
    WriteList(list + "_tripletlist_test.txt", tree.test[c]);
  }
  return tree;
}

}  // namespace csn::test
