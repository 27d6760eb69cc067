// csn_index as a user runs it: build, list, verify, and what interrupts or damages them.
#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "embedder/model_file.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

std::string BuildCommand(const std::string& catalogue, const std::string& more = "") {
  return fmt::format("csn_index build --catalogue {} --model {} --index idx {}", catalogue,
                     Shop::Get().model(), more);
}

// A copy of the shop's index, to be changed.
void CopyIndex(const TempDir& folder) {
  fs::copy(Shop::Get().index(), folder / "idx", fs::copy_options::recursive);
}

std::string LiveFolder(const TempDir& folder) { return Generation::Open(folder / "idx").folder(); }

// A copy of the shop's catalogue with more rows.
void CopyCatalogue(const TempDir& folder, const std::string& rows) {
  fs::copy(fs::path(Shop::Get().catalogue()).parent_path(), folder / "s",
           fs::copy_options::recursive);
  const std::string path = folder / "s/catalogue.csv";
  WriteText(path, ReadTextFile(path) + rows);
}

TEST(IndexProgramTest, ListsWhatWasBuilt) {
  const Shop& shop = Shop::Get();
  EXPECT_EQ(shop.built()["generation"], "000001");
  EXPECT_EQ(shop.built()["rows"], Shop::kItems);
  const json list = json::parse(RunOk("csn_index list --format json --index " + shop.index()));
  EXPECT_EQ(list["generation"], "000001");
  EXPECT_EQ(list["rows"], Shop::kItems);
  EXPECT_EQ(list["rejected"], 0);
  EXPECT_EQ(list["model_id"], shop.trained()["model_id"]);
  EXPECT_THAT(list["created_by"].get<std::string>(), HasSubstr("csn_index"));
  ASSERT_EQ(list["notions"].size(), 2);
  for (const json& notion : list["notions"]) {
    EXPECT_EQ(notion["live_dims"], shop.trained()["live_dims"][notion["name"].get<std::string>()]);
    EXPECT_EQ(notion["key"], "Flat");
    EXPECT_EQ(notion["recall"], 1);
    EXPECT_GT(notion["bytes"], 0);
  }
  // The index may be named by the environment; a table is for people.
  const std::string table = RunOk("CSN_INDEX=" + shop.index() + " csn_index list --format table");
  EXPECT_THAT(table, HasSubstr("heel-height"));
  EXPECT_THAT(table, HasSubstr("150 (0 rejected of 150)"));
}

TEST(IndexProgramTest, PublishesNothingBelowTheTargetRecall) {
  const TempDir folder;
  const Shop& shop = Shop::Get();
  const std::string build = fmt::format("csn_index build --catalogue {} --model {} --index idx ",
                                        shop.catalogue(), shop.model());
  // 150 queries promise no more than 1 - 3 / 150.
  ExpectError(build + "--index-key HNSW32 --target-recall 0.99", 7,
              "no more than 0.9800 can be shown", folder.path());
  EXPECT_FALSE(fs::exists(folder / "idx"));
  const json report = json::parse(
      RunOk(build + "--index-key HNSW32 --target-recall 0.5 --format json", folder.path()));
  for (const json& notion : report["notions"]) {
    EXPECT_EQ(notion["recall_target"], 0.5);
    EXPECT_GE(notion["recall_interval"][0], 0.5);
    EXPECT_LE(notion["recall_interval"][0], 0.98);
  }
  EXPECT_THAT(RunOk("csn_index list --index idx --format table", folder.path()),
              HasSubstr(" to 100.0)"));
  ExpectError(build + "--target-recall 0", 2, "--target-recall");
}

