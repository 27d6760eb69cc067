#include "query/filter.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "query/facets.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "tests/support/random_filter.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::MakeRandomFilter;
using test::RandomFilter;
using test::RandomFilterItems;
using test::TempDir;
using test::ThrowsError;

MetadataStore Stored(const std::string& folder, const std::vector<Item>& items) {
  MetadataWriter writer(folder, test::FilterColumns());
  for (const Item& item : items) writer.Append(item);
  writer.Finish();
  return MetadataStore::Open(folder);
}

std::vector<uint32_t> Listed(const RowSet& rows) { return {rows.begin(), rows.end()}; }

std::vector<uint32_t> Wanted(const std::vector<Item>& items, const RandomFilter& oracle) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < items.size(); ++row) {
    if (oracle.holds(items[row])) rows.push_back(row);
  }
  return rows;
}

TEST(FilterTest, LetsThroughWhatTheDefinitionDoes) {
  const uint64_t seed = 31;
  Rng rng(seed);
  const TempDir folder;
  const std::vector<Item> items = RandomFilterItems(rng, 300);
  const MetadataStore store = Stored(folder / "m", items);
  size_t none = 0, all = 0;
  for (int i = 0; i < 3000; ++i) {
    const RandomFilter oracle = MakeRandomFilter(rng, 3);
    const std::vector<uint32_t> wanted = Wanted(items, oracle);
    ASSERT_EQ(Listed(Filter(store, oracle.text).rows), wanted)
        << "seed " << seed << ": " << oracle.text;
    none += wanted.empty() ? 1 : 0;
    all += wanted.size() == items.size() ? 1 : 0;
  }
  // Most filters are worth trying.
  EXPECT_LT(none + all, 900u);
}

class FilterErrorTest : public testing::Test {
 protected:
  FilterErrorTest() {
    std::vector<Item> items = {
        {"a", "", {"Adidas", 5.0, std::vector<std::string>{"38", "39"}, "red"}},
        {"b", "", {"Nike", 7.0, std::vector<std::string>{"40"}, "blue"}},
        {"c", "", {std::string(kMaxFilterTextBytes, 'x'), Value(), Value(), Value()}}};
    store_ = std::make_unique<MetadataStore>(Stored(folder_ / "m", items));
    items[2].values[0] = std::string(kMaxFilterTextBytes + 1, 'x');
    long_ = std::make_unique<MetadataStore>(Stored(folder_ / "n", items));
  }

  TempDir folder_;
  std::unique_ptr<MetadataStore> store_, long_;
};

TEST_F(FilterErrorTest, NamesCharacterColumnAndWhatWasExpected) {
  for (const auto& [input, expected] : std::vector<std::pair<std::string, std::string>>{
           {"pric < 3", "where, character 1: no column 'pric'; did you mean price?"},
           {"price < 3 and bran = 'x'", "character 15: no column 'bran'; did you mean brand?"},
           {"price = 'x'",
            "character 9: column 'price' holds numbers, expected one without quotes"},
           {"brand = 5", "character 9: column 'brand' holds texts, expected one in quotes"},
           {"price in (1, 'x')", "character 14: column 'price' holds numbers"},
           {"sizes = '38'", "character 1: column 'sizes' holds lists: expected has, in, like"},
           {"sizes in '3'..'4'", "character 1: column 'sizes' holds lists"},
           {"sizes has 38", "character 11: column 'sizes' holds texts"},
           {"brand has 'x'", "character 1: column 'brand' holds no lists"},
           {"price like '5'", "character 1: column 'price' holds numbers, which 'like'"},
           {"price in 9..3", "character 10: a range from the greater to the smaller"},
           {"a", "character 2: expected =,"}}) {
    const std::string& text = input;
    EXPECT_THAT([&] { Filter(*store_, text); }, ThrowsError(ErrorCode::kInvalidArgument, expected))
        << text;
  }
  EXPECT_THAT([&] { Filter(*long_, "price < 3 or brand = 'x'"); },
              ThrowsError(ErrorCode::kInvalidArgument,
                          "character 14: column 'brand' cannot be looked into: it has texts of "
                          "more than 4096 bytes"));
  EXPECT_EQ(Listed(Filter(*long_, "brand is not null").rows), (std::vector<uint32_t>{0, 1, 2}));
}

