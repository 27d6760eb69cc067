// csn_eval as a user runs it.
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "embedder/model_file.h"
#include "storage/catalogue.h"
#include "tests/support/shop.h"
#include "tests/support/zappos.h"

namespace csn::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string EvalCommand(const std::string& catalogue) {
  return fmt::format("csn_eval --model {} --catalogue {} --format json", Shop::Get().model(),
                     catalogue);
}

json Evaluate(const std::string& more = "", const std::string& folder = "") {
  return json::parse(RunOk(EvalCommand(Shop::Get().catalogue()) + " " + more, folder));
}

// A model of closure alone, without masks, of another split and with larger photographs.
void TrainOther(const TempDir& folder) {
  RunOk(fmt::format("csn_train --catalogue {} --model o.csn --notion closure --masks none --seed 2 "
                    "--size 40 --batch 32 --dim 8 --steps 4",
                    Shop::Get().catalogue()),
        folder.path());
}

void ExpectInside(const json& value, const json& interval) {
  EXPECT_LE(interval[0], value);
  EXPECT_GE(interval[1], value);
  EXPECT_GE(interval[0], 0);
  EXPECT_LE(interval[1], 1);
}

TEST(EvalProgramTest, GivesTripletErrorsAndWhatBelongsToThem) {
  const json report = Evaluate("--count 500 --probe category --probe colour");
  const json &error = report["triplet_error"], &interval = report["triplet_error_interval"];
  const double closure = error["notions"]["closure"], heel = error["notions"]["heel-height"];
  EXPECT_NEAR(error["pooled"], (closure + heel) / 2, 1e-12);
  EXPECT_NE(closure, heel);
  ExpectInside(error["pooled"], interval["pooled"]);
  for (const char* notion : {"closure", "heel-height"}) {
    ExpectInside(error["notions"][notion], interval["notions"][notion]);
    ExpectInside(report["triplet_error_whole"]["notions"][notion],
                 report["triplet_error_whole_interval"]["notions"][notion]);
    EXPECT_EQ(report["triplet_count"][notion], 500);
    EXPECT_EQ(report["leakage"][notion][notion], error["notions"][notion]);
    EXPECT_EQ(report["leakage"][notion].size(), 2u);
    const json& ranking = report["ranking"][notion];
    EXPECT_EQ(ranking["masked"]["precision"][1], report["precision_at_k"][notion]["masked"]);
    ExpectInside(ranking["masked"]["precision"][1], ranking["precision_at_10_interval"]);
    EXPECT_EQ(ranking["chance"]["recall"].size(), report["ks"].size());
    EXPECT_EQ(ranking["masked"].contains("ndcg"), notion == std::string("heel-height"));
  }
  EXPECT_EQ(report["live_dims"], Shop::Get().trained()["live_dims"]);
  EXPECT_EQ(report["ks"], json({1, 10, 100}));
  EXPECT_EQ(report["compare"], json::array());
  EXPECT_EQ(report["trunk"], "small");
  EXPECT_EQ(report["input_size"], 32);
}

TEST(EvalProgramTest, TheSeedDecidesAndTheOrderOfRowsDoesNot) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 60 --seed 99 --out s", folder.path());
  const std::string command = EvalCommand("s/catalogue.csv") + " --count 300 --max-items 40";
  const std::string first = RunOk(command, folder.path());
  EXPECT_EQ(json::parse(first)["test_items"], 40);
  EXPECT_EQ(json::parse(first)["unseen"], 60);
  const json other = json::parse(RunOk(command + " --seed 2", folder.path()));
  EXPECT_NE(other["triplet_error"], json::parse(first)["triplet_error"]);
  RunOk(
      "cd s && (head -1 catalogue.csv; tail -n +2 catalogue.csv | sort -r) > c && "
      "mv c catalogue.csv",
      folder.path());
  EXPECT_EQ(RunOk(command, folder.path()), first);
}