TEST(IndexProgramTest, ListsAreBuiltAndLookedAtAsWidelyAsAsked) {
  const TempDir folder;
  const Shop& shop = Shop::Get();
  const std::string build = fmt::format("csn_index build --catalogue {} --model {} --index idx ",
                                        shop.catalogue(), shop.model());
  RunOk(build + "--index-key IVF6,Flat", folder.path());
  const json list = json::parse(RunOk("csn_index list --index idx --format json", folder.path()));
  for (const json& notion : list["notions"]) {
    EXPECT_EQ(notion["key"], "IVF6,Flat");
    EXPECT_GE(notion["nprobe"], 1);
    EXPECT_LE(notion["nprobe"], 6);
  }
  const json answer = json::parse(
      RunOk("csn_query --index idx --sku SHOE-00003 --notion closure --nprobe 6 --format json",
            folder.path()));
  EXPECT_EQ(answer["answer"]["plan"], "ivf");
  EXPECT_EQ(answer["answer"]["exact"], false);
  EXPECT_EQ(answer["hits"].size(), 10u);
  RunOk("csn_index verify --index idx", folder.path());
  ExpectError(build + "--index-key IVF151,Flat", 2, "needs at least 151 rows", folder.path());
  ExpectError(build + "--index-key IVF8,PQ3", 2, "needs at least 256 rows", folder.path());
  ExpectError(build + "--index-key IVF8,SQ8", 2, "expected Flat, HNSW<M>, IVF<n>,Flat",
              folder.path());
  ExpectError("csn_query --index idx --sku SHOE-00003 --nprobe 0", 2, "--nprobe", folder.path());
}

TEST(IndexProgramTest, PlansWhatItThenBuilds) {
  const TempDir folder;
  const Shop& shop = Shop::Get();
  const std::string model = "csn_index plan --model " + shop.model();
  const json plan =
      json::parse(RunOk(model + " --catalogue " + shop.catalogue() + " --format json"));
  EXPECT_EQ(plan["rows"], Shop::kItems);
  const json list = json::parse(RunOk("csn_index list --format json --index " + shop.index()));
  ASSERT_EQ(plan["notions"].size(), list["notions"].size());
  for (size_t i = 0; i < plan["notions"].size(); ++i) {
    for (const char* key : {"name", "live_dims", "key"}) {
      EXPECT_EQ(plan["notions"][i][key], list["notions"][i][key]);
    }
    EXPECT_NEAR(plan["notions"][i]["file_bytes"].get<double>(),
                list["notions"][i]["bytes"].get<double>(), 100);
  }
  EXPECT_THAT(RunOk(model + " --rows 1000000 --format table"), HasSubstr("for 1,000,000 items"));
  ExpectError(model + " --rows 1000000 --max-memory 1M", 7, "max memory 1.0 MiB");
  ExpectError(model, 2, "--rows");
  ExpectError(model + " --rows 1 --max-memory much", 2, "--max-memory");
  // Refused before anything is embedded.
  ExpectError(fmt::format("csn_index build --catalogue {} --model {} --index idx --max-memory 1K",
                          shop.catalogue(), shop.model()),
              7, "150 rows take", folder.path());
  EXPECT_FALSE(fs::exists(folder / "idx"));
}

TEST(IndexProgramTest, VerifiesEveryFile) {
  const Shop& shop = Shop::Get();
  const std::string out = RunOk("csn_index verify --format json --index " + shop.index());
  std::vector<std::string> files;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(json::parse(line)["status"], "ok");
    files.push_back(json::parse(line)["file"]);
  }
  EXPECT_THAT(files, testing::IsSupersetOf(
                         {"embeddings.f32", "model.csn", "notion-00.faiss", "notion-01.faiss"}));
}

TEST(IndexProgramTest, RepeatsByteForByte) {
  const TempDir folder;
  RunOk(BuildCommand(Shop::Get().catalogue(), "--threads 2 --index-key HNSW16"), folder.path());
  const std::string first = LiveFolder(folder);
  RunOk(BuildCommand(Shop::Get().catalogue(), "--threads 2 --index-key HNSW16"), folder.path());
  const std::string second = LiveFolder(folder);
  EXPECT_NE(first, second);
  for (const char* file : {"embeddings.f32", "notion-00.faiss", "notion-01.faiss", "model.csn"}) {
    EXPECT_EQ(ReadFile(first + "/" + file), ReadFile(second + "/" + file)) << file;
  }
}

