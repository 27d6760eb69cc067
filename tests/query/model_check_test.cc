#include "query/model_check.h"

#include <filesystem>
#include <functional>

#include "base/file.h"
#include "embedder/model_file.h"
#include "query/query_engine.h"
#include "storage/layout.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

class ModelCheck : public testing::Test {
 protected:
  ModelCheck() {
    const test::EmbeddingWorld world = test::MakeEmbeddingWorld(20, 4, 2, 51);
    test::WriteTestIndex(index(), world.embeddings, world.masks, test::MakeTestItems(20));
    path_ = Generation::Open(index()).folder() + "/" + layout::kModel;
  }

  std::string index() const { return folder_ / "i"; }

  // Puts an altered model in the model's place.
  void Alter(const std::function<void(Model&)>& change) const {
    Model model = LoadModel(path_);
    change(model);
    WriteFileAtomically(path_, FormatModel(model));
  }

  void ExpectOpen(ErrorCode code, const std::string& part) const {
    EXPECT_THAT([&] { QueryEngine::Open(index()); }, ThrowsError(code, part));
    EXPECT_THAT([&] { QueryEngine::Open(index()); }, ThrowsError(code, path_));
  }

  TempDir folder_;
  std::string path_;
};

TEST_F(ModelCheck, TheModelThatMadeItIsAccepted) {
  EXPECT_NO_THROW(QueryEngine::Open(index()));
  EXPECT_NO_THROW(CheckModel(Generation::Open(index())));
}

TEST_F(ModelCheck, AModelOfAnotherSizeIsAMismatch) {
  Alter([](Model& model) { model.notions[0].column = "another"; });
  ExpectOpen(ErrorCode::kMismatch, "is not the model that made generation 000001");
}

// Every one of these has the size of the model it replaces.
TEST_F(ModelCheck, AModelOfTheSameSizeIsAMismatch) {
  const std::string sound = ReadTextFile(path_);
  const auto expect = [&](const std::string& part, const std::function<void(Model&)>& change) {
    SCOPED_TRACE(part);
    Alter(change);
    ASSERT_EQ(std::filesystem::file_size(path_), sound.size());
    ExpectOpen(ErrorCode::kMismatch, part);
    EXPECT_THAT([&] { CheckModel(Generation::Open(index())); },
                ThrowsError(ErrorCode::kMismatch, "model " + LoadModel(path_).id));
    test::WriteText(path_, sound);
  };
  expect("first that of notion notion-1", [](Model& model) {
    Matrix weights = model.masks.matrix();
    weights.Row(1)[model.masks.live_dims(1)[0]] *= 2;
    model.masks = MaskTable(weights);
  });
  expect("notions notion-0=notion-0 notion-X=notion-1, expected notion-0=notion-0 notion-1",
         [](Model& model) { model.notions[1].name = "notion-X"; });
  expect("with seed 7, expected '' with seed 1", [](Model& model) { model.split.seed = 7; });
  expect("(side 113, pad)", [](Model& model) { model.preprocessing.size = 113; });
}

// The header says nothing of the weights: only the whole model does.
TEST_F(ModelCheck, OtherWeightsAreFoundByTheWholeCheckOnly) {
  Alter([](Model& model) { model.training.seed = 9; });
  EXPECT_NO_THROW(QueryEngine::Open(index()));
  EXPECT_THAT([&] { CheckModel(Generation::Open(index())); },
              ThrowsError(ErrorCode::kMismatch, "model " + LoadModel(path_).id));
}

TEST_F(ModelCheck, AZeroedOrCutHeaderIsDamage) {
  const std::string sound = ReadTextFile(path_);
  test::WriteText(path_, std::string(64, '\0') + sound.substr(64));
  ExpectOpen(ErrorCode::kCorruption, "not a model file");
  // The header's length, then its text.
  for (const size_t byte : {12u, 15u, 16u, 40u}) {
    SCOPED_TRACE(byte);
    std::string damaged = sound;
    damaged[byte] = '\xff';
    test::WriteText(path_, damaged);
    ExpectOpen(ErrorCode::kCorruption, "model " + path_);
  }
}

}  // namespace
}  // namespace csn
