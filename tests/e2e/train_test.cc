// csn_train as a user runs it.
#include <filesystem>

#include "base/file.h"
#include "embedder/model_file.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(TrainProgramTest, WritesTheModelItReports) {
  const Shop& shop = Shop::Get();
  const json& report = shop.trained();
  const Model model = LoadModel(shop.model());
  EXPECT_EQ(report["model_id"], model.id);
  EXPECT_EQ(report["steps"], 12);
  EXPECT_EQ(report["best_epoch"], model.training.best_epochs[0]);
  EXPECT_EQ(report["interrupted"], false);
  EXPECT_EQ(report["items"]["train"].get<int>() + report["items"]["validation"].get<int>() +
                report["items"]["test"].get<int>(),
            Shop::kItems);
  for (const char* notion : {"closure", "heel-height"}) {
    const double error = report["triplet_error"]["notions"][notion];
    EXPECT_GE(error, 0);
    EXPECT_LE(error, 1);
  }
  ASSERT_EQ(model.notions.size(), 2);
  EXPECT_EQ(model.notions[1].column, "heel_height");
  EXPECT_GT(model.notions[1].near, 0);
  EXPECT_LT(model.notions[1].near, model.notions[1].far);
  EXPECT_EQ(model.dim(), 16);
  EXPECT_EQ(model.preprocessing.size, 32);
  // Drawn photographs all differ.
  EXPECT_EQ(model.seen_photographs.size(),
            report["items"]["train"].get<size_t>() + report["items"]["validation"].get<size_t>());
}

TEST(TrainProgramTest, SameSeedAndThreadsGiveTheSameModelWhereverThePhotographsComeFrom) {
  const TempDir folder;
  const std::string first = RunOk(Shop::TrainCommand("--steps 4 --threads 1"), folder.path());
  const std::string again =
      RunOk(Shop::TrainCommand("--steps 4 --threads 1 --cache 0"), folder.path());
  const std::string other =
      RunOk(Shop::TrainCommand("--steps 4 --threads 1 --seed 2"), folder.path());
  EXPECT_EQ(json::parse(first)["model_id"], json::parse(again)["model_id"]);
  const auto triplet_error = [](const std::string& report) {
    return json::parse(report)["untrained_triplet_error"];
  };
  EXPECT_EQ(triplet_error(first), triplet_error(again));
  EXPECT_NE(triplet_error(first), triplet_error(other));
}

TEST(TrainProgramTest, TellsEveryEpochOnStderr) {
  const TempDir folder;
  const ProcessResult result =
      RunCommand(Shop::TrainCommand("--steps 4 --progress plain --format table"), folder.path());
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("150 items"));
  EXPECT_THAT(result.err, HasSubstr("epoch 1/"));
  EXPECT_THAT(result.err, HasSubstr("closure"));
  EXPECT_THAT(result.out, HasSubstr("triplet error"));
  const ProcessResult quiet =
      RunCommand(Shop::TrainCommand("--steps 4 --progress none"), folder.path());
  EXPECT_EQ(quiet.status, 0);
  // Four steps may have taught it nothing, which is no progress and told in any case.
  std::istringstream left(quiet.err);
  for (std::string line; std::getline(left, line);) EXPECT_THAT(line, HasSubstr("no lower than"));
}

