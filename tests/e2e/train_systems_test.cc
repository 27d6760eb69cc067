// The paper's four systems, its recipe, and going on after a kill, as a user runs them.
#include <filesystem>

#include "embedder/model_file.h"
#include "tests/support/shop.h"
#include "tests/support/zappos.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

json Train(const std::string& more, const TempDir& folder) {
  return json::parse(RunOk(Shop::TrainCommand(more), folder.path()));
}

// The skus nearest to the shop's first item in one notion.
std::string Nearest(const std::string& notion, const TempDir& folder) {
  return RunOk("csn_query --index idx --sku SHOE-00001 --no-item --format csv --notion " + notion +
                   " | cut -d , -f 2",
               folder.path());
}

void BuildIndex(const TempDir& folder) {
  RunOk(fmt::format("csn_index build --catalogue {} --model m.csn --index idx",
                    Shop::Get().catalogue()),
        folder.path());
}

TEST(TrainSystemsTest, WithoutMasksOneIndexServesAllNotions) {
  const TempDir folder;
  Train("--steps 4 --masks none", folder);
  BuildIndex(folder);
  EXPECT_EQ(Nearest("closure", folder), Nearest("heel-height", folder));
  const std::string generation = folder / "idx/generations/000001/";
  EXPECT_TRUE(fs::exists(generation + "notion-00.faiss"));
  EXPECT_FALSE(fs::exists(generation + "notion-01.faiss"));
  RunOk("csn_index verify --index idx", folder.path());
}

TEST(TrainSystemsTest, SpecialistsAreIndexedAndQueriedAsOneModel) {
  const TempDir folder;
  const json report = Train("--steps 8 --specialists", folder);
  EXPECT_EQ(report["best_epoch"].size(), 2u);
  EXPECT_EQ(report["live_dims"], json({{"closure", 16}, {"heel-height", 16}}));
  EXPECT_EQ(LoadModel(folder / "m.csn").dim(), 32u);
  BuildIndex(folder);
  EXPECT_NE(Nearest("closure", folder), Nearest("heel-height", folder));
  ExpectError(Shop::TrainCommand("--specialists --masks fixed"), 2, "--specialists and --masks",
              folder.path());
}

TEST(TrainSystemsTest, EveryKindOfMasksTrains) {
  const TempDir folder;
  for (const auto& [kind, live] : {std::pair{"fixed", 8}, {"learned", 0}, {"none", 16}}) {
    SCOPED_TRACE(kind);
    const json report = Train(std::string("--steps 4 --masks ") + kind, folder);
    if (live > 0) {
      EXPECT_EQ(report["live_dims"]["closure"], live);
    }
    EXPECT_EQ(MaskKindName(LoadModel(folder / "m.csn").training.masks), kind);
  }
  ExpectError(Shop::TrainCommand("--masks soft"), 2,
              "unknown kind of masks \"soft\"; there are preinitialised, learned, fixed and none",
              folder.path());
}

TEST(TrainSystemsTest, ThePapersRecipeTakesFixedTripletsInThreePasses) {
  const TempDir folder;
  const json report = Train("--recipe paper --trunk small --epochs 2 --fixed-triplets 48", folder);
  // 96 triplets in batches of 32 (Shop::kTraining), three photographs each.
  EXPECT_EQ(report["steps"], 6);
  EXPECT_EQ(report["images"], 2 * 96 * 3);
  const Model model = LoadModel(folder / "m.csn");
  EXPECT_EQ(model.training.recipe, "paper");
  EXPECT_EQ(model.training.masks, MaskKind::kLearned);
  EXPECT_EQ(model.preprocessing.fit, Fit::kCrop);
  ExpectError(Shop::TrainCommand("--epochs 1 --steps 4"), 2, "give one of them", folder.path());
}

// Batches of 32 (Shop::kTraining), whatever makes them up.
TEST(TrainSystemsTest, ABudgetOfImagesIsForAllNetworksTogether) {
  const TempDir folder;
  EXPECT_EQ(Train("--images 300", folder)["steps"], 9);  // 9.4 batches
  const json specialists = Train("--images 300 --specialists", folder);
  EXPECT_EQ(specialists["steps"], 10);  // of both networks, 4.7 batches each
  EXPECT_EQ(specialists["images"], 320);
  // Items that several triplets of a batch share are seen once.
  const json fixed = Train("--images 600 --fixed-triplets 48", folder);
  EXPECT_EQ(LoadModel(folder / "m.csn").training.fixed_triplets, 48);
  EXPECT_NEAR(fixed["images"].get<double>(), 600, 96);
  EXPECT_GT(fixed["steps"], 600 / 96);
  ExpectError(Shop::TrainCommand("--images 0"), 2, "--images", folder.path());
}

