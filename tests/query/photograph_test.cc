#include "query/photograph.h"

#include "base/file.h"
#include "embedder/model_file.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/colour_embedder.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ColourEmbedder;
using test::ThrowsError;

// Keeps what it was given.
class RecordingEmbedder : public ColourEmbedder {
 public:
  RecordingEmbedder(int side, std::vector<uint8_t>* seen) : ColourEmbedder(side), seen_(seen) {}

 protected:
  bool DoEmbed(const uint8_t* photographs, size_t n, float* out, ModuleError* error) override {
    seen_->assign(photographs, photographs + n * 3 * size_ * size_);
    return ColourEmbedder::DoEmbed(photographs, n, out, error);
  }

 private:
  std::vector<uint8_t>* seen_;
};

// An index of photographs embedded by their colours, through the one way from a file to a network's
// input.
class PhotographTest : public testing::Test {
 protected:
  static constexpr int kItems = 40;

  PhotographTest() {
    Matrix embeddings(kItems, ColourEmbedder::kDim), masks(1, ColourEmbedder::kDim);
    for (float& weight : masks.Row(0)) weight = 1;
    for (int i = 0; i < kItems; ++i) {
      WriteFileAtomically(Path(i), EncodePng(test::TestImage(40 + i % 7, 30, 5 * i)));
      const std::vector<float> means =
          test::MeanColours(Prepared(i).data(), Model().preprocessing.size);
      std::copy(means.begin(), means.end(), embeddings.Row(static_cast<size_t>(i)).begin());
    }
    test::WriteTestIndex(folder_ / "idx", embeddings, MaskTable(masks),
                         test::MakeTestItems(kItems));
  }

  std::string Path(int i) const { return folder_ / std::to_string(i) + ".png"; }
  std::vector<uint8_t> Prepared(int i) const {
    return PrepareImage(ReadFile(Path(i)), Model().preprocessing);
  }

  test::TempDir folder_;
  std::vector<uint8_t> seen_;
  const PhotographEmbedder::Make make_ = [this](const Model& model, const EmbedderOptions&) {
    return std::make_unique<RecordingEmbedder>(model.preprocessing.size, &seen_);
  };
};

TEST_F(PhotographTest, GivesTheNetworkWhatIndexingGaveItAndFindsTheItemFirst) {
  const QueryEngine engine = QueryEngine::Open(folder_ / "idx", make_);
  for (int i = 0; i < kItems; i += 3) {
    const Answer answer = engine.Search(
        {.liked = {Query::Photograph{Path(i)}}, .notions = {{.name = "notion-0"}}, .k = 1});
    EXPECT_EQ(seen_, Prepared(i));
    EXPECT_EQ(answer.hits[0].item.sku, test::MakeTestItems(kItems)[static_cast<size_t>(i)].sku);
    EXPECT_EQ(answer.hits[0].score, 0);
  }
}

TEST_F(PhotographTest, NamesTheFileThatIsNoPicture) {
  const Generation generation = Generation::Open(folder_ / "idx");
  test::WriteText(folder_ / "text.jpg", "no picture");
  std::vector<uint8_t> cut = ReadFile(Path(1));
  cut.resize(cut.size() / 2);
  WriteFileAtomically(folder_ / "cut.png", cut);
  PhotographEmbedder photographs(make_);
  EXPECT_THAT([&] { photographs.Embed(generation, folder_ / "text.jpg"); },
              ThrowsError(ErrorCode::kInvalidArgument, (folder_ / "text.jpg") + ": unknown image"));
  EXPECT_THAT([&] { photographs.Embed(generation, folder_ / "cut.png"); },
              ThrowsError(ErrorCode::kInvalidArgument, (folder_ / "cut.png") + ": broken PNG"));
  EXPECT_THAT([&] { photographs.Embed(generation, folder_ / "none.png"); },
              ThrowsError(ErrorCode::kNotFound, folder_ / "none.png"));
}

// Opening looks at the model's header only; weights that are another's must not embed.
TEST_F(PhotographTest, RefusesAModelWithOtherWeights) {
  const Generation generation = Generation::Open(folder_ / "idx");
  const std::string path = generation.folder() + "/" + layout::kModel;
  Model model = LoadModel(path);
  model.training.seed ^= 1;
  WriteFileAtomically(path, FormatModel(model));
  EXPECT_THAT([&] { PhotographEmbedder(make_).Embed(generation, Path(0)); },
              ThrowsError(ErrorCode::kMismatch, path));
  std::vector<uint8_t> damaged = ReadFile(path);
  damaged[damaged.size() / 2] ^= 1;
  WriteFileAtomically(path, damaged);
  EXPECT_THAT([&] { PhotographEmbedder(make_).Embed(generation, Path(0)); },
              ThrowsError(ErrorCode::kCorruption, path));
}

}  // namespace
}  // namespace csn