TEST(TrainProgramTest, RefusesBeforeAnyWork) {
  const TempDir folder;
  ExpectError(Shop::TrainCommand("--steps 4 --minutes 1"), 2, "give one of them", folder.path());
  ExpectError(Shop::TrainCommand("--steps 0"), 2, "--steps", folder.path());
  ExpectError(Shop::TrainCommand("--steps 4 --cache lots"), 2, "--cache", folder.path());
  ExpectError(Shop::TrainCommand("--steps 4 --trunk smal"), 2, "smal", folder.path());
  ExpectError(Shop::TrainCommand("--steps 4 --notion colours"), 2, "did you mean colour?",
              folder.path());
  ExpectError(Shop::TrainCommand("--steps 4 --split-by style"), 2, "--split-by: there is no column",
              folder.path());
  ExpectError(Shop::TrainCommand("--steps 1e3"), 2, "expected a whole number", folder.path());
  ExpectError(Shop::TrainCommand("--minutes soon"), 2, "expected a number", folder.path());
  ExpectError(Shop::TrainCommand("--steps 4 --notion closure"), 2, "named twice", folder.path());
  ExpectError(Shop::TrainCommand("--stepps 4"), 2, "--steps", folder.path());
  for (const char* model : {"./m.csn", "$PWD/m.csn", "../${PWD##*/}/m.csn"}) {
    ExpectError(Shop::TrainCommand(std::string("--steps 4 --rejects ") + model), 2,
                "is where --model goes", folder.path());
  }
  ExpectError("csn_train --catalogue none.csv --model m.csn --notion a", 3, "none.csv",
              folder.path());
  const std::string nowhere = fmt::format(
      "csn_train --catalogue {} --model no/m.csn --notion closure", Shop::Get().catalogue());
  ExpectError(nowhere, 1, "no/m.csn", folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(TrainProgramTest, ReplacesModelsAndNothingElse) {
  const TempDir folder;
  WriteText(folder / "shop.csv", "sku,image\n");
  for (const char* path : {"shop.csv", "./shop.csv", "/dev/null", "."}) {
    ExpectError(fmt::format("csn_train --catalogue {} --model {} --steps 2 {}",
                            Shop::Get().catalogue(), path, Shop::kTraining),
                2, std::string("--model ") + path, folder.path());
  }
  EXPECT_EQ(ReadTextFile(folder / "shop.csv"), "sku,image\n");
  WriteText(folder / "m.csn", "");
  for (const char* seed : {"1", "2"}) {
    RunOk(Shop::TrainCommand(fmt::format("--steps 2 --seed {}", seed)), folder.path());
  }
  EXPECT_EQ(LoadModel(folder / "m.csn").training.seed, 2);
}

// Starts a training without end, waits for its first epoch, runs `meanwhile`, sends the signal.
ProcessResult TrainAndSignal(const std::string& signal, const std::string& folder,
                             const std::string& meanwhile = "",
                             const std::string& environment = "") {
  return RunCommand(
      environment + Shop::TrainCommand("--steps 1000000") +
          " 2>err & pid=$!\n"
          "for i in $(seq 600); do grep -q 'epoch 1/' err && break; sleep 0.1; done\n" +
          meanwhile + "\nkill -" + signal +
          " $pid; wait $pid; status=$?; cat err >&2; exit $status",
      folder);
}

TEST(TrainProgramTest, ItsThreadsSpinShortlyUnlessTheEnvironmentSays) {
  const TempDir folder;
  const std::string look =
      "cat /proc/$pid/comm; tr '\\0' '\\n' < /proc/$pid/environ | grep -E '^(GOMP|OMP)_'";
  const std::string clean = "env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY ";
  EXPECT_THAT(TrainAndSignal("TERM", folder.path(), look, clean).out,
              testing::StartsWith("csn_train\nGOMP_SPINCOUNT=1000\n{"));
  EXPECT_THAT(TrainAndSignal("TERM", folder.path(), look, clean + "OMP_WAIT_POLICY=active ").out,
              testing::StartsWith("csn_train\nOMP_WAIT_POLICY=active\n{"));
}

TEST(TrainProgramTest, KeepsTheBestModelWhereASignalEndsIt) {
  for (const auto& [signal, status] : {std::pair{"INT", 130}, {"TERM", 143}}) {
    SCOPED_TRACE(signal);
    const TempDir folder;
    const ProcessResult result = TrainAndSignal(signal, folder.path());
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_THAT(result.err, HasSubstr("holds the best model so far"));
    const json report = json::parse(result.out);
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(report["steps"], 1000000);
    EXPECT_LT(report["steps_done"], 1000000);
    EXPECT_GT(report["steps_done"], 0);
    const Model model = LoadModel(folder / "m.csn");
    EXPECT_EQ(report["model_id"], model.id);
    EXPECT_FALSE(model.seen_photographs.empty());
  }
}

TEST(TrainProgramTest, TheModelDoesNotDependOnWhoReads) {
  const TempDir folder;
  for (const char* streams : {"> /dev/null 2> /dev/full", ">&- 2>&-", "2>&1 | true"}) {
    SCOPED_TRACE(streams);
    RunCommand(Shop::TrainCommand("--steps 2 --threads 1 ") + streams, folder.path());
    EXPECT_NO_THROW(LoadModel(folder / "m.csn"));
    std::filesystem::remove(folder / "m.csn");
  }
}

TEST(TrainProgramTest, RejectedRowsAreListedAndEndInStatus4) {
  const TempDir folder;
  const std::string shoes = std::filesystem::path(Shop::Get().catalogue()).parent_path();
  RunOk("cp -r " + shoes + " s && echo 'bad,images/none.png,,,,,,' >> s/catalogue.csv",
        folder.path());
  const ProcessResult result =
      RunCommand(fmt::format("csn_train --catalogue s/catalogue.csv --model m.csn --steps 2 {}",
                             Shop::kTraining),
                 folder.path());
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 of 151 rows rejected"));
  EXPECT_EQ(json::parse(result.out)["items"]["rejected"], 1);
  EXPECT_THAT(ReadTextFile(folder / "m.csn.rejects.tsv"), HasSubstr("images/none.png"));
  EXPECT_NO_THROW(LoadModel(folder / "m.csn"));

  // A training that comes to nothing leaves the list of the model that stands.
  RunOk("sed -e '1s/$/,brand/' -e '2,$s/$/,one/' " + Shop::Get().catalogue() + " > s/catalogue.csv",
        folder.path());
  ExpectError("csn_train --catalogue s/catalogue.csv --model m.csn --steps 2 --notion brand", 2,
              "no triplet", folder.path());
  EXPECT_THAT(ReadTextFile(folder / "m.csn.rejects.tsv"), HasSubstr("images/none.png"));
}

}  // namespace
}  // namespace csn::test
