// What is planned against what is then written.
#include "indexer/index_plan.h"

#include <filesystem>

#include "base/random.h"
#include "storage/embedding_file.h"
#include "storage/generation.h"
#include "storage/subspace_index.h"
#include "tests/support/matrices.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

std::vector<Notion> Notions(size_t count) {
  std::vector<Notion> notions(count);
  for (size_t i = 0; i < count; ++i) {
    notions[i].name = fmt::format("n{}", i);
    notions[i].column = notions[i].name;
  }
  return notions;
}

TEST(IndexPlanTest, BytesAreThoseOfTheFiles) {
  for (const auto& [rows, dim] : {std::pair<size_t, size_t>{1, 3}, {4000, 8}, {9000, 40}}) {
    const test::EmbeddingWorld world = test::MakeEmbeddingWorld(rows, dim, 2, rows);
    for (const char* key : {"Flat", "HNSW4", "HNSW32", "IVF60,Flat", "IVF60,PQ2"}) {
      if (rows < ParseIndexKey(key).least_rows()) continue;
      SCOPED_TRACE(fmt::format("{} {} {}", rows, dim, key));
      const TempDir folder;
      test::WriteTestIndex(folder / "idx", world.embeddings, world.masks, test::MakeTestItems(rows),
                           {.key = key});
      const Manifest manifest = Generation::Open(folder / "idx").manifest();
      const IndexPlan plan = PlanIndex(manifest.notions, world.masks, rows, {.index_key = key});
      EXPECT_EQ(plan.embeddings_bytes, manifest.files.at("embeddings.f32").size);
      uint64_t all = plan.embeddings_bytes;
      for (NotionId notion = 0; notion < 2; ++notion) {
        EXPECT_EQ(plan.subspaces[notion].key, key);
        EXPECT_EQ(plan.subspaces[notion].live_dims, world.masks.live_dims(notion).size());
        const auto index = static_cast<double>(manifest.files.at(manifest.IndexFile(notion)).size);
        const auto codes = static_cast<double>(manifest.files.at(manifest.CodesFile(notion)).size);
        const IndexPlan::Subspace& planned = plan.subspaces[notion];
        // Headers of some hundred bytes are not counted.
        EXPECT_NEAR(planned.file_bytes, index + codes, 600 + 0.02 * index);
        // Of a quantizer's codes, distances between centroids and parts are kept at hand.
        const double table = key == std::string("IVF60,PQ2") ? 60 * 2 * 256 * 4 : 0;
        EXPECT_NEAR(planned.bytes, key == std::string("Flat") ? codes : index + codes + table,
                    600 + 0.02 * index);
        all += plan.subspaces[notion].bytes;
      }
      EXPECT_EQ(plan.bytes(), all);
    }
  }
}

TEST(IndexPlanTest, GraphsOfManyDimensionsHoldTheirRowsInBytesToo) {
  for (const auto& [live, width] :
       {std::pair{32, 0}, {33, 64}, {64, 64}, {100, 128}, {2048, 2048}, {2049, 0}}) {
    Matrix weights(1, static_cast<size_t>(live));
    for (float& weight : weights.Row(0)) weight = 1;
    const IndexPlan::Subspace planned =
        PlanIndex(Notions(1), MaskTable(weights), 5000, {.index_key = "HNSW16"}).subspaces[0];
    EXPECT_EQ(planned.bytes - planned.file_bytes, 5000u * static_cast<uint64_t>(width)) << live;
    const IndexPlan::Subspace flat =
        PlanIndex(Notions(1), MaskTable(weights), 5000, {.index_key = "Flat"}).subspaces[0];
    EXPECT_LT(flat.bytes, flat.file_bytes);
  }
}

