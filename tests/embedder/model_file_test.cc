#include "embedder/model_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

Model SmallModel() {
  Model model;
  model.preprocessing = {.size = 64, .fit = Fit::kCrop};
  model.notions = {{.name = "closure", .column = "closure"},
                   {.name = "heel-height",
                    .column = "heel_height",
                    .kind = NotionKind::kNumeric,
                    .near = 0.1,
                    .far = 1.7}};
  Matrix masks(2, 3);
  masks.Row(0)[0] = 0.3f;
  masks.Row(1)[2] = 1.1f;
  model.masks = MaskTable(masks);
  model.split = {.seed = 42, .by = "style"};
  model.training.steps = 12;
  model.training.seed = 1ull << 63;
  model.training.recipe = "paper";
  model.training.masks = MaskKind::kFixed;
  model.training.images = 1'536;
  model.training.fixed_triplets = 500;
  model.training.best_epochs = {2};
  model.training.history = {{1, 6, 0.25, {0.3, 0.1}, {3, 2}},
                            {2, 12, 0.125, {0.2, 1.0 / 3}, {1, 1}}};
  model.tensors = {{"conv1.weight", {2, 1, 2}, {1.5f, -2, 0, 1e-30f}}, {"head.bias", {0}, {}}};
  model.seen_photographs = {3, 5, ~0ull};
  return model;
}

TEST(ModelFileTest, RoundTripKeepsEverything) {
  test::TempDir dir;
  Model saved = SmallModel();
  SaveModel(dir / "m.csn", saved);
  const Model loaded = LoadModel(dir / "m.csn");
  EXPECT_EQ(loaded.id, Sha256(ReadFile(dir / "m.csn")));
  EXPECT_EQ(loaded.id, saved.id);
  EXPECT_EQ(FormatModel(loaded), FormatModel(saved));
  EXPECT_EQ(loaded.preprocessing, saved.preprocessing);
  EXPECT_EQ(loaded.notions[1].far, 1.7);
  EXPECT_EQ(loaded.split.by, "style");
  EXPECT_EQ(loaded.training.seed, 1ull << 63);
  EXPECT_EQ(loaded.training.history[1].triplet_error[1], 1.0 / 3);
  EXPECT_EQ(loaded.training.recipe, "paper");
  EXPECT_EQ(loaded.training.masks, MaskKind::kFixed);
  EXPECT_EQ(loaded.training.images, 1'536u);
  EXPECT_EQ(loaded.training.fixed_triplets, 500);
  EXPECT_EQ(loaded.training.Best().epoch, 2);
  EXPECT_EQ(loaded.tensors[0].values, saved.tensors[0].values);
  EXPECT_EQ(loaded.masks.live_dims(1).size(), 1u);
  EXPECT_TRUE(loaded.HasSeen(5));
  EXPECT_FALSE(loaded.HasSeen(4));
}

TEST(ModelFileTest, EveryFlippedBitIsFound) {
  std::vector<uint8_t> bytes = FormatModel(SmallModel());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= 1 << (bit % 8);
    EXPECT_THAT([&] { ParseModel(bytes, "m.csn"); }, ThrowsError(ErrorCode::kCorruption, "m.csn"))
        << "bit " << bit;
    bytes[bit / 8] ^= 1 << (bit % 8);
  }
}

// The file on disk as programs read it, large enough that most flips hit weights.
TEST(ModelFileTest, FlippedBitsOfAFileAreFoundWhenItIsLoaded) {
  const test::TempDir dir;
  const std::string path = dir / "m.csn";
  Model model = SmallModel();
  model.tensors.push_back({"conv2.weight", {40, 50}, std::vector<float>(2000, 0.25f)});
  SaveModel(path, model);
  const size_t size = ReadFile(path).size();
  Rng rng(3);
  for (int i = 0; i < 500; ++i) {
    const size_t at = rng.Below(size);
    const int bit = static_cast<int>(rng.Below(8));
    SCOPED_TRACE(fmt::format("byte {} bit {}", at, bit));
    test::FlipBit(path, at, bit);
    EXPECT_THAT([&] { LoadModel(path); }, ThrowsError(ErrorCode::kCorruption, path));
    try {  // no checksum is looked at for it: sound, or refused
      LoadModelHeader(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruption) << error.what();
    }
    test::FlipBit(path, at, bit);
  }
  EXPECT_EQ(LoadModel(path).id, model.id);
}