TEST_F(FilterErrorTest, NotesTextsThatNoItemHas) {
  const FilterResult result =
      Filter(*store_, "brand = 'adidsa' or sizes has '48' or sku in ('a', 'z')");
  EXPECT_EQ(Listed(result.rows), std::vector<uint32_t>{0});
  ASSERT_EQ(result.notes.size(), 3u);
  EXPECT_EQ(result.notes[0],
            "where, character 9: no item has brand 'adidsa'; did you mean Adidas?");
  EXPECT_EQ(result.notes[1],
            "where, character 31: no item has sizes '48'; did you mean 38, 40 or 39?");
  EXPECT_EQ(result.notes[2].substr(0, 50), "where, character 52: no item has sku 'z'; did you ");
  EXPECT_TRUE(Filter(*store_, "price = 6").notes.empty());
}

TEST(FilterColumnTest, TheExactNameGoesFirst) {
  const TempDir folder;
  MetadataWriter writer(folder / "m",
                        {{"heel-height", ColumnType::kNumber}, {"Heel_Height", ColumnType::kText}});
  writer.Append({"a", "", {1.0, "low"}});
  writer.Finish();
  const MetadataStore store = MetadataStore::Open(folder / "m");
  EXPECT_EQ(Filter(store, "heel-height = 1").rows.cardinality(), 1u);
  EXPECT_EQ(Filter(store, "Heel_Height = 'low'").rows.cardinality(), 1u);
  EXPECT_THAT([&] { Filter(store, "heel_height = 1"); },
              ThrowsError(ErrorCode::kInvalidArgument, "no column 'heel_height'; did you mean"));
}

TEST(FilterColumnTest, SkuIsTheSkuWhateverColumnsThereAre) {
  const TempDir folder;
  MetadataWriter writer(folder / "m", {{"SKU", ColumnType::kText}});
  writer.Append({"a", "", {"b"}});
  writer.Append({"b", "", {"c"}});
  writer.Finish();
  const MetadataStore store = MetadataStore::Open(folder / "m");
  EXPECT_EQ(Listed(Filter(store, "sku = 'b'").rows), std::vector<uint32_t>{1});
  EXPECT_EQ(Listed(Filter(store, "SKU = 'b'").rows), std::vector<uint32_t>{0});
}

// ---- Facets

TEST(FacetTest, CountsAsOneWould) {
  Rng rng(8);
  const TempDir folder;
  const std::vector<Item> items = RandomFilterItems(rng, 300);
  const MetadataStore store = Stored(folder / "m", items);
  for (const char* where : {"", "price < 5", "brand = 'none'"}) {
    SCOPED_TRACE(where);
    RowSet among;
    among.addRange(0, items.size());
    if (*where != '\0') among = Filter(store, where).rows;
    for (size_t column = 0; column < test::FilterColumns().size(); ++column) {
      std::map<Value, uint64_t> counts;
      uint64_t missing = 0;
      for (const uint32_t row : among) {
        const Value& value = items[row].values[column];
        std::set<Value> values;
        if (const auto* parts = std::get_if<std::vector<std::string>>(&value)) {
          values.insert(parts->begin(), parts->end());
        } else if (value.index() != 0) {
          values.insert(value);
        }
        missing += values.empty() ? 1 : 0;
        for (const Value& one : values) ++counts[one];
      }
      std::vector<std::pair<Value, uint64_t>> expected(counts.begin(), counts.end());
      std::stable_sort(expected.begin(), expected.end(),
                       [](const auto& a, const auto& b) { return a.second > b.second; });
      for (const size_t most : {0u, 1u, 3u, 1000u}) {
        const Facet facet = CountFacet(store, column, *where == '\0' ? nullptr : &among, most);
        EXPECT_EQ(facet.column, test::FilterColumns()[column]);
        EXPECT_EQ(facet.items, among.cardinality());
        EXPECT_EQ(facet.missing, missing);
        EXPECT_EQ(facet.distinct, counts.size());
        EXPECT_EQ(facet.values, std::vector(expected.begin(),
                                            expected.begin() + std::min(most, expected.size())));
        EXPECT_EQ(facet.range.has_value(), column == 1 && !counts.empty());
        if (facet.range) {
          EXPECT_EQ(Value(facet.range->first), counts.begin()->first);
          EXPECT_EQ(Value(facet.range->second), counts.rbegin()->first);
        }
      }
    }
  }
}