// A flag that did not reach the training would leave the model as it is.
TEST(TrainSystemsTest, EveryFlagThatChangesResultsDoes) {
  const TempDir folder;
  const std::string steps = "--steps 4 --threads 1 ";
  const std::string expected = Train(steps, folder)["model_id"];
  // Those that the model file does not record, so that only weights can tell.
  for (const char* flag :
       {"--margin 5", "--embedding-weight 1", "--mask-weight 1", "--learning-rate 0.1",
        "--mask-learning-rate 0.5", "--weight-decay 1", "--schedule exponential", "--augment none",
        "--augment mirror", "--stochastic-depth 0.5", "--random-erasing 0.5"}) {
    EXPECT_NE(Train(steps + flag, folder)["model_id"], expected) << flag;
  }
  EXPECT_NE(Train(steps + "--schedule exponential --rate-decay 0.5", folder)["model_id"],
            Train(steps + "--schedule exponential", folder)["model_id"]);
  EXPECT_NE(Train(steps + "--precision float32", folder)["model_id"],
            Train(steps + "--precision bfloat16", folder)["model_id"]);
  for (const char* flag : {"--stochastic-depth 1", "--random-erasing 2", "--precision half"}) {
    ExpectError(Shop::TrainCommand(flag), 2, std::string(flag).substr(2, 9), folder.path());
  }
  ExpectError(Shop::TrainCommand("--import-checkpoint none.pth --resume"), 2,
              "--import-checkpoint and --resume", folder.path());
}

// The released layout of UT-Zappos50K, lists and all, without converting anything.
TEST(TrainSystemsTest, TakesTheReleasedZapposTree) {
  const TempDir folder;
  WriteZapposTree(folder / "zappos");
  const json report = json::parse(
      RunOk("csn_train --catalogue zappos --triplets zappos --notion class=Category "
            "--notion closure=Closure --recipe paper --trunk small --size 32 --dim 8 --epochs 1 "
            "--batch 40 --model m.csn",
            folder.path()));
  // Two lists of 120, three photographs a triplet.
  EXPECT_EQ(report["images"], 2 * 120 * 3);
  EXPECT_LE(report["items"]["train"], 40);
  EXPECT_GE(report["items"]["test"], 10);
  RunOk("csn_index build --catalogue zappos --model m.csn --index idx", folder.path());
  ExpectError("csn_train --catalogue zappos --triplets zappos --notion Gender --model m.csn", 3,
              "Gender_tripletlist_train.txt", folder.path());
}

// Killed after its first epochs, whatever it was doing: the same model, byte for byte.
TEST(TrainSystemsTest, AKilledRunGoesOnToTheSameModel) {
  for (const char* system : {"--threads 1", "--threads 1 --specialists"}) {
    SCOPED_TRACE(system);
    const std::string flags = std::string("--steps 30 ") + system;
    const TempDir whole, killed;
    const json expected = Train(flags, whole);
    RunCommand(Shop::TrainCommand(flags) +
                   " 2>err & pid=$!\n"
                   "for i in $(seq 600); do grep -q 'epoch 3/' err && break; sleep 0.02; done\n"
                   "kill -KILL $pid; wait $pid",
               killed.path());
    EXPECT_FALSE(fs::exists(killed / "m.csn"));
    ASSERT_TRUE(fs::exists(killed / "m.csn.checkpoint"));
    ExpectError(Shop::TrainCommand(flags + " --resume --seed 2"), 6, "is of a run with seed 1",
                killed.path());
    const ProcessResult rest = RunCommand(Shop::TrainCommand(flags + " --resume"), killed.path());
    EXPECT_EQ(rest.status, 0) << rest.err;
    EXPECT_THAT(rest.err, HasSubstr("m.csn.checkpoint: going on after"));
    EXPECT_EQ(json::parse(rest.out)["model_id"], expected["model_id"]);
    EXPECT_FALSE(fs::exists(killed / "m.csn.checkpoint"));
    EXPECT_FALSE(fs::exists(whole / "m.csn.checkpoint"));
  }
}

TEST(TrainSystemsTest, SaysWhereARunCouldGoOn) {
  const TempDir folder;
  WriteText(folder / "m.csn.checkpoint", "nonsense");
  const ProcessResult anew = RunCommand(Shop::TrainCommand("--steps 2"), folder.path());
  EXPECT_EQ(anew.status, 0) << anew.err;
  EXPECT_THAT(anew.err, HasSubstr("--resume goes on with it"));
  const ProcessResult none = RunCommand(Shop::TrainCommand("--steps 2 --resume"), folder.path());
  EXPECT_EQ(none.status, 0) << none.err;
  EXPECT_THAT(none.err, HasSubstr("the run begins anew"));
  WriteText(folder / "m.csn.checkpoint", "nonsense");
  ExpectError(Shop::TrainCommand("--steps 2 --resume"), 5, "no checkpoint of csn_train",
              folder.path());
}

}  // namespace
}  // namespace csn::test