// The photographs of the shop that a model has not seen.
std::set<std::string> UnseenBy(const std::vector<std::string>& models) {
  std::vector<Model> loaded;
  for (const std::string& path : models) loaded.push_back(LoadModel(path));
  std::set<std::string> skus;
  const Catalogue catalogue = Catalogue::Open(Shop::Get().catalogue());
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t) {
    const Item& item = std::get<Item>(row);
    const uint64_t hash = Hash64(ReadFile(catalogue.ImagePath(item)));
    bool seen = false;
    for (const Model& model : loaded) seen = seen || model.HasSeen(hash);
    if (!seen) skus.insert(item.sku);
    return true;
  });
  return skus;
}

TEST(EvalProgramTest, ComparesModelsOnWhatNoneOfThemHasSeen) {
  const TempDir folder;
  TrainOther(folder);
  const size_t both = UnseenBy({Shop::Get().model(), folder / "o.csn"}).size();
  ASSERT_GE(both, 2u);
  ASSERT_LT(both, UnseenBy({Shop::Get().model()}).size());
  const std::string command = EvalCommand(Shop::Get().catalogue()) + " --count 400 --compare " +
                              Shop::Get().model() + " --compare o.csn --report r";
  const ProcessResult result = RunCommand(command, folder.path());
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("heel-height: o.csn does not know it"));
  EXPECT_THAT(result.err, HasSubstr(fmt::format("the {} items that none of the 3 models", both)));
  const json report = json::parse(result.out);
  EXPECT_EQ(report["test_items"], both);
  ASSERT_EQ(report["compare"].size(), 2u);
  const json &same = report["compare"][0], &other = report["compare"][1];
  for (const char* key : {"triplet_error", "leakage", "ranking", "probes", "model_id"}) {
    EXPECT_EQ(same[key], report[key]) << key;
  }
  EXPECT_EQ(same["triplet_error_difference"]["pooled"], 0);
  const json& difference = other["triplet_error_difference"];
  const double apart = other["triplet_error"]["notions"]["closure"].get<double>() -
                       report["triplet_error"]["notions"]["closure"].get<double>();
  EXPECT_NEAR(difference["notions"]["closure"], apart, 1e-12);
  EXPECT_NEAR(difference["pooled"], apart, 1e-12);  // of the one notion that both have
  EXPECT_LE(difference["notion_intervals"]["closure"][0], apart);
  EXPECT_GE(difference["notion_intervals"]["closure"][1], apart);
  EXPECT_FALSE(difference["notions"].contains("heel-height"));
  // Without masks the subspace is the whole embedding, and there is one notion to leak.
  EXPECT_EQ(other["triplet_error"]["notions"], other["triplet_error_whole"]["notions"]);
  EXPECT_EQ(other["leakage"].size(), 1u);
  EXPECT_EQ(other["input_size"], 40);
  // Alone, on the same items, it measures the same: photographs were prepared its way.
  const json alone = json::parse(
      RunOk(fmt::format("csn_eval --model o.csn --compare {} --catalogue {} --count 400 --format "
                        "json",
                        Shop::Get().model(), Shop::Get().catalogue()),
            folder.path()));
  EXPECT_EQ(alone["triplet_error"]["notions"]["closure"],
            other["triplet_error"]["notions"]["closure"]);
  const std::string table =
      RunOk("csn_eval --format table" + command.substr(8, command.find(" --format") - 8) +
                " --compare o.csn",
            folder.path());
  EXPECT_THAT(table, HasSubstr("less the first"));
}

