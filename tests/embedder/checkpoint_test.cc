#include "embedder/checkpoint.h"

#include "base/file.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

Model SmallModel(float weight) {
  Model model;
  model.notions = {{.name = "closure", .column = "closure"}};
  Matrix masks(1, 2);
  masks.Row(0)[0] = weight;
  model.masks = MaskTable(masks);
  model.training.steps = 90;
  model.tensors = {{"conv1.weight", {2}, {weight, -weight}}};
  return model;
}

Checkpoint SmallCheckpoint() {
  return {.run = R"({"seed":7,"trunk":"small"})",
          .finished = {SmallModel(1), SmallModel(2)},
          .finished_untrained_error = {0.5, 0.25},
          .step = 30,
          .untrained_error = {1.0 / 3},
          .best = SmallModel(3),
          .learner = std::string("any\0bytes", 9)};
}

TEST(CheckpointTest, RoundTripKeepsEverything) {
  const TempDir folder;
  const Checkpoint saved = SmallCheckpoint();
  SaveCheckpoint(folder / "c", saved);
  const Checkpoint loaded = LoadCheckpoint(folder / "c");
  EXPECT_EQ(loaded.run, saved.run);
  ASSERT_EQ(loaded.finished.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(FormatModel(loaded.finished[i]), FormatModel(saved.finished[i]));
  }
  EXPECT_EQ(loaded.finished_untrained_error, saved.finished_untrained_error);
  EXPECT_EQ(loaded.step, 30);
  EXPECT_EQ(loaded.untrained_error, saved.untrained_error);
  EXPECT_EQ(FormatModel(loaded.best), FormatModel(saved.best));
  EXPECT_EQ(loaded.learner, saved.learner);
}

TEST(CheckpointTest, EveryFlippedBitAndEveryTruncationIsFound) {
  const TempDir folder;
  const std::string path = folder / "c";
  SaveCheckpoint(path, SmallCheckpoint());
  const std::vector<uint8_t> bytes = ReadFile(path);
  for (size_t at = 0; at < bytes.size(); ++at) {
    test::FlipBit(path, at, static_cast<int>(at % 8));
    EXPECT_THAT([&] { LoadCheckpoint(path); }, ThrowsError(ErrorCode::kCorruption, path)) << at;
    test::FlipBit(path, at, static_cast<int>(at % 8));
  }
  const std::string cut = folder / "cut";
  for (size_t length = 0; length < bytes.size(); length += 7) {
    test::WriteText(cut, std::string(bytes.begin(), bytes.begin() + length));
    EXPECT_THAT([&] { LoadCheckpoint(cut); }, ThrowsError(ErrorCode::kCorruption, cut)) << length;
  }
  EXPECT_THAT([&] { LoadCheckpoint(folder / "none"); }, ThrowsError(ErrorCode::kNotFound, "none"));
}

TEST(CheckpointTest, AnotherRunIsRefusedByWhatDiffers) {
  const Checkpoint checkpoint = SmallCheckpoint();
  RequireSameRun(checkpoint, R"({"trunk":"small","seed":7})", "m.checkpoint");
  EXPECT_THAT([&] { RequireSameRun(checkpoint, R"({"seed":8,"trunk":"small"})", "m.checkpoint"); },
              ThrowsError(ErrorCode::kMismatch,
                          "checkpoint m.checkpoint: is of a run with seed 7, this one has 8"));
  EXPECT_THAT([&] { RequireSameRun(checkpoint, R"({"dim":64})", "m.checkpoint"); },
              ThrowsError(ErrorCode::kMismatch, "dim null, this one has 64"));
}

}  // namespace
}  // namespace csn