TEST(ModelFileTest, EveryTruncationIsFound) {
  const std::vector<uint8_t> bytes = FormatModel(SmallModel());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT([&] { ParseModel(std::span(bytes).first(length), "m.csn"); },
                ThrowsError(ErrorCode::kCorruption, "m.csn"))
        << length << " bytes";
  }
}

// A checksum proves only that bytes are as written: contents written by a stranger must not crash
// us either.
TEST(ModelFileTest, HostileBytesUnderARightChecksumNeverCrash) {
  const std::vector<uint8_t> good = FormatModel(SmallModel());
  const auto reseal = [](std::vector<uint8_t>& bytes) {
    const uint64_t checksum = Hash64(std::span(bytes).first(bytes.size() - 8));
    std::memcpy(bytes.data() + bytes.size() - 8, &checksum, 8);
  };
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<uint8_t> bytes = good;
    for (uint64_t i = 0; i < 1 + rng.Below(4); ++i) {
      bytes[12 + rng.Below(bytes.size() - 20)] = static_cast<uint8_t>(rng.Below(256));
    }
    reseal(bytes);
    try {
      ParseModel(bytes, "m.csn");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruption);
    }
  }
}

TEST(ModelFileTest, ForeignAndNewerFilesAreNamed) {
  EXPECT_THAT([] { ParseModel(AsBytes("\x89PNG and so on, long enough"), "x.png"); },
              ThrowsError(ErrorCode::kCorruption, "model x.png: not a model file"));
  std::vector<uint8_t> newer = FormatModel(SmallModel());
  newer[8] = 4;
  EXPECT_THAT([&] { ParseModel(newer, "m.csn"); },
              ThrowsError(ErrorCode::kCorruption,
                          "model m.csn: format version 4, this build reads up to 3"));
  EXPECT_THAT([] { LoadModel("/nowhere/m.csn"); }, ThrowsError(ErrorCode::kNotFound, "m.csn"));
}

// Each notion's figures from its own network's best epoch.
TEST(ModelFileTest, SpecialistsAreMeasuredAtTheirOwnBestEpochs) {
  Model model = SmallModel();
  Matrix masks(2, 4);
  masks.Row(0)[0] = masks.Row(1)[3] = 1;
  model.masks = MaskTable(masks);
  model.networks = 2;
  model.training.best_epochs = {1, 2};
  const Model loaded = ParseModel(FormatModel(model), "m.csn");
  EXPECT_EQ(loaded.networks, 2);
  const EpochRecord best = loaded.training.Best();
  EXPECT_EQ(best.triplet_error, (std::vector<double>{0.3, 1.0 / 3}));
  EXPECT_EQ(best.live_dims, (std::vector<int>{3, 1}));
}

TEST(ModelFileTest, NumbersThatContradictEachOtherAreRefused) {
  const auto refused = [](const std::function<void(Model&)>& change, const std::string& part) {
    Model model = SmallModel();
    change(model);
    EXPECT_THAT([&] { ParseModel(FormatModel(model), "m.csn"); },
                ThrowsError(ErrorCode::kCorruption, part));
  };
  refused([](Model& m) { m.networks = 2; }, "2 networks for an embedding of 3");
  refused([](Model& m) { m.networks = 0; }, "0 networks");
  refused([](Model& m) { m.training.best_epochs = {3}; }, "best epochs");
  refused([](Model& m) { m.training.best_epochs = {0}; }, "best epochs");
  refused([](Model& m) { m.training.best_epochs = {1, 1}; }, "best epochs");
  refused([](Model& m) { m.training.history[0].live_dims.clear(); }, "best epochs");
}

TEST(ModelFileTest, AParentIsKept) {
  Model model = SmallModel();
  EXPECT_EQ(ParseModel(FormatModel(model), "m.csn").parent, "");
  model.parent = std::string(64, 'a');
  EXPECT_EQ(ParseModel(FormatModel(model), "m.csn").parent, model.parent);
}

TEST(TrunkTest, NamesGoBothWays) {
  EXPECT_EQ(ParseTrunk("resnet18"), Trunk::kResNet18);
  EXPECT_EQ(TrunkName(ParseTrunk("small")), "small");
  EXPECT_THAT([] { ParseTrunk("vgg"); },
              ThrowsError(ErrorCode::kInvalidArgument, "small and resnet18"));
}

}  // namespace
}  // namespace csn