TEST(EvalProgramTest, KnowsSpecialistsAndAddedNotions) {
  const TempDir folder;
  RunOk(fmt::format("csn_train --catalogue {} --model sp.csn --specialists --steps 8 {}",
                    Shop::Get().catalogue(), Shop::kTraining),
        folder.path());
  const std::string end = " --count 200 --format json --catalogue " + Shop::Get().catalogue();
  const json bundle = json::parse(RunOk("csn_eval --model sp.csn" + end, folder.path()));
  EXPECT_EQ(bundle["networks"], 2);
  EXPECT_EQ(bundle["dim"], 32);
  EXPECT_NE(bundle["triplet_error"]["notions"]["closure"],
            bundle["triplet_error_whole"]["notions"]["closure"]);

  Model grown = LoadModel(Shop::Get().model());
  Matrix weights(3, grown.dim());
  for (NotionId c = 0; c < 2; ++c) {
    std::ranges::copy(grown.masks.weights(c), weights.Row(c).begin());
  }
  weights.Row(2)[5] = 2;
  grown.masks = MaskTable(std::move(weights));
  grown.notions.push_back({.name = "category", .column = "category"});
  grown.parent = grown.id;
  SaveModel(folder / "grown.csn", grown);
  const json report = json::parse(RunOk("csn_eval --model grown.csn" + end, folder.path()));
  EXPECT_EQ(report["parent_id"], Shop::Get().trained()["model_id"]);
  EXPECT_EQ(report["live_dims"]["category"], 1);
  const json before = Evaluate("--count 200");
  EXPECT_EQ(report["triplet_error"]["notions"]["closure"],
            before["triplet_error"]["notions"]["closure"]);
}

// Distances of every item from one, in one notion, as csn_query has them.
std::map<std::string, double> DistancesFrom(const std::string& sku, const std::string& notion,
                                            const std::string& folder) {
  const std::string answer = RunOk(fmt::format("csn_query --index idx --sku '{}' --notion {} -k 60 "
                                               "--no-item --format jsonl",
                                               sku, notion),
                                   folder);
  std::map<std::string, double> distances;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    const json hit = json::parse(line);
    if (hit.contains("sku")) distances[hit["sku"]] = hit["notions"][notion]["distance"];
  }
  return distances;
}

TEST(EvalProgramTest, MeasuresReleasedTestListsAsQueriesWouldHaveThem) {
  const TempDir folder;
  const ZapposTree tree = WriteZapposTree(folder / "zappos");
  RunOk(
      "csn_train --catalogue zappos --triplets zappos --notion closure=Closure --model m.csn "
      "--size 32 --dim 8 --epochs 1",
      folder.path());
  RunOk("csn_index build --catalogue zappos --model m.csn --index idx", folder.path());
  const std::string command =
      "csn_eval --model m.csn --catalogue zappos --triplets zappos --format json";
  const ProcessResult result = RunCommand(command, folder.path());
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("triplets of class: left out"));
  const json report = json::parse(result.out);
  EXPECT_EQ(report["triplet_count"]["closure"], 40);
  EXPECT_THAT(report["triplets"].get<std::string>(), HasSubstr("zappos"));
  std::map<uint32_t, std::map<std::string, double>> from;
  int mistakes = 0;
  for (const Triplet& t : tree.test[1]) {
    if (!from.contains(t.anchor)) {
      from[t.anchor] = DistancesFrom(tree.cids[t.anchor], "closure", folder.path());
    }
    const auto& distances = from[t.anchor];
    mistakes += distances.at(tree.cids[t.negative]) <= distances.at(tree.cids[t.positive]) ? 1 : 0;
  }
  EXPECT_DOUBLE_EQ(report["triplet_error"]["notions"]["closure"], mistakes / 40.0);

  EXPECT_EQ(json::parse(RunOk(command + " --count 15", folder.path()))["triplet_count"]["closure"],
            15);
  fs::remove(folder / "zappos/tripletlists/class_tripletlist_test.txt");
  fs::remove(folder / "zappos/tripletlists/closure_tripletlist_test.txt");
  ExpectError(command, 3, "holds no NOTION_tripletlist_test.txt", folder.path());
}

