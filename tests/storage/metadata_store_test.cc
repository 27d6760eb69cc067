#include "storage/metadata_store.h"

#include <rocksdb/db.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;

const std::vector<Column> kColumns = {
    {"brand", ColumnType::kText}, {"price", ColumnType::kNumber}, {"sizes", ColumnType::kList}};

bool SameItem(const Item& a, const Item& b) {
  return a.sku == b.sku && a.image == b.image && a.values == b.values;
}

// Any bytes, NUL and non-UTF-8 among them.
std::string RandomText(Rng& rng, size_t longest) {
  std::string text(rng.Below(longest + 1), '\0');
  for (char& c : text) c = static_cast<char>(rng.Below(256));
  return text;
}

Item RandomItem(Rng& rng) {
  Item item{.sku = RandomText(rng, 12) + "s", .image = RandomText(rng, 40), .values = {}};
  item.values.resize(kColumns.size());  // missing
  if (rng.Below(4) != 0) item.values[0].emplace<std::string>(RandomText(rng, 30));
  if (rng.Below(4) != 0) item.values[1].emplace<double>(rng.Normal());
  if (rng.Below(4) != 0) {
    auto& sizes = item.values[2].emplace<std::vector<std::string>>(rng.Below(4));
    for (std::string& size : sizes) size = RandomText(rng, 3);
  }
  return item;
}

std::map<std::string, Item> RandomItems(Rng& rng, size_t count) {
  std::map<std::string, Item> items;
  while (items.size() < count) {
    Item item = RandomItem(rng);
    items[item.sku] = item;
  }
  return items;
}

void WriteStore(const std::string& folder, const std::map<std::string, Item>& items) {
  MetadataWriter writer(folder, kColumns);
  for (const auto& [sku, item] : items) writer.Append(item);
  writer.Finish();
}

Item PlainItem(const std::string& sku) {
  return {.sku = sku, .image = sku + ".png", .values = {"b", 1.5, std::vector<std::string>{"38"}}};
}

TEST(ItemCodecTest, GivesBackEveryKindOfValue) {
  Item item{.sku = "a", .image = "", .values = {}};
  item.values = {Value(),
                 "",
                 std::string("x\0y", 3),
                 -0.0,
                 std::numeric_limits<double>::max(),
                 std::numeric_limits<double>::denorm_min(),
                 std::vector<std::string>{},
                 std::vector<std::string>{"", "b|c"},
                 std::string(100'000, 'z')};
  EXPECT_TRUE(SameItem(DecodeItem(EncodeItem(item)), item));
  EXPECT_TRUE(std::signbit(std::get<double>(DecodeItem(EncodeItem(item)).values[3])));
}

TEST(ItemCodecTest, CutBytesAndTrailingBytesAreFound) {
  const std::string bytes = EncodeItem(PlainItem("sku"));
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT([&] { DecodeItem(std::string_view(bytes).substr(0, length)); },
                ThrowsError(ErrorCode::kCorruption, "stored item"))
        << length;
  }
  EXPECT_THAT([&] { DecodeItem(bytes + "x"); },
              ThrowsError(ErrorCode::kCorruption, "1 bytes too many"));
}

TEST(ItemCodecTest, HostileBytesNeverDoWorseThanThrow) {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";  // 2^64 - 1
  for (const std::string& bytes :
       {huge, std::string(20, '\xff'), "\x01s\x01i" + huge, "\x01s\x01i\x01\x03" + huge,
        std::string("\x01s\x01i\x01\x04", 6)}) {
    EXPECT_THAT([&] { DecodeItem(bytes); }, ThrowsError(ErrorCode::kCorruption, "stored item"));
  }
  Rng rng(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = EncodeItem(RandomItem(rng));
    bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    try {
      DecodeItem(bytes);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kCorruption);
    }
  }
}

TEST(MetadataStoreTest, AgreesWithAMapWhateverIsAsked) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const TempDir folder;
    Rng rng(seed);
    const std::map<std::string, Item> items = RandomItems(rng, 3000);
    WriteStore(folder / "m", items);
    std::vector<const Item*> by_row;
    for (const auto& [sku, item] : items) by_row.push_back(&item);

    auto store = std::make_unique<MetadataStore>(MetadataStore::Open(folder / "m"));
    for (int operation = 0; operation < 500; ++operation) {
      if (rng.Below(100) == 0) {
        store = std::make_unique<MetadataStore>(MetadataStore::Open(folder / "m"));
      }
      const uint32_t row = static_cast<uint32_t>(rng.Below(items.size()));
      ASSERT_EQ(store->RowOf(by_row[row]->sku), row);
      const std::string other = RandomText(rng, 12);
      ASSERT_EQ(store->RowOf(other).has_value(), items.contains(other));
      std::vector<uint32_t> rows(rng.Below(60));  // with repetitions, in any order
      for (uint32_t& r : rows) r = static_cast<uint32_t>(rng.Below(items.size()));
      const std::vector<Item> found = store->GetMany(rows);
      ASSERT_EQ(found.size(), rows.size());
      const std::vector<std::string> skus = store->SkusOf(rows);
      ASSERT_EQ(skus.size(), rows.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        ASSERT_TRUE(SameItem(found[i], *by_row[rows[i]]));
        ASSERT_EQ(skus[i], by_row[rows[i]]->sku);
      }
    }
    ASSERT_EQ(store->size(), items.size());
    ASSERT_EQ(store->columns(), kColumns);
    store->Verify();
  }
}

