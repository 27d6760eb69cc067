// Indexes and models that earlier versions wrote, kept in tests/data, still open and answer alike.
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "embedder/model_file.h"
#include "query/model_check.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

constexpr char kData[] = CSN_SOURCE_DIR "/tests/data/";

// What is asked of a kept index: every item by one notion, and by a mixture of all.
std::string Answers(const std::string& index) {
  const QueryEngine engine = QueryEngine::Open(index);
  std::string text;
  for (const char* sku : {"sku-000000", "sku-000007", "sku-000023"}) {
    for (const char* notions : {"shape", "shade", "shape=2,shade=-0.5,nothing"}) {
      const Query query{.liked = {sku}, .notions = ParseNotionWeights(notions), .k = 5};
      text += FormatAnswer(engine.Search(query), Format::kJsonl);
    }
  }
  return text;
}

// Wrote every format-N. The next is written in the same way by the last build before a format
// changes: CSN_WRITE_GOLDEN=tests/data/format-N csn_test_query --gtest_filter='Golden*'.
void WriteGolden(const std::string& folder) {
  constexpr size_t kRows = 24, kDim = 6;
  test::EmbeddingWorld world = test::MakeEmbeddingWorld(kRows, kDim, 3, 11);
  Matrix weights = world.masks.matrix();
  for (float& weight : weights.Row(2)) weight = 0;  // a notion without a live dimension
  std::vector<Item> items = test::MakeTestItems(kRows);
  for (size_t i = 0; i < kRows; ++i) {
    items[i].values = {Value("name \xc3\xa9 " + std::to_string(i)), Value(0.5 * double(i)),
                       Value(std::vector<std::string>{"a", std::to_string(i % 3)})};
    if (i % 5 == 0) items[i].values = {Value(), Value(), Value()};
  }
  for (const auto& [name, key] : {std::pair{"flat", "Flat"}, {"hnsw", "HNSW8"}}) {
    const std::string index = folder + "/" + name;
    test::WriteTestIndex(index, world.embeddings, MaskTable(weights), items,
                         {.key = key,
                          .tree = true,
                          .columns = {{"name", ColumnType::kText},
                                      {"price", ColumnType::kNumber},
                                      {"tags", ColumnType::kList}},
                          .notions = {"shape", "shade", "nothing"}});
    test::WriteText(index + ".answers.jsonl", Answers(index));
  }
}

TEST(GoldenIndex, EveryFormatOpensVerifiesAndAnswersAsWhenItWasWritten) {
  if (const char* folder = std::getenv("CSN_WRITE_GOLDEN")) WriteGolden(folder);
  for (const char* name :
       {"format-1/flat", "format-1/hnsw", "format-2/flat", "format-2/hnsw", "format-3/flat",
        "format-3/hnsw", "format-4/flat", "format-4/hnsw", "format-5/flat", "format-5/hnsw",
        "format-6/flat", "format-6/hnsw", "format-7/flat", "format-7/hnsw"}) {
    SCOPED_TRACE(name);
    const test::TempDir folder;
    fs::copy(std::string(kData) + name, folder / "idx", fs::copy_options::recursive);
    const Generation generation = Generation::Open(folder / "idx");
    generation.Verify({});
    CheckModel(generation);
    EXPECT_EQ(Answers(folder / "idx"), ReadTextFile(std::string(kData) + name + ".answers.jsonl"));
  }
}

}  // namespace
}  // namespace csn
