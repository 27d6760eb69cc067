// Which rows hold which values: the part of the metadata store that filters ask.
#include <rocksdb/db.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "storage/metadata_store.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::vector<Column> kAskedColumns = {
    {"brand", ColumnType::kText}, {"price", ColumnType::kNumber}, {"sizes", ColumnType::kList}};
enum : size_t { kBrand, kPrice, kSizes };

// Values out of few, so that they are shared, and out of many, by `variety`.
std::vector<Item> VariedItems(Rng& rng, size_t count, size_t variety) {
  std::vector<Item> items(count);
  for (size_t i = 0; i < count; ++i) {
    items[i] = {.sku = fmt::format("sku-{:07}", i), .image = "i.png", .values = {}};
    items[i].values.resize(kAskedColumns.size());
    if (rng.Below(5) != 0) items[i].values[kBrand] = fmt::format("b{}", rng.Below(variety));
    if (rng.Below(5) != 0) {
      items[i].values[kPrice] = static_cast<double>(rng.Below(variety)) / 2 - 10;
    }
    if (rng.Below(5) != 0) {
      std::vector<std::string> parts(rng.Below(4));
      for (std::string& part : parts) part = fmt::format("{}", rng.Below(variety));
      items[i].values[kSizes] = parts;
    }
  }
  return items;
}

MetadataStore Stored(const std::string& folder, const std::vector<Item>& items,
                     const std::vector<Column>& columns = kAskedColumns) {
  MetadataWriter writer(folder, columns);
  for (const Item& item : items) writer.Append(item);
  writer.Finish();
  return MetadataStore::Open(folder);
}

std::vector<uint32_t> Listed(const RowSet& rows) { return {rows.begin(), rows.end()}; }

// The rows whose item fulfils `holds`.
template <typename Holds>
std::vector<uint32_t> Wanted(const std::vector<Item>& items, const Holds& holds) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < items.size(); ++row) {
    if (holds(items[row])) rows.push_back(row);
  }
  return rows;
}

bool Lies(double number, const NumberRange& range) {
  return (range.open_low ? number > range.low : number >= range.low) &&
         (range.open_high ? number < range.high : number <= range.high);
}

TEST(AttributesTest, AgreeWithTheItemsWhateverIsAsked) {
  // One block of numbers, and many; few different values, and nearly as many as items.
  for (const auto& [items_wanted, values_wanted] :
       std::vector<std::pair<size_t, size_t>>{{0, 3}, {1, 3}, {700, 5}, {5000, 30}, {5000, 9000}}) {
    const size_t count = items_wanted, variety = values_wanted;
    SCOPED_TRACE(fmt::format("{} items, variety {}", count, variety));
    const TempDir folder;
    Rng rng(count + variety);
    const std::vector<Item> items = VariedItems(rng, count, variety);
    const MetadataStore store = Stored(folder / "m", items);
    store.Verify();
    ASSERT_TRUE(store.has_attributes());
    for (size_t column = 0; column < kAskedColumns.size(); ++column) {
      ASSERT_TRUE(store.HasAttributes(column));
      EXPECT_EQ(Listed(store.RowsWithout(column)), Wanted(items, [&](const Item& item) {
                  const auto* list = std::get_if<std::vector<std::string>>(&item.values[column]);
                  return item.values[column].index() == 0 || (list != nullptr && list->empty());
                }));
    }
    for (int i = 0; i < 50; ++i) {
      const std::string brand = fmt::format("b{}", rng.Below(variety + 2));
      EXPECT_EQ(Listed(store.RowsWith(kBrand, brand)), Wanted(items, [&](const Item& item) {
                  return item.values[kBrand] == Value(brand);
                }));
      const std::string size = fmt::format("{}", rng.Below(variety + 2));
      EXPECT_EQ(Listed(store.RowsWith(kSizes, size)), Wanted(items, [&](const Item& item) {
                  const auto* list = std::get_if<std::vector<std::string>>(&item.values[kSizes]);
                  return list != nullptr && std::ranges::count(*list, size) > 0;
                }));
    }
    for (int i = 0; i < 300; ++i) {
      const auto end = [&] { return static_cast<double>(rng.Below(variety + 2)) / 2 - 10.5; };
      NumberRange range{.low = end(), .high = end()};
      range.open_low = rng.Below(2) == 0;
      range.open_high = rng.Below(2) == 0;
      if (rng.Below(6) == 0) range.low = -kInfinity;
      if (rng.Below(6) == 0) range.high = kInfinity;
      if (rng.Below(6) == 0) range.high = range.low;
      ASSERT_EQ(Listed(store.RowsWithin(kPrice, range)),
                Wanted(items,
                       [&](const Item& item) {
                         const auto* number = std::get_if<double>(&item.values[kPrice]);
                         return number != nullptr && Lies(*number, range);
                       }))
          << range.low << (range.open_low ? " (" : " [") << range.high << range.open_high;
    }
  }
}