TEST(EvalProgramTest, ANotionWithoutTripletsIsToldAndNoError) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 20 --seed 99 --out s", folder.path());
  RunOk(
      "awk -F, -v OFS=, 'NR == 1 {for (i = 1; i <= NF; ++i) if ($i == \"closure\") c = i} "
      "NR > 1 {$c = NR < 5 ? \"\" : \"zip\"} 1' s/catalogue.csv > c && mv c s/catalogue.csv",
      folder.path());
  const ProcessResult result = RunCommand(EvalCommand("s/catalogue.csv"), folder.path());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("notion closure: the test items hold no triplet"));
  const json report = json::parse(result.out);
  EXPECT_TRUE(report["triplet_error"]["notions"]["closure"].is_null());
  EXPECT_EQ(report["triplet_error"]["pooled"], report["triplet_error"]["notions"]["heel-height"]);
  EXPECT_TRUE(report["leakage"]["heel-height"]["closure"].is_null());
  EXPECT_EQ(report["ranking"]["closure"]["queries"], 17);  // three labels are missing
  EXPECT_EQ(report["ranking"]["closure"]["masked"]["mean_average_precision"], 1);
}

TEST(EvalProgramTest, ProbesWhatTheModelWasNotTrainedFor) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 60 --seed 99 --out s", folder.path());
  // One column of two even halves, one of a single value, one of lists.
  RunOk(
      "awk -F, -v OFS=, 'NR == 1 {print $0, \"half\", \"brand\", \"tags\"} "
      "NR > 1 {print $0, NR % 2 ? \"odd\" : \"even\", \"one\", \"a|b\"}' s/catalogue.csv > c && "
      "mv c s/catalogue.csv",
      folder.path());
  const std::string command = EvalCommand("s/catalogue.csv") + " --count 100";
  const json plain = json::parse(RunOk(command, folder.path()));
  std::set<std::string> columns;
  for (const json& probe : plain["probes"]) {
    columns.insert(probe["column"]);
    ExpectInside(probe["accuracy"], probe["accuracy_interval"]);
    EXPECT_GE(probe["classes"], 2);
  }
  EXPECT_TRUE(columns.contains("half"));
  EXPECT_FALSE(columns.contains("closure"));  // a notion of the model
  EXPECT_FALSE(columns.contains("brand"));
  const ProcessResult asked =
      RunCommand(command + " --probe half --probe brand --progress none", folder.path());
  EXPECT_EQ(asked.status, 0);
  EXPECT_THAT(asked.err, HasSubstr("probe of brand: left out"));
  const json probes = json::parse(asked.out)["probes"];
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0]["items"], 60);
  EXPECT_DOUBLE_EQ(probes[0]["majority"], 0.5);
  ExpectError(command + " --probe halv", 2, "--probe: there is no column", folder.path());
  ExpectError(command + " --probe tags", 2, "--probe tags: holds lists", folder.path());
}

TEST(EvalProgramTest, WritesAReportAndReplacesNothingElse) {
  const TempDir folder;
  const json printed = Evaluate("--count 100 --report out/report", folder.path());
  const auto written = [&] { return json::parse(ReadTextFile(folder / "out/report/report.json")); };
  EXPECT_EQ(written(), printed);
  EXPECT_THAT(printed["command"].get<std::string>(), HasSubstr("--report out/report"));
  EXPECT_THAT(ReadTextFile(folder / "out/report/index.html"), testing::StartsWith("<!DOCTYPE"));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder / "out/report")) ++files;
  EXPECT_EQ(files, 2u);
  const json again = Evaluate("--count 101 --report out/report", folder.path());
  EXPECT_EQ(written()["triplet_count"]["closure"], 101);

  WriteText(folder / "mine/letter.txt", "dear");
  WriteText(folder / "json/report.json", "{\"sales\": 3}");
  const std::string command = EvalCommand(Shop::Get().catalogue()) + " --report ";
  ExpectError(command + "mine", 2, "--report mine: holds something else", folder.path());
  ExpectError(command + "json", 2, "--report json: holds something else", folder.path());
  ExpectError(command + "mine/letter.txt/r", 2, "letter.txt is no folder", folder.path());
  EXPECT_EQ(ReadTextFile(folder / "json/report.json"), "{\"sales\": 3}");
}

// A photograph on the page, of a query or of one of its hits.
struct Card {
  std::string kind, distance, label, sku;
};