TEST(IndexProgramTest, AShuffledCatalogueGivesTheSameIndex) {
  const TempDir folder;
  CopyCatalogue(folder, "");
  RunOk(BuildCommand("s/catalogue.csv"), folder.path());
  const std::string first = LiveFolder(folder);
  RunOk(
      "{ head -n 1 s/catalogue.csv; tail -n +2 s/catalogue.csv | tac; } > s/c.csv && "
      "mv s/c.csv s/catalogue.csv",
      folder.path());
  RunOk(BuildCommand("s/catalogue.csv", "--threads 1 --batch 7"), folder.path());
  const std::string second = LiveFolder(folder);
  for (const char* file : {"embeddings.f32", "notion-00.faiss", "notion-01.faiss"}) {
    EXPECT_EQ(ReadFile(first + "/" + file), ReadFile(second + "/" + file)) << file;
  }
}

TEST(IndexProgramTest, RowsAreIndexedOrRejectedAndStatus4SaysSo) {
  const TempDir folder;
  CopyCatalogue(folder,
                "gone,images/none.png,,,,,,\nSHOE-00001,images/SHOE-00001.png,,,,,,\n"
                ",images/SHOE-00001.png,,,,,,\n");
  const ProcessResult result = RunCommand(BuildCommand("s/catalogue.csv"), folder.path());
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_THAT(result.err, HasSubstr("3 of 153 rows rejected, listed in idx.rejects.tsv"));
  const json report = json::parse(result.out);
  EXPECT_EQ(report["catalogue_rows"], 153);
  EXPECT_EQ(report["rows"], 150);
  EXPECT_EQ(report["rejected"], 3);
  const json list = json::parse(RunOk("csn_index list --format json --index idx", folder.path()));
  EXPECT_EQ(list["catalogue_rows"], list["rows"].get<int>() + list["rejected"].get<int>());
  const std::string rejects = ReadTextFile(folder / "idx.rejects.tsv");
  EXPECT_THAT(rejects, testing::StartsWith("line\tsku\treason\n152\tgone\timage images/none.png"));
  EXPECT_EQ(std::count(rejects.begin(), rejects.end(), '\n'), 1 + 3);
  EXPECT_THAT(rejects, HasSubstr("\n153\tSHOE-00001\t"));

  // A build that does not come to its end leaves the list of the generation that stands.
  ExpectError("csn_index build --catalogue s/catalogue.csv --model none.csn --index idx", 3,
              "none.csn", folder.path());
  EXPECT_EQ(ReadTextFile(folder / "idx.rejects.tsv"), rejects);
  // A clean one takes it away.
  RunOk(BuildCommand(Shop::Get().catalogue()), folder.path());
  EXPECT_FALSE(fs::exists(folder / "idx.rejects.tsv"));
}

TEST(IndexProgramTest, TheRejectFileReplacesNoFileOfTheUsers) {
  const TempDir folder;
  CopyCatalogue(folder, "gone,images/none.png,,,,,,\n");
  CopyIndex(folder);
  RunOk("cp " + Shop::Get().model() + " m.csn", folder.path());
  for (const char* file : {"m.csn", "s/catalogue.csv", "idx/CURRENT"}) {
    const std::vector<uint8_t> before = ReadFile(folder / file);
    ExpectError(fmt::format("csn_index build --catalogue s/catalogue.csv --model m.csn --index idx "
                            "--rejects {}",
                            file),
                2, file, folder.path());
    EXPECT_EQ(ReadFile(folder / file), before) << file;
  }
}