TEST(IndexPlanTest, ATreeTakesACodeADimensionAndItsOrder) {
  for (const auto& [rows, live, tree] :
       {std::tuple{4095, 4, false}, {4096, 4, true}, {4096, 16, true}, {100'000, 17, false}}) {
    Matrix weights(1, 20);
    for (int i = 0; i < live; ++i) weights.Row(0)[static_cast<size_t>(i)] = 1;
    const auto n = static_cast<uint64_t>(rows);
    const IndexPlan plan = PlanIndex(Notions(1), MaskTable(weights), n, {.index_key = "Flat"});
    const uint64_t blocks = (n + 63) / 64,
                   codes = blocks * 64 * static_cast<uint64_t>(live + live % 2);
    EXPECT_NEAR(static_cast<double>(plan.subspaces[0].bytes),
                static_cast<double>(tree ? 2 * codes + 4 * n : codes),
                static_cast<double>(codes) / 20);
    EXPECT_EQ(ReadBytes(n, static_cast<size_t>(live)), n * static_cast<uint64_t>(live) /
                                                           (!tree       ? 1
                                                            : live <= 8 ? 64
                                                                        : 8));
  }
}

TEST(IndexPlanTest, AutoTakesWhatFits) {
  Matrix weights(2, 40);
  for (size_t k = 0; k < 40; ++k) weights.Row(k % 2)[k] = 1;
  const MaskTable masks(weights);
  const auto key = [&](uint64_t rows, std::optional<uint64_t> memory) {
    return PlanIndex(Notions(2), masks, rows, {.max_memory = memory}).subspaces[0].key;
  };
  const size_t live = masks.live_dims(0).size();
  ASSERT_GT(live, 16u);
  EXPECT_EQ(key((4 << 20) / live, {}), "Flat");
  EXPECT_EQ(key((4 << 20) / live + 1, {}), "HNSW32");
  const MaskTable few(test::MakeMatrix(4, {1, 0.5f, 2, 1}));
  const auto key_of_few = [&](uint64_t rows) {
    return PlanIndex(Notions(1), few, rows, {}).subspaces[0].key;
  };
  EXPECT_EQ(key_of_few(64 << 20), "Flat");
  EXPECT_EQ(key_of_few((64 << 20) + 16), "HNSW32");
  constexpr uint64_t kRows = 10'000'000;
  const uint64_t graphs = PlanIndex(Notions(2), masks, kRows, {}).bytes();
  const uint64_t flat = PlanIndex(Notions(2), masks, kRows, {.index_key = "Flat"}).bytes();
  EXPECT_EQ(key(kRows, graphs), "HNSW32");
  EXPECT_EQ(key(kRows, graphs - 1), "Flat");
  EXPECT_EQ(key(kRows, flat), "Flat");
  EXPECT_THAT([&] { key(kRows, flat - 1); }, ThrowsError(ErrorCode::kTargetNotMet, "max memory "));
  EXPECT_THAT([&] { PlanIndex(Notions(2), masks, 9, {.index_key = "IVF10,Flat"}); },
              ThrowsError(ErrorCode::kInvalidArgument, "needs at least 10 rows"));
  EXPECT_THAT([&] { PlanIndex(Notions(2), masks, 9, {.index_key = "HNSW32", .max_memory = 100}); },
              ThrowsError(ErrorCode::kTargetNotMet, "9 rows take "));
  EXPECT_THAT([&] { PlanIndex(Notions(2), masks, 9, {.index_key = "IVF"}); },
              ThrowsError(ErrorCode::kInvalidArgument, "IVF"));
}

TEST(IndexPlanTest, EqualMasksShareAndDeadOnesTakeNothing) {
  Matrix weights(3, 4);
  for (const size_t row : {0, 2}) weights.Row(row)[1] = 0.5f;
  const MaskTable masks(weights);
  EXPECT_THAT(FirstAlike(masks), testing::ElementsAre(0, 1, 0));
  const IndexPlan plan = PlanIndex(Notions(3), masks, 10'000'000, {.index_key = "HNSW32"});
  EXPECT_EQ(plan.subspaces[0].key, "HNSW32");
  EXPECT_EQ(plan.subspaces[1].key, "Flat");
  EXPECT_LT(plan.subspaces[1].bytes, 100u);
  EXPECT_EQ(plan.subspaces[2].same_as, NotionId{0});
  EXPECT_EQ(plan.subspaces[2].bytes, 0u);
}

}  // namespace
}  // namespace csn