TEST(MetadataStoreTest, GivesAllRowsAtOnce) {
  const TempDir folder;
  Rng rng(5);
  const std::map<std::string, Item> items = RandomItems(rng, 5000);
  WriteStore(folder / "m", items);
  const MetadataStore store = MetadataStore::Open(folder / "m");
  std::vector<uint32_t> rows(items.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
  const std::vector<Item> found = store.GetMany(rows);
  size_t row = 0;
  for (const auto& [sku, item] : items) ASSERT_TRUE(SameItem(found[row++], item));
}

TEST(MetadataStoreTest, HoldsNothingAtAll) {
  const TempDir folder;
  WriteStore(folder / "m", {});
  const MetadataStore store = MetadataStore::Open(folder / "m");
  EXPECT_EQ(store.size(), 0u);
  EXPECT_EQ(store.columns(), kColumns);
  EXPECT_FALSE(store.RowOf("a"));
  EXPECT_TRUE(store.GetMany({}).empty());
  EXPECT_TRUE(store.SkusOf({}).empty());
  EXPECT_TRUE(store.NearSkus("a").empty());
  EXPECT_THAT([&] { store.GetMany(std::vector<uint32_t>{0}); },
              ThrowsError(ErrorCode::kInvalidArgument, "row 0 of 0"));
  store.Verify();
}

TEST(MetadataStoreTest, RefusesWhatIsOutOfOrderOrOfAnotherType) {
  const TempDir folder;
  MetadataWriter writer(folder / "m", kColumns);
  writer.Append(PlainItem("b"));
  for (const char* sku : {"b", "a", ""}) {
    EXPECT_THAT([&] { writer.Append(PlainItem(sku)); },
                ThrowsError(ErrorCode::kInvalidArgument, "expected ascending skus"));
  }
  Item item = PlainItem("c");
  item.values.pop_back();
  EXPECT_THAT([&] { writer.Append(item); },
              ThrowsError(ErrorCode::kInvalidArgument, "2 values, expected 3"));
  item = PlainItem("c");
  item.values[1] = "cheap";
  EXPECT_THAT([&] { writer.Append(item); },
              ThrowsError(ErrorCode::kInvalidArgument, "column price is no number"));
  writer.Append(PlainItem("\xc3\xa4"));  // bytewise after every ASCII letter
  writer.Finish();
  EXPECT_EQ(MetadataStore::Open(folder / "m").size(), 2u);
  EXPECT_THAT([&] { MetadataWriter(folder / "m", kColumns); },
              ThrowsError(ErrorCode::kInvalidArgument, "already there"));
}

TEST(MetadataStoreTest, NamesSkusLikeAMistypedOne) {
  const TempDir folder;
  std::map<std::string, Item> items;
  for (const char* sku : {"boot-001", "boot-002", "sandal-9"}) items[sku] = PlainItem(sku);
  WriteStore(folder / "m", items);
  const std::vector<std::string> near = MetadataStore::Open(folder / "m").NearSkus("bot-001");
  ASSERT_FALSE(near.empty());
  EXPECT_EQ(near[0], "boot-001");
  // Longer than any sku may be: nothing is like it, though one is stored.
  items[std::string(600, 'x')] = PlainItem(std::string(600, 'x'));
  WriteStore(folder / "long", items);
  EXPECT_TRUE(MetadataStore::Open(folder / "long").NearSkus(std::string(601, 'x')).empty());
}

// Name -> modification time and size of everything in a folder.
std::map<std::string, std::array<int64_t, 3>> Listing(const std::string& folder) {
  std::map<std::string, std::array<int64_t, 3>> listing;
  std::vector<fs::path> paths = {folder};
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  for (const fs::path& path : paths) {
    struct stat status;
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    listing[path.string()] = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size};
  }
  return listing;
}

TEST(MetadataStoreTest, ReadersLeaveTheFolderAsItIs) {
  const TempDir folder;
  Rng rng(7);
  const std::map<std::string, Item> items = RandomItems(rng, 500);
  WriteStore(folder / "m", items);
  chmod((folder / "m").c_str(), 0555);
  const auto before = Listing(folder / "m");
  {
    const MetadataStore first = MetadataStore::Open(folder / "m");
    const MetadataStore second = MetadataStore::Open(folder / "m");  // side by side
    EXPECT_EQ(first.RowOf(items.begin()->first), 0u);
    second.Verify();
  }
  EXPECT_EQ(Listing(folder / "m"), before);
  chmod((folder / "m").c_str(), 0755);
}

