// Answers one conditional nearest-neighbour query from an index directory.
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "base/text.h"
#include "query/photograph.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "storage/layout.h"
#include "storage/vector_file.h"
#include "tools/cli.h"
#include "tools/report/open_page.h"
#include "tools/report/query_report.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

constexpr char kHtml[] = "html";

const Page kPage = {
    .usage =
        "csn_query --notion NAME[=W][,NAME[=W]...] (--sku SKU | --image FILE | --vector FILE) "
        "[options]",
    .about =
        "Finds the items of an index that are most like one item, photograph or vector, in the\n"
        "notions asked for. Several notions are weighed against each other; a negative weight "
        "means\n"
        "\"unlike in\". Every hit says how near it is in each notion (1.0 is the root mean square\n"
        "distance of two random items) and how much of its score comes from it. The item itself\n"
        "is left out of its own answer.",
    .examples =
        "  csn_query --index shoes.idx --notion heel-height --sku SHOE-00042\n"
        "      the ten items with the most similar heels\n"
        "  csn_query --index shoes.idx --notion closure=2,colour=-0.5 --image photo.jpg -k 5\n"
        "      closed like the shoe on a photograph, rather of another colour\n"
        "  csn_query --index shoes.idx --sku SHOE-00042 --where 'heel_height < 3' --open\n"
        "      a page of photographs in the browser, a row for each notion, of low heels alone\n"};

po::options_description Options() {
  po::options_description options, what("What to look for"), show("Output");
  AddIndexOption(what);
  what.add_options()("notion",
                     po::value<Arguments>()->composing()->value_name("NAME[=W][,NAME[=W]...]"),
                     "kinds of similarity that count, with weights (default 1); repeatable")(
      "sku", po::value<std::string>()->value_name("SKU"), "like this item of the index")(
      "image", po::value<std::string>()->value_name("FILE"),
      "like what this photograph shows (JPEG, PNG or WebP); always answered exactly")(
      "vector", po::value<std::string>()->value_name("FILE"),
      "like this embedding: a JSON array or a .npy file")(
      "where", po::value<std::string>()->value_name("FILTER"),
      "only items with these attributes: 'price < 100 and (brand in (\"A\", \"B\") or size has "
      "\"38\")' (docs/query.md)")("k,k", po::value<int64_t>()->default_value(10)->value_name("N"),
                                  "hits wanted")(
      "exact", po::bool_switch(), "a proven answer even where an approximate index is faster");
  show.add_options()(
      "format", po::value<std::string>()->value_name("table|jsonl|json|csv|html"),
      "how stdout is written (default: a table on a terminal, else JSON lines); html: a page of "
      "photographs, a row for each notion, all of them weighted alike where --notion names none")(
      "no-item", po::bool_switch(), "skus alone, without images and attributes")(
      "open", po::bool_switch(), "write a page to a temporary file and open it (xdg-open)")(
      "photographs", po::value<std::string>()->value_name("DIR"),
      "for a page: the folder that image paths start from (default: where they were when the "
      "index was built)");
  options.add(what).add(show);
  return options;
}