TEST(IndexProgramTest, TheDefaultRejectFileLiesBesideTheIndexHoweverThatIsNamed) {
  const TempDir folder;
  CopyCatalogue(folder, "gone,images/none.png,,,,,,\n");
  fs::create_directories(folder / "idx");
  const ProcessResult result = RunCommand(
      fmt::format("cd idx && csn_index build --catalogue ../s/catalogue.csv --model {} --index .",
                  Shop::Get().model()),
      folder.path());
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_TRUE(fs::exists(folder / "idx.rejects.tsv"));
}

TEST(IndexProgramTest, PublishesNothingWhereNoRowIsAccepted) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,image\na,none.png\nb,none.png\n");
  ExpectError(BuildCommand("c.csv"), 1, "none of its 2 rows", folder.path());
  EXPECT_FALSE(fs::exists(folder / "idx"));
  ExpectError("csn_index list --index idx", 3, "idx", folder.path());
  EXPECT_THAT(ReadTextFile(folder / "idx.rejects.tsv"), HasSubstr("none.png"));
}

TEST(IndexProgramTest, RefusesWrongUse) {
  const TempDir folder;
  const std::string catalogue = Shop::Get().catalogue();
  ExpectError(BuildCommand(catalogue, "--index-key IVF8,SQ8"), 2, "IVF8", folder.path());
  ExpectError(BuildCommand(catalogue, "--batch 0"), 2, "--batch", folder.path());
  ExpectError(BuildCommand(catalogue, "--thread 1"), 2, "--threads", folder.path());
  ExpectError(BuildCommand("none.csv"), 3, "none.csv", folder.path());
  ExpectError("csn_index verfy", 2, "verify", folder.path());
  ExpectError("csn_index list", 2, "CSN_INDEX", folder.path());
  WriteText(folder / "idx/notes.txt", "not an index");
  ExpectError(BuildCommand(catalogue), 2, "idx", folder.path());
}

TEST(IndexProgramTest, VerifyNamesTheDamagedFile) {
  for (const char* file : {"embeddings.f32", "notion-01.faiss", "model.csn"}) {
    SCOPED_TRACE(file);
    const TempDir folder;
    CopyIndex(folder);
    const std::string path = LiveFolder(folder) + "/" + file;
    std::vector<uint8_t> bytes = ReadFile(path);
    bytes[bytes.size() / 2] ^= 1;
    WriteFileAtomically(path, bytes);
    const ProcessResult result = RunCommand("csn_index verify --index idx", folder.path());
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.err, HasSubstr(file));
  }
  const TempDir folder;
  CopyIndex(folder);
  WriteText(folder / "idx/CURRENT", "rubbish");
  ExpectError("csn_index list --index idx", 5, "CURRENT", folder.path());
}

TEST(IndexProgramTest, TheStatusDoesNotDependOnWhoReads) {
  const TempDir folder;
  CopyIndex(folder);
  const std::string path = LiveFolder(folder) + "/notion-01.faiss";
  std::vector<uint8_t> bytes = ReadFile(path);
  bytes[bytes.size() / 2] ^= 1;
  WriteFileAtomically(path, bytes);
  CopyCatalogue(folder, "gone,images/none.png,,,,,,\n");
  const std::string build = fmt::format(
      "csn_index build --catalogue s/catalogue.csv --model {} --index new", Shop::Get().model());
  for (const auto& [command, status] :
       {std::pair<std::string, int>{"csn_index verify --index idx", 5},
        {"csn_index list --index none", 3},
        {build, 4}}) {
    for (const char* streams : {"2> /dev/full", "2>&-", ">&- 2>&-"}) {
      SCOPED_TRACE(command + " " + streams);
      EXPECT_EQ(RunCommand(command + " " + streams, folder.path()).status, status);
    }
    SCOPED_TRACE(command + " | true");
    const ProcessResult piped =
        RunCommand("{ " + command + "; echo status $? >&2; } | true", folder.path());
    EXPECT_THAT(piped.err, HasSubstr(fmt::format("status {}\n", status)));
  }
  RunOk("csn_index verify --index new", folder.path());
  EXPECT_EQ(fs::file_size(folder / "new/LOCK"), 0);  // no closed stream's text went there
}