TEST(MetadataStoreTest, ReadersWorkTogetherAndOutliveTheFiles) {
  const TempDir folder;
  Rng rng(8);
  const std::map<std::string, Item> items = RandomItems(rng, 2000);
  WriteStore(folder / "m", items);
  std::vector<const Item*> by_row;
  for (const auto& [sku, item] : items) by_row.push_back(&item);
  const MetadataStore store = MetadataStore::Open(folder / "m");
  fs::remove_all(folder / "m");  // as a later publication does
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Rng own(t);
      for (int i = 0; i < 300; ++i) {
        const auto row = static_cast<uint32_t>(own.Below(by_row.size()));
        const std::vector<Item> found = store.GetMany(std::vector<uint32_t>{row});
        if (!SameItem(found[0], *by_row[row]) || store.RowOf(found[0].sku) != row) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(MetadataStoreTest, MissingAndForeignFoldersAreFound) {
  const TempDir folder;
  EXPECT_THAT([&] { MetadataStore::Open(folder / "none"); },
              ThrowsError(ErrorCode::kCorruption, "none"));
  EXPECT_FALSE(fs::exists(folder / "none"));
  test::WriteText(folder / "m/CURRENT", "MANIFEST-000001\n");
  EXPECT_THAT([&] { MetadataStore::Open(folder / "m"); },
              ThrowsError(ErrorCode::kCorruption, folder / "m"));
}

TEST(MetadataStoreTest, AFileInTheFoldersPlaceIsDamage) {
  const TempDir folder;
  test::WriteText(folder / "m", "no store");
  EXPECT_THAT([&] { MetadataStore::Open(folder / "m"); },
              ThrowsError(ErrorCode::kCorruption, "m: expected a folder"));
}

// Stored by RocksDB itself, so that every checksum is right.
TEST(MetadataStoreTest, ItemsThatDoNotFitTheColumnsAreFound) {
  const TempDir folder;
  WriteStore(folder / "m", {{"a", PlainItem("a")}, {"b", PlainItem("b")}});
  Item wrong_type = PlainItem("b"), too_few = PlainItem("b");
  wrong_type.values[1] = "cheap";
  too_few.values.pop_back();
  const std::string row = std::string("r\0\0\0\x01", 5);
  for (const auto& [bytes, fault] :
       {std::pair<std::string, std::string>{EncodeItem(wrong_type), "column price is no number"},
        {EncodeItem(too_few), "2 values, expected 3"},
        {"\x01", "stored item"}}) {
    SCOPED_TRACE(fault);
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), folder / "m", &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), row, bytes).ok());
    ASSERT_TRUE(db->Flush(rocksdb::FlushOptions()).ok());
    ASSERT_TRUE(db->Close().ok());
    const MetadataStore store = MetadataStore::Open(folder / "m");
    EXPECT_EQ(store.GetMany(std::vector<uint32_t>{0})[0].sku, "a");
    const std::string message = "metadata store " + (folder / "m") + ": row 1: ";
    for (const std::string& part : {message, fault}) {
      EXPECT_THAT([&] { store.GetMany(std::vector<uint32_t>{1}); },
                  ThrowsError(ErrorCode::kCorruption, part));
      EXPECT_THAT([&] { store.Verify(); }, ThrowsError(ErrorCode::kCorruption, part));
    }
  }
}

TEST(MetadataStoreTest, DamagedTablesAreFound) {
  const TempDir folder;
  Rng rng(9);
  WriteStore(folder / "m", RandomItems(rng, 300));
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "m")) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".sst") continue;
    const std::string sound = ReadTextFile(path);
    // The last 512 bytes are tables of contents and padding, parts of which no reader looks at.
    const size_t watched = sound.size() - 512;
    for (int i = 0; i < 60; ++i) {
      const size_t at = rng.Below(watched);
      const int bit = static_cast<int>(rng.Below(8));
      test::FlipBit(path, at, bit);
      EXPECT_THAT([&] { MetadataStore::Open(folder / "m").Verify(); },
                  ThrowsError(ErrorCode::kCorruption, folder / "m"))
          << path << " byte " << at;
      test::FlipBit(path, at, bit);
    }
    for (size_t cut = 1; cut < sound.size(); cut += sound.size() / 20) {
      fs::resize_file(path, sound.size() - cut);
      EXPECT_THAT([&] { MetadataStore::Open(folder / "m"); },
                  ThrowsError(ErrorCode::kCorruption, folder / "m"))
          << path << " less " << cut;
    }
    test::WriteText(path, sound);
  }
  MetadataStore::Open(folder / "m").Verify();
}

}  // namespace
}  // namespace csn