std::vector<Card> CardsOf(const std::string& html) {
  static const std::regex pattern(
      "<li class=\"hit (query|alike|unlike)\">[^]*?</b><span>([^<]*)</span>[^]*?"
      "<div class=\"label\" title=\"([^\"]*)\">[^]*?<div class=\"sku\" title=\"([^\"]*)\">");
  std::vector<Card> cards;
  for (std::sregex_iterator at(html.begin(), html.end(), pattern), end; at != end; ++at) {
    cards.push_back({(*at)[1], (*at)[2], (*at)[3], (*at)[4]});
  }
  return cards;
}

// The page's part between two marks.
std::string Between(const std::string& page, const std::string& from, const std::string& to) {
  const size_t begin = page.find(from), end = page.find(to, begin);
  EXPECT_NE(begin, std::string::npos) << from;
  EXPECT_NE(end, std::string::npos) << to;
  return page.substr(begin, end - begin);
}

TEST(EvalProgramTest, ThePageShowsQueriesWithTheirPhotographsAndMaps) {
  const TempDir folder;
  const json report = Evaluate("--count 100 --report r", folder.path());
  const std::string page = ReadTextFile(folder / "r/index.html");
  const std::string maps = Between(page, "id=\"maps\"", "</section>");
  for (const char* notion : {"closure", "heel-height"}) EXPECT_THAT(maps, HasSubstr(notion));
  EXPECT_THAT(maps, HasSubstr("<use href=\"#t"));

  const std::string queries = Between(page, "id=\"queries\"", "</section>");
  const std::vector<Card> cards =
      CardsOf(queries.substr(0, queries.find("<h3>", queries.find("<h3>") + 1)));
  ASSERT_GE(cards.size(), 14u);
  ASSERT_EQ(cards[0].kind, "query");
  Card query;
  double before = 0;
  std::set<std::string> shown;
  for (const Card& card : cards) {
    if (card.kind == "query") {
      query = card;
      before = 0;
      shown.clear();
    } else {
      // closure, the first notion: alike is the same label.
      EXPECT_EQ(card.kind == "alike", card.label == query.label) << card.sku;
      EXPECT_GE(std::stod(card.distance), before) << card.sku;
      before = std::stod(card.distance);
    }
    EXPECT_TRUE(shown.insert(card.sku).second) << card.sku << " is shown twice in one answer";
  }
  // The best query's average precision is no less than the worst one's, and each photograph is
  // there.
  std::vector<double> precisions;
  static const std::regex precision("average precision ([0-9.]+)");
  for (std::sregex_iterator at(queries.begin(), queries.end(), precision), end; at != end; ++at) {
    precisions.push_back(std::stod((*at)[1]));
  }
  ASSERT_GE(precisions.size(), 2u);
  EXPECT_GE(
      precisions.front(),
      report["ranking"]["closure"]["masked"]["mean_average_precision"].get<double>() * 100 - 0.1);
  EXPECT_THAT(queries, Not(HasSubstr("no photograph of")));
  EXPECT_THAT(page, HasSubstr("data:image/jpeg;base64,"));
}

TEST(EvalProgramTest, MeasuresOnWhatTheModelHasNotSeen) {
  const Shop& shop = Shop::Get();
  const json report = json::parse(RunOk(EvalCommand(shop.catalogue()) + " --k 5"));
  EXPECT_EQ(report["model_id"], shop.trained()["model_id"]);
  EXPECT_EQ(report["test_items"], shop.trained()["items"]["test"]);
  EXPECT_EQ(report["k"], 5);
  ASSERT_EQ(report["precision_at_k"].size(), 2);
  for (const auto& [notion, precision] : report["precision_at_k"].items()) {
    SCOPED_TRACE(notion);
    EXPECT_EQ(precision["queries"], report["test_items"]);
    const double chance = precision["chance"], masked = precision["masked"];
    const double unmasked = precision["unmasked"];
    EXPECT_GT(chance, 0);
    EXPECT_LT(chance, 1);
    EXPECT_GE(masked, 0);
    EXPECT_LE(masked, 1);
    EXPECT_NEAR(precision["error_ratio"], (1 - masked) / (1 - chance), 1e-12);
    EXPECT_NEAR(precision["gain"], masked - unmasked, 1e-12);
  }
  const std::string table = RunOk(fmt::format("csn_eval --model {} --catalogue {} --format table",
                                              shop.model(), shop.catalogue()));
  EXPECT_THAT(table, HasSubstr("(1-masked)/(1-chance)"));
}

