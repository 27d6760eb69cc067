// csn_bench as a user runs it.
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
  EXPECT_THAT(table, HasSubstr("closure=2,heel-height  scan"));
  ExpectError("csn_bench --notion shape " + index, 2, "shape");
  ExpectError("csn_bench --ef some " + index, 2, "--ef");
  ExpectError("csn_bench", 2, "--index");
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

}  // namespace
}  // namespace csn::test