TEST(AttributesTest, ValuesComeAscendingFromWhereverOneAsks) {
  const TempDir folder;
  Rng rng(3);
  const std::vector<Item> items = VariedItems(rng, 4000, 60);
  const MetadataStore store = Stored(folder / "m", items);
  std::map<std::string, std::set<uint32_t>> texts;
  std::map<double, std::set<uint32_t>> numbers;
  for (uint32_t row = 0; row < items.size(); ++row) {
    if (const auto* text = std::get_if<std::string>(&items[row].values[kBrand])) {
      texts[*text].insert(row);
    }
    if (const auto* number = std::get_if<double>(&items[row].values[kPrice])) {
      numbers[*number].insert(row);
    }
  }
  for (const std::string from : {"", "b2", "b3x", "z"}) {
    auto expected = texts.lower_bound(from);
    store.ForEachText(kBrand, from, [&](std::string_view text, const RowSet& rows) {
      EXPECT_TRUE(expected != texts.end() && text == expected->first);
      EXPECT_EQ(Listed(rows),
                std::vector<uint32_t>(expected->second.begin(), expected->second.end()));
      ++expected;
      return true;
    });
    EXPECT_TRUE(expected == texts.end());
  }
  auto expected = numbers.begin();
  store.ForEachNumber(kPrice, [&](double number, std::span<const uint32_t> rows) {
    ASSERT_TRUE(expected != numbers.end());
    EXPECT_EQ(number, expected->first);
    EXPECT_TRUE(std::ranges::equal(rows, expected->second));
    ++expected;
  });
  EXPECT_TRUE(expected == numbers.end());
  int visits = 0;
  store.ForEachText(kBrand, "", [&](std::string_view, const RowSet&) { return ++visits < 3; });
  EXPECT_EQ(visits, 3);
  std::vector<std::string> skus;
  store.ForEachSku("sku-0003998", [&](std::string_view sku, uint32_t row) {
    skus.push_back(fmt::format("{} {}", sku, row));
    return true;
  });
  EXPECT_EQ(skus, (std::vector<std::string>{"sku-0003998 3998", "sku-0003999 3999"}));
}

TEST(AttributesTest, AnyBytesAreText) {
  const TempDir folder;
  const std::string odd("\0\xff\x01v", 4);
  std::vector<Item> items = {{"a", "", {odd, 1.0, Value()}}, {"b", "", {"", 1.0, Value()}}};
  const MetadataStore store = Stored(folder / "m", items);
  EXPECT_EQ(Listed(store.RowsWith(kBrand, odd)), std::vector<uint32_t>{0});
  EXPECT_EQ(Listed(store.RowsWith(kBrand, "")), std::vector<uint32_t>{1});
  store.Verify();
}

TEST(AttributesTest, AColumnWithALongTextIsOnlyAskedWhereItIsMissing) {
  const TempDir folder;
  std::vector<Item> items = {{"a", "", {"short", 1.0, Value()}},
                             {"b", "", {std::string(kMaxFilterTextBytes + 1, 'x'), 1.0, Value()}},
                             {"c", "", {Value(), 1.0, Value()}}};
  const MetadataStore store = Stored(folder / "m", items);
  store.Verify();
  EXPECT_FALSE(store.HasAttributes(kBrand));
  EXPECT_TRUE(store.HasAttributes(kSizes));
  EXPECT_EQ(Listed(store.RowsWithout(kBrand)), std::vector<uint32_t>{2});
  EXPECT_THAT([&] { store.RowsWith(kBrand, "short"); },
              ThrowsError(ErrorCode::kInvalidArgument, "column brand has texts of more than 4096"));
  items[1].values[0] = std::string(kMaxFilterTextBytes, 'x');
  const MetadataStore longest = Stored(folder / "n", items);
  EXPECT_EQ(Listed(longest.RowsWith(kBrand, std::string(kMaxFilterTextBytes, 'x'))),
            std::vector<uint32_t>{1});
}

