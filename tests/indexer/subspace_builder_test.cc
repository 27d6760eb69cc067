#include "indexer/internal/subspace_builder.h"

#include <filesystem>

#include "base/distance.h"
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
