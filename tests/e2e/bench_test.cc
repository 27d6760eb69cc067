// csn_bench as a user runs it.
#include <map>

#include "base/file.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<json> Measured(const std::string& arguments, const std::string& folder = "") {
  std::istringstream lines(RunOk("csn_bench --seconds 0 --format json " + arguments, folder));
  std::vector<json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  return all;
}

TEST(BenchProgramTest, MeasuresEveryNotionAndAllOfThem) {
  const std::string index = "--index " + Shop::Get().index();
  const std::vector<json> all = Measured(index + " --queries 20 -k 5");
  std::vector<std::string> notions;
  for (const json& at : all) {
    notions.push_back(at["notion"]);
    EXPECT_EQ(at["rows"], Shop::kItems);
    EXPECT_EQ(at["k"], 5);
    EXPECT_EQ(at["exact"], true);
    EXPECT_EQ(at["recall"], 1);
    EXPECT_GE(at["asked"], 20);
    EXPECT_GT(at["queries_per_second"], 0);
    EXPECT_GE(at["p99_ms"], at["p50_ms"]);
  }
  EXPECT_EQ(notions.size(), 3) << "two notions, and both";
  EXPECT_THAT(notions.back(), HasSubstr(","));
  const std::string table = RunOk(
      "csn_bench --seconds 0 --notion closure=2,heel-height --where "
      "'heel_height < 5' --threads 2 --format table " +
      index);
  EXPECT_THAT(table, HasSubstr("recall@10"));
  EXPECT_THAT(table, testing::ContainsRegex("closure=2,heel-height +csn +scan"));
  ExpectError("csn_bench --notion shape " + index, 2, "shape");
  ExpectError("csn_bench --ef some " + index, 2, "--ef");
  ExpectError("csn_bench", 2, "--index");
}

TEST(BenchProgramTest, AsksSeveralInOneCall) {
  const std::vector<json> all = Measured(
      "--synthetic clusters --rows 500 --notions 1 --dims 20 --queries 30 -k 3 --index-key Flat "
      "--together 8");
  ASSERT_FALSE(all.empty());
  for (const json& at : all) {
    EXPECT_EQ(at["together"], 8) << at;
    EXPECT_EQ(at["asked"].get<int>() % 8, 0) << at;
    EXPECT_GE(at["asked"], 30) << at;
    const std::string plan = at["plan"];
    if (plan == "flat" || plan == "scan") {
      EXPECT_EQ(at["recall"], 1) << at;
    }
  }
  ExpectError("csn_bench --synthetic clusters --together 0", 2, "--together");
}

TEST(BenchProgramTest, ShowsWhatMoreCandidatesBuy) {
  const TempDir folder;
  const Shop& shop = Shop::Get();
  RunOk(fmt::format("csn_index build --catalogue {} --model {} --index idx --index-key HNSW4",
                    shop.catalogue(), shop.model()),
        folder.path());
  const std::vector<json> all =
      Measured("--index idx --notion closure --ef 1 --ef 100 -k 3", folder.path());
  ASSERT_EQ(all.size(), 3);
  EXPECT_EQ(all[0]["exact"], true);
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(all[i]["plan"], "hnsw");
    EXPECT_EQ(all[i]["ef"], i == 1 ? 1 : 100);
    EXPECT_LE(all[i]["recall_interval"][0], all[i]["recall"]);
  }
  EXPECT_LE(all[1]["recall"], all[2]["recall"]);
}