TEST(FacetTest, ColumnsAreFoundByName) {
  EXPECT_EQ(FindColumn(test::FilterColumns(), "price", "x"), 1u);
  EXPECT_EQ(FindColumn(test::FilterColumns(), "base_colour", "x"), 3u);
  EXPECT_THAT(
      [&] { FindColumn(test::FilterColumns(), "pirce", "fields"); },
      ThrowsError(ErrorCode::kInvalidArgument, "fields: no column 'pirce'; did you mean price?"));
}

// ---- Queries with a filter

TEST(FilteredQueryTest, IsTheQueryOnTheFilteredCatalogue) {
  Rng rng(12);
  const TempDir folder;
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(300, 8, 3, 9);
  std::vector<Item> items = RandomFilterItems(rng, 300);
  for (const char* key : {"Flat", "HNSW8"}) {
    const std::string index = folder / key;
    test::WriteTestIndex(index, world.embeddings, world.masks, items,
                         {.key = key, .columns = test::FilterColumns()});
    const QueryEngine engine = QueryEngine::Open(index);
    for (int i = 0; i < 200; ++i) {
      const RandomFilter oracle = MakeRandomFilter(rng, 2);
      Query query{.liked = {items[rng.Below(300)].sku},
                  .notions = {{"notion-0"}},
                  .k = 1 + rng.Below(30),
                  .items = false};
      if (rng.Below(2) == 0) query.notions.push_back({"notion-1", -0.5});
      // Every item in order, of which those that qualify are taken.
      Query whole = query;
      whole.k = 300;
      whole.exact = true;
      query.where = oracle.text;
      std::vector<std::pair<std::string, double>> expected;
      const std::vector<uint32_t> wanted = Wanted(items, oracle);
      for (const Hit& hit : engine.Search(whole).hits) {
        const auto row = static_cast<uint32_t>(std::stoi(hit.item.sku.substr(1)));
        if (expected.size() < query.k && std::ranges::count(wanted, row) > 0) {
          expected.emplace_back(hit.item.sku, hit.score);
        }
      }
      const Answer answer = engine.Search(query);
      std::vector<std::pair<std::string, double>> found;
      for (const Hit& hit : answer.hits) found.emplace_back(hit.item.sku, hit.score);
      ASSERT_EQ(found, expected) << oracle.text;
      EXPECT_TRUE(answer.exact);
      EXPECT_EQ(answer.plan, Plan::kScan);
      EXPECT_EQ(answer.qualifying, wanted.size());
      EXPECT_EQ(answer.shortfall, query.k - expected.size());
    }
  }
}

TEST(FilteredQueryTest, AnOlderIndexSaysThatItHasNoAttributes) {
  const TempDir folder;
  std::filesystem::copy(CSN_SOURCE_DIR "/tests/data/format-3/flat", folder / "idx",
                        std::filesystem::copy_options::recursive);
  const QueryEngine engine = QueryEngine::Open(folder / "idx");
  const auto ask = [&](const std::string& where) {
    return engine.Search({.liked = {"sku-000001"}, .notions = {{"shape"}}, .where = where});
  };
  EXPECT_THAT([&] { ask("name = 'x'"); },
              ThrowsError(ErrorCode::kInvalidArgument,
                          "character 1: column 'name' cannot be looked into: the index is of "
                          "before filters, build it anew"));
  EXPECT_THAT([&] { ask("price is null"); },
              ThrowsError(ErrorCode::kInvalidArgument, "build it anew"));
  EXPECT_EQ(ask("sku like '%3'").hits.size(), 3u);  // 3, 13, 23
}

}  // namespace
}  // namespace csn