TEST(IndexProgramTest, VerifyTellsAnotherModelFromADamagedOne) {
  const TempDir folder;
  CopyIndex(folder);
  const std::string path = LiveFolder(folder) + "/" + layout::kModel;
  Model model = LoadModel(path);
  model.tensors[0].values[0] += 1;
  SaveModel(path, model);
  ExpectError("csn_index verify --index idx", 6, "model " + model.id, folder.path());
}

TEST(IndexProgramTest, VerifyTellsMasksThatAreNotTheModels) {
  const TempDir folder;
  CopyIndex(folder);
  {
    const Generation old = Generation::Open(folder / "idx");
    GenerationWriter writer(folder / "idx");
    for (const auto& [file, entry] : old.manifest().files) {
      fs::create_directories(fs::path(writer.folder() + "/" + file).parent_path());
      fs::copy_file(old.folder() + "/" + file, writer.folder() + "/" + file);
    }
    Manifest manifest = old.manifest();
    Matrix weights = manifest.masks.matrix();
    weights.Row(0)[manifest.masks.live_dims(0)[0]] *= 2;
    manifest.masks = MaskTable(weights);
    writer.Publish(manifest);
  }
  ExpectError("csn_index verify --index idx", 6, "masks", folder.path());
}

TEST(IndexProgramTest, AnotherWriterLocksItOut) {
  const TempDir folder;
  const GenerationWriter other(folder / "idx");
  ExpectError(BuildCommand(Shop::Get().catalogue()), 8, "idx", folder.path());
}

// Starts a build into an index that has a generation, and sends a signal as soon as `file` of its
// own folder is there.
ProcessResult BuildAndSignal(const std::string& signal, const std::string& folder,
                             const std::string& file = "") {
  return RunCommand(fmt::format("{} & pid=$!\n"
                                "until [ -e idx/generations/building/{} ] || ! kill -0 $pid; do :; "
                                "done 2> /dev/null\n"
                                "kill -{} $pid; wait $pid",
                                BuildCommand(Shop::Get().catalogue()), file, signal),
                    folder);
}

TEST(IndexProgramTest, KilledAtAnyPointItLeavesAnIndexThatStandsAndDoesNotBlockTheNext) {
  const TempDir folder;
  CopyIndex(folder);
  int killed = 0;
  for (const char* file :
       {"", "embeddings.f32", "metadata", "notion-00.faiss", "model.csn", "MANIFEST.json"}) {
    SCOPED_TRACE(fmt::format("killed at '{}'", file));
    const std::string before = Generation::Open(folder / "idx").name();
    killed += BuildAndSignal("KILL", folder.path(), file).status == 128 + 9 ? 1 : 0;
    const Generation left = Generation::Open(folder / "idx");
    EXPECT_GE(left.name(), before);  // the last instants may be too short to be hit
    EXPECT_EQ(left.manifest().rows, Shop::kItems);
    RunOk("csn_index verify --index idx", folder.path());
  }
  EXPECT_GE(killed, 3);
  const std::string before = Generation::Open(folder / "idx").name();
  RunOk(BuildCommand(Shop::Get().catalogue()), folder.path());
  EXPECT_GT(Generation::Open(folder / "idx").name(), before);
  EXPECT_FALSE(fs::exists(layout::BuildFolder(folder / "idx")));
}

TEST(IndexProgramTest, SignalledItCleansUp) {
  for (const auto& [signal, status] : {std::pair{"INT", 130}, {"TERM", 143}}) {
    SCOPED_TRACE(signal);
    const TempDir folder;
    CopyIndex(folder);
    const ProcessResult result = BuildAndSignal(signal, folder.path());
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_FALSE(fs::exists(layout::BuildFolder(folder / "idx")));
    EXPECT_EQ(Generation::Open(folder / "idx").name(), "000001");
  }
}