// Columns of the terminal that stdout is; 0 where it is none.
size_t TerminalWidth() {
  winsize size{};
  if (!StdoutIsTerminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

// Text, or nothing where it is to be a page.
std::optional<Format> OutputFormat(const po::variables_map& values) {
  const bool open = values["open"].as<bool>();
  if (values.count("format") == 0) {
    if (open) return std::nullopt;
    return StdoutIsTerminal() ? Format::kTable : Format::kJsonl;
  }
  const std::string& name = values["format"].as<std::string>();
  Require(name == "table" || name == "jsonl" || name == "json" || name == "csv" || name == kHtml,
          "--format: expected table, jsonl, json, csv or html, got '{}'", name);
  if (name == kHtml) return std::nullopt;
  Require(!open, "--open and --format {}: only a page (--format html) can be opened", name);
  return ParseFormat(name);
}

std::vector<std::string> NotionNames(const QueryEngine& engine) {
  std::vector<std::string> names;
  for (const Notion& notion : engine.generation().manifest().notions) names.push_back(notion.name);
  return names;
}

// Up to three of the first skus that can be typed.
std::vector<std::string> PlainSkus(const QueryEngine& engine) {
  std::vector<uint32_t> rows(std::min<size_t>(engine.generation().metadata().size(), 100));
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<std::string> skus;
  for (const Item& item : engine.generation().metadata().GetMany(rows)) {
    if (skus.size() < 3 && IsPlainWord(item.sku) && item.sku.front() != '-')
      skus.push_back(item.sku);
  }
  return skus;
}

// Three commands to try, with skus and notions of the index where there is one.
[[noreturn]] void FailWithoutItem(const po::variables_map& values) {
  const bool named = values.count("index") != 0;
  const char* environment = std::getenv("CSN_INDEX");
  std::string index = environment == nullptr ? "" : environment;
  if (named) index = values["index"].as<std::string>();
  std::vector<std::string> notions, skus;
  if (!index.empty() && std::filesystem::exists(layout::Current(index))) {
    const QueryEngine engine = QueryEngine::Open(index);
    notions = NotionNames(engine);
    skus = PlainSkus(engine);
  }
  if (notions.empty()) notions = {"NOTION"};
  if (skus.empty()) skus = {"SKU"};
  const std::string& first = notions.front();
  const std::string& last = notions.back();
  const std::string command =
      index.empty() ? "csn_query --index DIR"
                    : (named ? "csn_query --index " + ShellQuoted(index) : "csn_query");
  Fail(ErrorCode::kInvalidArgument,
       "nothing to look for: expected --sku SKU, --image FILE or --vector FILE; try\n"
       "  {0} --notion {1} --sku {4}\n"
       "  {0} --notion {2} --sku {5} -k 5\n"
       "  {0} --notion {3} --sku {6} --exact --format json",
       command, first, notions.size() > 1 ? fmt::format("{},{}=0.5", first, last) : first, last,
       skus[0], skus[1 % skus.size()], skus[2 % skus.size()]);
}

std::vector<Query::WeightedNotion> AskedNotions(const po::variables_map& values) {
  std::vector<Query::WeightedNotion> notions;
  for (const std::string& text : values["notion"].as<Arguments>()) {
    for (Query::WeightedNotion& notion : ParseNotionWeights(text)) {
      notions.push_back(std::move(notion));
    }
  }
  return notions;
}

// Said of the file, before the engine would say it of the vector.
void CheckVectorFile(const std::string& path, const Query& query, const QueryEngine& engine) {
  const size_t found = std::get<std::vector<float>>(query.by).size();
  const size_t expected = engine.generation().manifest().dim;
  Require(found == expected, "{}: {} values, expected {}, the dimensions of the index's embeddings",
          path, found, expected);
}

// What to look for; `engine` reads what is not in the index yet.
void ResolveItem(const po::variables_map& values, const QueryEngine& engine, Query& query) {
  if (values.count("sku") != 0) {
    query.by = values["sku"].as<std::string>();
  } else if (values.count("image") != 0) {
    query.by = EmbedPhotograph(engine.generation(), values["image"].as<std::string>());
    // Beside embedding it a scan costs nothing.
    query.exact = true;
  } else {
    query.by = ReadVectorFile(values["vector"].as<std::string>());
    CheckVectorFile(values["vector"].as<std::string>(), query, engine);
  }
}

// "sku", "image" or "vector".
std::string AskedBy(const po::variables_map& values) {
  std::vector<std::string> given;
  for (const char* option : {"sku", "image", "vector"}) {
    if (values.count(option) != 0) given.push_back(option);
  }
  Require(given.size() <= 1, "--{}: expected one of them, got both", fmt::join(given, " and --"));
  if (given.empty()) FailWithoutItem(values);
  return given.front();
}

void ShowPage(const po::variables_map& values, const Arguments& arguments,
              const QueryEngine& engine, const Query& query, const std::string& asked_by) {
  QueryReportOptions options = {.photographs = engine.generation().manifest().photographs,
                                .image = "",
                                .title = values[asked_by].as<std::string>(),
                                .command = CommandLine("csn_query", arguments),
                                .made_by = VersionLine("csn_query")};
  if (values.count("photographs") != 0) {
    options.photographs = values["photographs"].as<std::string>();
  }
  if (asked_by == "image") options.image = options.title;
  const QueryReport report = MakeQueryReport(engine, query, options);
  if (report.missing > 0) {
    Note(
        fmt::format("{} of {} photographs cannot be shown; the first: {} (--photographs DIR says "
                    "where they are)",
                    report.missing, report.missing + report.shown, report.first_missing));
  }
  const std::string html = FormatQueryPage(report.page);
  if (values["open"].as<bool>()) {
    Note("opened " + OpenPage(html));
  } else {
    Print(html);
  }
}

int Run(const Arguments& arguments) {
  po::options_description options = Options();
  po::variables_map values;
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const std::optional<Format> format = OutputFormat(values);
  Require(format || !values["no-item"].as<bool>(), "--no-item: a page shows photographs");
  const std::string asked_by = AskedBy(values);
  if (asked_by == "image") RestartWithShortSpins();

  Query query{.k = static_cast<size_t>(IntegerOption(values, "k", 1, kMaxHits)),
              .exact = values["exact"].as<bool>(),
              .items = !values["no-item"].as<bool>()};
  if (values.count("notion") != 0) query.notions = AskedNotions(values);
  if (values.count("where") != 0) {
    query.where = values["where"].as<std::string>();
    Require(!Trim(query.where).empty(), "--where: expected a filter, got an empty one");
  }
  const std::string index = IndexOption(values);
  const QueryEngine engine = QueryEngine::Open(index);
  Require(!query.notions.empty() || !format, "--notion is missing: index {} knows {}", index,
          fmt::join(NotionNames(engine), ", "));
  ResolveItem(values, engine, query);
  if (format) {
    const Answer answer = engine.Search(query);
    for (const std::string& note : answer.notes) Note(note);
    Print(FormatAnswer(answer, *format, TerminalWidth()));
  } else {
    ShowPage(values, arguments, engine, query, asked_by);
  }
  return 0;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