TEST(AttributesTest, ColumnsOfAnotherTypeAreRefused) {
  const TempDir folder;
  Rng rng(4);
  const MetadataStore store = Stored(folder / "m", VariedItems(rng, 10, 3));
  EXPECT_THAT([&] { store.RowsWith(kPrice, "1"); },
              ThrowsError(ErrorCode::kInvalidArgument, "column price holds numbers"));
  EXPECT_THAT([&] { store.RowsWithin(kSizes, {}); },
              ThrowsError(ErrorCode::kInvalidArgument, "column sizes holds no numbers"));
  EXPECT_THAT([&] { store.RowsWithout(3); },
              ThrowsError(ErrorCode::kInvalidArgument, "column 3 of 3"));
}

// Changed by RocksDB itself, so that every checksum is right.
TEST(AttributesTest, WhatContradictsTheItemsIsFound) {
  const TempDir folder;
  std::vector<Item> items;
  for (int i = 0; i < 3; ++i) {
    items.push_back({fmt::format("s{}", i), "", {"b", 1.0 * i, std::vector<std::string>{"38"}}});
  }
  const std::string column("a\0\0\0\0", 5), price("a\0\0\0\1", 5);
  const auto rows = [](std::initializer_list<uint32_t> list) {
    const RowSet set(list.size(), list.begin());
    std::string bytes(set.getSizeInBytes(), '\0');
    set.write(bytes.data());
    return bytes;
  };
  // Roaring's bytes for an array of these, in whatever order.
  const auto array = [](std::initializer_list<uint16_t> list) {
    std::string bytes("\x3a\x30\0\0\1\0\0\0\0\0", 10);  // cookie, one container, its key
    const auto add = [&](size_t word) {
      bytes.push_back(static_cast<char>(word & 0xff));
      bytes.push_back(static_cast<char>(word >> 8));
    };
    add(list.size() - 1);
    bytes += std::string("\x10\0\0\0", 4);  // where the container is
    for (const uint16_t value : list) add(value);
    return bytes;
  };
  EXPECT_EQ(array({0, 1}), rows({0, 1}));
  int number = 0;
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {column + "vb", rows({0, 1})},
           {column + "vother", rows({0})},
           {column + "m", rows({2})},
           {column + "vb", "x"},
           {column + "vb", array({60'000, 5})},
           {column + "vb", array({1, 1})},
           {price + std::string("n\0\0\0\0", 5), "\x01"}}) {
    SCOPED_TRACE(number);
    const std::string path = folder / fmt::format("m{}", number++);
    Stored(path, items);
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), path, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), key, value).ok());
    ASSERT_TRUE(db->Flush(rocksdb::FlushOptions()).ok());
    ASSERT_TRUE(db->Close().ok());
    EXPECT_THAT([&] { MetadataStore::Open(path).Verify(); },
                ThrowsError(ErrorCode::kCorruption, "what it says of rows' values"));
  }
  EXPECT_THAT([&] { MetadataStore::Open(folder / "m3").RowsWith(kBrand, "b"); },
              ThrowsError(ErrorCode::kCorruption, "attributes of column brand"));
  for (const char* path : {"m4", "m5"}) {
    EXPECT_THAT([&] { MetadataStore::Open(folder / path).RowsWith(kBrand, "b"); },
                ThrowsError(ErrorCode::kCorruption, "attributes of column brand"));
  }
  EXPECT_THAT([&] { MetadataStore::Open(folder / "m6").RowsWithin(kPrice, {.low = 1}); },
              ThrowsError(ErrorCode::kCorruption, "attributes of column price"));
}

}  // namespace
}  // namespace csn