TEST(BenchProgramTest, BuildsWhatItIsToldAndAsksThePeersThatAreThere) {
  const TempDir folder;
  const std::vector<json> all = Measured(
      "--synthetic latent --rows 600 --notions 2 --dims 5 --correlation 0.5 --queries 40 -k 4 "
      "--index-key Flat --index-key HNSW4 --ef 8 --links 4 --keep kept --plot plot.svg",
      folder.path());
  std::map<std::string, int> engines;
  int approximate = 0;
  for (const json& at : all) {
    SCOPED_TRACE(at.dump());
    const std::string engine = at["engine"];
    ++engines[engine];
    EXPECT_EQ(at["rows"], 600);
    EXPECT_GE(at["recall"], 0.5);
    if (at["notion"] == "notion-1,notion-2") {
      EXPECT_EQ(at["exact"], true);
      continue;
    }
    EXPECT_GE(at["build_seconds"], 0);
    // Vectors of 5 floats each; codes beside them are ours alone.
    EXPECT_GE(at["item_bytes"], 20);
    EXPECT_EQ(at["exact"], at["plan"] == "scan");
    if (at["plan"] == "flat") {
      EXPECT_EQ(at["recall"], 1);
    }
    approximate += engine == "csn" && at["exact"] == false ? 1 : 0;
  }
  EXPECT_EQ(engines["csn"], 5) << "two notions exactly and by a graph, and both";
  EXPECT_EQ(approximate, 2);
  EXPECT_THAT(ReadTextFile(folder / "plot.svg"),
              testing::AllOf(testing::StartsWith("<svg xmlns="), HasSubstr("csn hnsw"),
                             testing::Not(HasSubstr("var("))));
  // What was kept is an index like any other.
  EXPECT_THAT(RunOk("csn_query --index kept/Flat --sku row-00000007 --notion notion-2 -k 2 "
                    "--where 'price > 0 and brand like \"brand %\"' --format table",
                    folder.path()),
              HasSubstr("plan scan, exact"));
  RunOk("csn_index verify --index kept/HNSW4", folder.path());
}

TEST(BenchProgramTest, TheSameSeedMakesTheSameData) {
  const TempDir folder;
  for (const char* name : {"a", "b", "c"}) {
    RunOk(
        fmt::format("csn_bench --synthetic clusters --rows 300 --peer none --seconds 0 --queries 1 "
                    "--index-key Flat --seed {} --keep {}",
                    name == std::string("c") ? 2 : 1, name),
        folder.path());
  }
  const auto embeddings = [&](const std::string& name) {
    return ReadFile(folder / name + "/Flat/generations/000001/embeddings.f32");
  };
  EXPECT_EQ(embeddings("a"), embeddings("b"));
  EXPECT_NE(embeddings("a"), embeddings("c"));
}

TEST(BenchProgramTest, TakesVectorsFromFiles) {
  const TempDir folder;
  std::string rows;
  for (int row = 0; row < 50; ++row) {
    const int32_t dim = 3;
    const float values[] = {static_cast<float>(row), 1, static_cast<float>(row % 7)};
    rows.append(reinterpret_cast<const char*>(&dim), sizeof dim);
    rows.append(reinterpret_cast<const char*>(values), sizeof values);
  }
  WriteText(folder / "rows.fvecs", rows);
  const std::string file = "--vectors rows.fvecs --peer none --index-key Flat ";
  const std::vector<json> whole = Measured(file, folder.path());
  ASSERT_EQ(whole.size(), 1);
  EXPECT_EQ(whole[0]["rows"], 50);
  EXPECT_EQ(Measured(file + "--notions 3", folder.path()).size(), 4) << "each, and all";
  const std::string bad = "csn_bench --seconds 0 ";
  ExpectError(bad + "--vectors rows.fvecs --notions 4", 2, "4 notions of vectors of 3 dimensions",
              folder.path());
  WriteText(folder / "bad.fvecs", rows + "x");
  ExpectError(bad + "--vectors bad.fvecs", 2, "bad.fvecs", folder.path());
  ExpectError(bad + "--vectors none.fvecs", 3, "none.fvecs", folder.path());
  ExpectError(bad + "--vectors rows.fvecs --synthetic latent", 2, "got both", folder.path());
  ExpectError(bad + "--synthetic grid", 2, "expected clusters or latent", folder.path());
  ExpectError(bad + "--synthetic latent --rows 0", 2, "--rows", folder.path());
  ExpectError(bad + "--synthetic latent --index-key IVF", 2, "IVF", folder.path());
  ExpectError(bad + "--synthetic latent --peer annoy", 2, "--peer annoy", folder.path());
  ExpectError(bad + "--vectors rows.fvecs --plot gone/plot.svg", 2, "no folder gone",
              folder.path());
}

}  // namespace
}  // namespace csn::test
