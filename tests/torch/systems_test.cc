// The paper's four systems, and training that goes on from a checkpoint.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "embedder/embedder.h"
#include "embedder/internal/batch_loader.h"
#include "embedder/torch/csn_model.h"
#include "embedder/torch/learner.h"
#include "embedder/torch/runtime.h"
#include "embedder/torch/triplet_loss.h"
#include "tests/support/test_support.h"
#include "tests/torch/shoe_world.h"

namespace csn {
namespace {

using test::kSize;
using test::SharedWorld;
using test::World;

// Three epochs of four steps.
TrainOptions ShortOptions() {
  TrainOptions options = SharedWorld().options;
  options.steps = 12;
  return options;
}

std::vector<float> MaskRow(const MaskTable& masks, NotionId notion) {
  return {masks.weights(notion).begin(), masks.weights(notion).end()};
}

TEST(StartMasksTest, AreAsThePaperSays) {
  torch::manual_seed(1);
  // Three notions, seven dimensions: slices of two, the last dimension nobody's.
  const torch::Tensor prepared = StartMasks(MaskKind::kPreinitialised, 3, 7);
  const torch::Tensor fixed = StartMasks(MaskKind::kFixed, 3, 7);
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t k = 0; k < 7; ++k) {
      const bool own = k / 2 == c;
      EXPECT_FLOAT_EQ(prepared[c][k].item<float>(), own ? 1.0f : 0.1f);
      EXPECT_FLOAT_EQ(fixed[c][k].item<float>(), own ? 1.0f : 0.0f);
    }
  }
  EXPECT_TRUE(StartMasks(MaskKind::kNone, 3, 7).eq(1).all().item<bool>());
  const torch::Tensor drawn = StartMasks(MaskKind::kLearned, 100, 100);
  EXPECT_NEAR(drawn.mean().item<double>(), 0.9, 0.03);
  EXPECT_NEAR(drawn.std().item<double>(), 0.7, 0.03);
}

TEST(SystemsTest, OnlyLearnedMasksChange) {
  const World& world = SharedWorld();
  TrainOptions options = ShortOptions();
  options.steps = 4;
  for (const auto& [kind, learns] : {std::pair{MaskKind::kPreinitialised, true},
                                     {MaskKind::kLearned, true},
                                     {MaskKind::kFixed, false},
                                     {MaskKind::kNone, false}}) {
    SCOPED_TRACE(MaskKindName(kind));
    options.masks = kind;
    const MaskTable start = Learner(options, 2).Masks();
    const Model model = TrainModel(options, world.data, {}).model;
    EXPECT_EQ(model.training.masks, kind);
    EXPECT_EQ(model.training.images, 4u * 60);
    for (NotionId c = 0; c < 2; ++c) {
      EXPECT_EQ(MaskRow(model.masks, c) != MaskRow(start, c), learns) << "notion " << c;
    }
  }
}

// A network a notion: each half of the embedding is what its specialist alone would give.
TEST(SystemsTest, SpecialistsAreBundledAsOneModel) {
  const World& world = SharedWorld();
  TrainOptions options = ShortOptions();
  options.specialists = true;
  const TrainReport report = TrainModel(options, world.data, {});
  const Model& model = report.model;
  EXPECT_EQ(model.networks, 2);
  EXPECT_EQ(model.dim(), 32u);
  EXPECT_EQ(model.training.steps, 12);
  EXPECT_EQ(model.training.images, 12u * 60);
  EXPECT_EQ(model.training.history.size(), 2u);
  ASSERT_EQ(model.training.best_epochs.size(), 2u);
  const auto photographs = LoadPhotographs(world.data, kSize, world.data.validation, 2);
  const size_t n = world.data.validation.size();
  const Matrix all = Embedder::Make(ParseModel(FormatModel(model), "m.csn"), {.threads = 2})
                         ->Embed(photographs, n);
  for (NotionId c = 0; c < 2; ++c) {
    SCOPED_TRACE(c);
    std::vector<float> block(32, 0);
    std::fill_n(block.begin() + c * 16, 16, 1.0f);
    EXPECT_EQ(MaskRow(model.masks, c), block);

    TrainOptions alone = options;
    alone.specialists = false;
    alone.masks = MaskKind::kNone;
    alone.steps = 6;
    TrainingData data = world.data;
    data.labels = world.data.labels.Only(c);
    const TrainReport own = TrainModel(alone, data, {});
    EXPECT_EQ(report.untrained_error[c], own.untrained_error[0]);
    EXPECT_EQ(model.training.Best().triplet_error[c], own.model.training.Best().triplet_error[0]);
    const Matrix part = Embedder::Make(own.model, {.threads = 2})->Embed(photographs, n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(std::ranges::equal(part.Row(i), all.Row(i).subspan(c * 16, 16))) << i;
    }
  }
}

