#include "indexer/internal/subspace_builder.h"

#include <filesystem>

#include "base/distance.h"
#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

class SubspaceBuilderTest : public testing::Test {
 protected:
  SubspaceJob Job(const std::string& key) const {
    return {.masks = &world_.masks,
            .notion = 1,
            .name = "shape",
            .embeddings = world_.embeddings.View(),
            .key = key,
            .folder = folder_.path()};
  }

  const test::EmbeddingWorld world_ = test::MakeEmbeddingWorld(3000, 24, 2, 9);
  TempDir folder_;
};

TEST_F(SubspaceBuilderTest, AGraphThatMissesItsTargetIsNotSaved) {
  // So thin a graph does not even hang together.
  SubspaceJob job = Job("HNSW2");
  job.target_recall = 0.997;
  EXPECT_THAT([&] { BuildSubspace(job); },
              ThrowsError(ErrorCode::kTargetNotMet, "notion shape: index HNSW2 has recall@10 0."));
  const std::string path = folder_ / "notion-01.faiss";
  EXPECT_FALSE(std::filesystem::exists(path));

  job.else_flat = true;
  const SubspaceManifest flat = BuildSubspace(job);
  EXPECT_EQ(flat.key, "Flat");
  EXPECT_EQ(flat.ef_search, 0);
  EXPECT_EQ(flat.recall, (MeasuredRecall{.target = 0.997}));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SubspaceBuilderTest, WithoutATargetItIsKeptWhateverItFinds) {
  const SubspaceManifest thin = BuildSubspace(Job("HNSW2"));
  EXPECT_EQ(thin.key, "HNSW2");
  EXPECT_EQ(thin.ef_search, kLastEfSearch);
  EXPECT_LT(thin.recall.value, kWantedRecall);
  EXPECT_EQ(thin.recall.queries, 1000u);
  EXPECT_LT(thin.recall.low, thin.recall.value);
  EXPECT_GT(thin.recall.high, thin.recall.value);
  EXPECT_EQ(thin.recall.target, 0);
}

TEST_F(SubspaceBuilderTest, MoreListsAreLookedAtUntilTheRecallIsReached) {
  SubspaceJob job = Job("IVF40,Flat");
  job.target_recall = 0.98;
  const SubspaceManifest lists = BuildSubspace(job);
  EXPECT_GT(lists.nprobe, 1);
  EXPECT_LE(lists.nprobe, 40);
  EXPECT_EQ(lists.ef_search, kFirstEfSearch);
  EXPECT_EQ(lists.ef_construction, 0);
  EXPECT_GE(lists.recall.low, 0.98);
  job.target_recall = 0.5;
  EXPECT_LT(BuildSubspace(job).nprobe, lists.nprobe);
}

TEST_F(SubspaceBuilderTest, MoreEstimatesAreMeasuredUntilTheRecallIsReached) {
  SubspaceJob job = Job("IVF10,PQ12");
  const SubspaceManifest fine = BuildSubspace(job);
  EXPECT_GE(fine.recall.value, kWantedRecall);
  job.key = "IVF10,PQ4";
  const SubspaceManifest coarse = BuildSubspace(job);
  EXPECT_GE(coarse.ef_search * coarse.nprobe, fine.ef_search * fine.nprobe);
  EXPECT_GE(coarse.recall.value, kWantedRecall);

  // Rows without any order, 256 points for all of them: those that share one are not told apart.
  Rng rng(12);
  Matrix rows(20'000, 24);
  for (size_t i = 0; i < rows.rows() * rows.cols(); ++i) rows.data()[i] = float(rng.Normal());
  job.embeddings = rows.View();
  job.key = "IVF1,PQ1";
  job.target_recall = 0.997;
  EXPECT_THAT([&] { BuildSubspace(job); },
              ThrowsError(ErrorCode::kTargetNotMet, "at nprobe 1 and ef 512, expected 0.997"));
}

TEST(SubspaceBuilder, OfFewDimensionsAndManyRowsATreeIsMadeAndMeasured) {
  constexpr size_t kRows = 5000;
  test::EmbeddingWorld world = test::MakeEmbeddingWorld(kRows, 24, 2, 10);
  Matrix weights(3, 24);
  weights.Row(0)[3] = weights.Row(0)[7] = 1;
  for (size_t k = 0; k < 17; ++k) weights.Row(1)[k] = 1;
  const MaskTable masks(weights);
  const TempDir folder;
  std::vector<SubspaceManifest> subspaces;
  for (NotionId notion = 0; notion < 3; ++notion) {
    subspaces.push_back(BuildSubspace({.masks = &masks,
                                       .notion = notion,
                                       .name = "of few",
                                       .embeddings = world.embeddings.View(),
                                       .key = "Flat",
                                       .folder = folder.path()}));
  }
  ASSERT_TRUE(subspaces[0].tree);
  // 79 blocks, of which a search looks at one at least.
  EXPECT_GE(subspaces[0].tree->for_10, 1.0 / 79);
  EXPECT_LT(subspaces[0].tree->for_10, 0.2);
  EXPECT_GT(subspaces[0].tree->for_100, 100.0 / kRows);
  EXPECT_GT(subspaces[0].tree->for_1000, 1000.0 / kRows);
  EXPECT_FALSE(subspaces[1].tree);  // too many dimensions
  EXPECT_FALSE(subspaces[2].tree);  // none
  for (const auto& [notion, exists] : {std::pair{0, true}, {1, false}, {2, false}}) {
    EXPECT_EQ(std::filesystem::exists(folder / fmt::format("notion-{:02}.tree", notion)), exists);
  }
}

TEST(GreatestProvableRecall, IsTheRuleOfThree) {
  EXPECT_EQ(GreatestProvableRecall(0), 0);
  EXPECT_EQ(GreatestProvableRecall(2), 0);
  EXPECT_DOUBLE_EQ(GreatestProvableRecall(300), 0.99);
  EXPECT_DOUBLE_EQ(GreatestProvableRecall(10'000'000), 0.997);
  EXPECT_NO_THROW(CheckTargetRecall(0.997, "HNSW32", 10'000'000));
  EXPECT_NO_THROW(CheckTargetRecall(1, "auto", 5));
  EXPECT_NO_THROW(CheckTargetRecall(1, "Flat", 5));
  EXPECT_NO_THROW(CheckTargetRecall({}, "HNSW32", 5));
  EXPECT_THAT([] { CheckTargetRecall(0.998, "HNSW32", 10'000'000); },
              ThrowsError(ErrorCode::kTargetNotMet, "no more than 0.9970 can be shown"));
  EXPECT_THAT([] { CheckTargetRecall(0, "auto", 5); },
              ThrowsError(ErrorCode::kInvalidArgument, "more than 0"));
}

}  // namespace
}  // namespace csn