TEST(EvalProgramTest, AnotherCatalogueIsAllNewAndMayLackColumns) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 20 --seed 99 --out s", folder.path());
  EXPECT_EQ(json::parse(RunOk(EvalCommand("s/catalogue.csv"), folder.path()))["test_items"], 20);

  RunOk("sed -i 1s/closure/fastening/ s/catalogue.csv", folder.path());
  const ProcessResult part = RunCommand(EvalCommand("s/catalogue.csv"), folder.path());
  EXPECT_EQ(part.status, 0) << part.err;
  EXPECT_THAT(part.err, HasSubstr("notion closure: left out"));
  EXPECT_EQ(json::parse(part.out)["precision_at_k"].size(), 1);

  RunOk("echo 'bad,images/none.png,,,,,,' >> s/catalogue.csv", folder.path());
  const ProcessResult rejected = RunCommand(EvalCommand("s/catalogue.csv"), folder.path());
  EXPECT_EQ(rejected.status, 4) << rejected.err;
  EXPECT_EQ(json::parse(rejected.out)["rejected"], 1);

  RunOk("sed -i 1s/heel_height/heel/ s/catalogue.csv", folder.path());
  const ProcessResult none = RunCommand(EvalCommand("s/catalogue.csv"), folder.path());
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("csn_eval: error: catalogue s/catalogue.csv"));
}

TEST(EvalProgramTest, AColumnIsFoundBySpellingBeforeLikeness) {
  const TempDir folder;
  RunOk("csn_catalogue shoes --count 20 --seed 99 --out s", folder.path());
  const std::string before = RunOk(EvalCommand("s/catalogue.csv"), folder.path());
  // A column of the same name but for the dash, and without a value, first.
  RunOk("sed -i -e '1s/^sku,image,/&heel-height,/' -e '2,$s/^[^,]*,[^,]*,/&,/' s/catalogue.csv",
        folder.path());
  EXPECT_EQ(RunOk(EvalCommand("s/catalogue.csv"), folder.path()), before);
}

TEST(EvalProgramTest, RefusesWhatItCannotUse) {
  const TempDir folder;
  WriteText(folder / "m.csn", "no model");
  const std::string catalogue = Shop::Get().catalogue();
  ExpectError("csn_eval --model none.csn --catalogue " + catalogue, 3, "none.csn", folder.path());
  ExpectError("csn_eval --model m.csn --catalogue " + catalogue, 5, "m.csn", folder.path());
  ExpectError(EvalCommand(catalogue) + " --k 0", 2, "--k", folder.path());
  ExpectError(EvalCommand(catalogue) + " --count 0", 2, "--count", folder.path());
  ExpectError(EvalCommand(catalogue) + " --max-items 1", 2, "--max-items", folder.path());
  ExpectError(EvalCommand(catalogue) + " --compare none.csn", 3, "none.csn", folder.path());
  ExpectError(EvalCommand(catalogue) + " --triplets none", 3, "none/filenames.json", folder.path());
  RunOk("csn_catalogue shoes --count 20 --seed 99 --out s", folder.path());
  RunOk("awk -F, -v OFS=, 'NR == 2 {$5 = \"high\"} 1' s/catalogue.csv > c && mv c s/catalogue.csv",
        folder.path());
  ExpectError(EvalCommand("s/catalogue.csv"), 2, "column heel_height holds text", folder.path());
}

}  // namespace
}  // namespace csn::test