TEST(IndexProgramTest, ProgressIsPlainOrJsonOrNone) {
  const TempDir folder;
  const auto run = [&](const std::string& mode) {
    return RunCommand(BuildCommand(Shop::Get().catalogue(), "--progress " + mode), folder.path());
  };
  EXPECT_THAT(run("plain").err, HasSubstr("embedding: 150/150 photographs"));
  EXPECT_EQ(run("none").err, "");
  std::istringstream lines(run("json").err);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_THAT(json::parse(line)["note"].get<std::string>(), HasSubstr("embedding on c"));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(json::parse(line)["total"], 150);
  json last;
  while (std::getline(lines, line)) last = json::parse(line);
  EXPECT_THAT(last["note"].get<std::string>(), HasSubstr("150 items"));
  EXPECT_EQ(run("loud").status, 2);

  // What was rejected is told in any case.
  CopyCatalogue(folder, "gone,images/none.png,,,,,,\n");
  const std::string rejecting = BuildCommand("s/catalogue.csv", "--progress ");
  EXPECT_THAT(RunCommand(rejecting + "none", folder.path()).err, HasSubstr("1 of 151 rows"));
  std::istringstream told(RunCommand(rejecting + "json", folder.path()).err);
  while (std::getline(told, line)) last = json::parse(line);
  EXPECT_THAT(last["warning"].get<std::string>(), HasSubstr("1 of 151 rows"));
}

TEST(IndexProgramTest, ListsColumnsAndFacets) {
  const std::string list = "csn_index list --index " + Shop::Get().index() + " ";
  const std::vector<json> columns = JsonLines(RunOk(list + "--columns"));
  const auto heel = std::ranges::find(columns, "heel_height", [](const json& column) {
    return column["column"].get<std::string>();
  });
  ASSERT_TRUE(heel != columns.end());
  EXPECT_EQ((*heel)["type"], "number");
  EXPECT_EQ((*heel)["items"], Shop::kItems);
  EXPECT_EQ((*heel)["range"].size(), 2);
  EXPECT_LE((*heel)["values"].size(), 3);
  EXPECT_THAT(RunOk(list + "--columns --format table"), HasSubstr("most frequent"));

  const auto counts = [&](const std::string& more) {
    const json facet = json::parse(RunOk(list + "--facets closure " + more));
    uint64_t sum = 0, last = Shop::kItems;
    for (const json& value : facet["values"]) {
      EXPECT_LE(value["items"], last);
      last = value["items"];
      sum += last;
    }
    EXPECT_EQ(sum + facet["missing"].get<uint64_t>(), facet["items"]);
    EXPECT_EQ(facet["distinct"], facet["values"].size());
    return facet["items"].get<int>();
  };
  EXPECT_EQ(counts(""), Shop::kItems);
  const int high = counts("--where 'heel_height >= 4'"), low = counts("--where 'heel_height < 4'");
  EXPECT_GT(high, 0);
  EXPECT_GT(low, 0);
  EXPECT_EQ(high + low, Shop::kItems);
  EXPECT_EQ(JsonLines(RunOk(list + "--facets closure --facets heel_height --top 2")).size(), 2);
  EXPECT_THAT(RunOk(list + "--facets heel_height --top 2 --format table"),
              HasSubstr(" more (--top), 0 of 150 items without one"));
  EXPECT_THAT(RunCommand(list + "--facets closure --where \"closure = 'lace-pu'\"").err,
              HasSubstr("no item has closure 'lace-pu'; did you mean lace-up?"));

  ExpectError(list + "--facets closur", 2, "no column 'closur'; did you mean closure or colour?");
  ExpectError(list + "--facets closure --where 'x = 1'", 2, "where, character 1: no column 'x'");
  ExpectError(list + "--facets closure --columns", 2, "--columns and --facets: expected one");
  ExpectError(list + "--where 'x = 1'", 2, "--where: expected --columns or --facets beside it");
  ExpectError(list + "--facets closure --top 0", 2, "--top: expected 1 to");
}

}  // namespace
}  // namespace csn::test