TEST(SystemsTest, ThePapersRecipeLearnsFromFixedTriplets) {
  const World& world = SharedWorld();
  TrainingData data = world.data;
  for (NotionId c = 0; c < 2; ++c) {
    Rng rng(c);
    data.train_triplets.push_back(
        TripletSampler(data.labels, c, data.train).SampleDistinct(300, rng));
  }
  TrainOptions options = PaperOptions();
  options.trunk = Trunk::kSmall;
  options.preprocessing = world.options.preprocessing;
  options.dim = 16;
  options.batch = 40;
  options.epochs = 2;
  options.learning_rate = options.mask_learning_rate = 1e-3;  // from scratch 5e-5 goes nowhere
  options.threads = 2;
  const TrainReport report = TrainModel(options, data, {});
  const TrainingRecord& training = report.model.training;
  EXPECT_EQ(training.recipe, "paper");
  EXPECT_EQ(training.steps, 30);
  EXPECT_EQ(training.images, 2u * 600 * 3);
  EXPECT_LT(training.Best().triplet_error[0], report.untrained_error[0] - 0.05);
  // The default recipe sees each photograph of a batch once.
  options.recipe = Recipe::kDefault;
  options.epochs = 1;
  const TrainReport efficient = TrainModel(options, data, {});
  EXPECT_LT(efficient.model.training.images, 600u * 3);
}

// Each role has batch statistics of its own by the paper's recipe, and all photographs of a batch
// together by the default one.
TEST(SystemsTest, RolesPassTheNetworkAsTheirRecipeSays) {
  const World& world = SharedWorld();
  TrainingData data = world.data;
  for (NotionId c = 0; c < 2; ++c) {
    Rng rng(c);
    data.train_triplets.push_back(
        TripletSampler(data.labels, c, data.train).SampleDistinct(20, rng));
  }
  TrainOptions options = world.options;
  options.batch = 12;
  options.recipe = Recipe::kPaper;
  BatchLoader loader(options, data, 0, 1);
  const Batch batch = *loader.Next();
  const int64_t n = 12;
  const auto loss = [&](bool apart) {
    torch::manual_seed(options.seed);
    TrunkNet trunk(options.trunk, options.dim);
    UseChannelsLast(trunk);
    trunk->train();
    const size_t bytes = static_cast<size_t>(n) * kSize * kSize * 3;
    std::vector<torch::Tensor> roles;
    for (int64_t role = 0; apart && role < 3; ++role) {
      roles.push_back(trunk->forward(NormaliseBatch(
          batch.photographs.data() + static_cast<size_t>(role) * bytes, n, kSize, torch::kCPU)));
    }
    if (!apart) {
      roles.push_back(
          trunk->forward(NormaliseBatch(batch.photographs.data(), 3 * n, kSize, torch::kCPU)));
    }
    return FixedTripletLoss(torch::cat(roles), StartMasks(options.masks, 2, options.dim),
                            batch.triplets, batch.notions, Recipe::kPaper, {})
        .item<double>();
  };
  const double step = Learner(options, 2).Step(batch);
  EXPECT_NEAR(step, loss(true), 1e-5);
  EXPECT_GT(std::abs(loss(true) - loss(false)), 1e-3);
  EXPECT_THAT([&] { TrainModel(options, world.data, {}); },
              test::ThrowsError(ErrorCode::kInvalidArgument, "fixed triplets"));
}

TEST(ScheduleTest, RatesFollowTheirFormulas) {
  TrainOptions options = ShortOptions();
  options.learning_rate = 0.1;
  options.mask_learning_rate = 0.2;
  Learner learner(options, 2);
  learner.SetRates(0, 8, 4);
  EXPECT_EQ(learner.Rates(), (std::vector<double>{0.1, 0.1, 0.2}));
  learner.SetRates(4, 8, 4);
  EXPECT_NEAR(learner.Rates()[0], 0.05, 1e-12);
  options.schedule = Schedule::kExponential;
  for (const int64_t step : {0, 3, 4, 7}) {
    learner.SetRates(step, 8, 4);
    EXPECT_NEAR(learner.Rates()[2], 0.2 * (step < 4 ? 0.985 : 0.985 * 0.985), 1e-12) << step;
  }
}

// Trains, and trains again from each checkpoint of the first run: the same bytes.
void ExpectSameFromEveryCheckpoint(const TrainOptions& options, size_t checkpoints) {
  const World& world = SharedWorld();
  const test::TempDir folder;
  std::vector<std::string> paths;
  TrainCallbacks callbacks;
  callbacks.checkpoint = [&](Checkpoint&& checkpoint) {
    paths.push_back(folder / fmt::format("{}", paths.size()));
    SaveCheckpoint(paths.back(), checkpoint);
  };
  const TrainReport whole = TrainModel(options, world.data, callbacks);
  ASSERT_EQ(paths.size(), checkpoints);
  for (size_t i = 0; i < checkpoints; ++i) {
    SCOPED_TRACE(i);
    const Checkpoint checkpoint = LoadCheckpoint(paths[i]);
    const TrainReport rest = TrainModel(options, world.data, {}, &checkpoint);
    EXPECT_EQ(FormatModel(rest.model), FormatModel(whole.model));
    EXPECT_EQ(rest.untrained_error, whole.untrained_error);
  }
}

TEST(ResumeTest, GoesOnToTheSameModel) { ExpectSameFromEveryCheckpoint(ShortOptions(), 3); }

TEST(ResumeTest, WithAllThatIsDrawnInAStep) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    TrainOptions options = ShortOptions();
    options.stochastic_depth = 0.5;
    options.random_erasing = 0.5;
    options.precision = precision;
    ExpectSameFromEveryCheckpoint(options, 3);
  }
}

TEST(ResumeTest, OfSpecialistsToo) {
  TrainOptions options = ShortOptions();
  options.steps = 16;
  options.specialists = true;
  ExpectSameFromEveryCheckpoint(options, 4);
}

TEST(ResumeTest, ByThePlanOfTheRunThatMeasuredIt) {
  const World& world = SharedWorld();
  for (const bool specialists : {false, true}) {
    SCOPED_TRACE(specialists);
    TrainOptions options = ShortOptions();
    options.steps = 0;
    options.minutes = specialists ? 0.05 : 0.02;
    options.specialists = specialists;
    std::optional<Checkpoint> first;
    TrainCallbacks callbacks;
    callbacks.checkpoint = [&](Checkpoint&& checkpoint) {
      if (!first) first = std::move(checkpoint);
    };
    const TrainReport whole = TrainModel(options, world.data, callbacks);
    ASSERT_TRUE(first);
    options.minutes = 100;  // what is planned stands, whatever is asked for now
    EXPECT_EQ(FormatModel(TrainModel(options, world.data, {}, &*first).model),
              FormatModel(whole.model));
  }
}

TEST(ResumeTest, AStateOfAnotherNetworkIsRefused) {
  TrainOptions options = ShortOptions();
  const std::string state = Learner(options, 2).Save();
  options.dim = 8;
  EXPECT_THAT([&] { Learner(options, 2).Restore(state); },
              test::ThrowsError(ErrorCode::kCorruption, "no state of this network"));
  EXPECT_THAT([&] { Learner(options, 2).Restore("nonsense"); },
              test::ThrowsError(ErrorCode::kCorruption, "no state of this network"));
}

}  // namespace
}  // namespace csn
