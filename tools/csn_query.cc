// Answers one conditional nearest-neighbour query from an index directory.
#include "tools/csn_query.h"

#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "query/protocol.h"
#include "query/query_json.h"
#include "storage/layout.h"
#include "tools/cli.h"
#include "tools/report/open_page.h"
#include "tools/report/query_report.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

constexpr char kHtml[] = "html";

const Page kPage = {
    .usage =
        "csn_query --notion NAME[=W][,NAME[=W]...] (--sku SKU | --image FILE | --vector FILE)... "
        "[options]",
    .summary = "find items most like one, in the notions asked for",
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
        "      a page of photographs in the browser, a row for each notion, of low heels alone\n",
    .rivals = {{"open", "format"}}};

po::options_description Options() {
  po::options_description options, show("Output");
  AddQueryOptions(options);
  AddBatchOptions(options);
  show.add_options()(
      "format", po::value<std::string>()->value_name("table|jsonl|json|csv|html"),
      "how stdout is written (default: a table on a terminal, else JSON lines); html: a page of "
      "photographs, a row for each notion, all of them weighted alike where --notion names none")(
      "print-query", po::bool_switch(),
      "print the query as JSON, for --query and --batch, instead of asking")(
      "open", po::bool_switch(), "write a page to a temporary file and open it (xdg-open)")(
      "photographs", po::value<std::string>()->value_name("DIR"),
      "for a page: the folder that image paths start from (default: where they were when the "
      "index was built)");
  options.add(show);
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
  const std::string index = values.count("index") == 0 ? "" : values["index"].as<std::string>();
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
  const bool by_flag = IsFlagGiven("index") || IsFlagGiven("config");
  const std::string command =
      index.empty() ? "csn_query --index DIR"
                    : (by_flag ? "csn_query --index " + ShellQuoted(index) : "csn_query");
  Fail(ErrorCode::kInvalidArgument,
       "nothing to look for: expected --sku SKU, --image FILE or --vector FILE; try\n"
       "  {0} --notion {1} --sku {4}\n"
       "  {0} --notion {2} --sku {5} -k 5\n"
       "  {0} --notion {3} --sku {6} --exact --format json",
       command, first, notions.size() > 1 ? fmt::format("{},{}=0.5", first, last) : first, last,
       skus[0], skus[1 % skus.size()], skus[2 % skus.size()]);
}

// What a page says it is of.
std::string Title(const Query& query) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<Query::Example>& examples, const char* before) {
    for (const Query::Example& example : examples) {
      const auto* sku = std::get_if<std::string>(&example);
      const auto* photograph = std::get_if<Query::Photograph>(&example);
      names.push_back(before + (sku ? *sku : (photograph ? photograph->path : "a vector")));
    }
  };
  add(query.liked, "");
  add(query.unliked, "not ");
  return fmt::format("{}", fmt::join(names, ", "));
}

void ShowPage(const po::variables_map& values, const Arguments& arguments,
              const QueryEngine& engine, const Query& query) {
  QueryReportOptions options = {.photographs = engine.generation().manifest().photographs,
                                .image = "",
                                .title = Title(query),
                                .command = CommandLine("csn_query", arguments),
                                .made_by = VersionLine("csn_query")};
  if (values.count("photographs") != 0) {
    options.photographs = values["photographs"].as<std::string>();
  }
  if (query.liked.size() == 1) {
    const auto* photograph = std::get_if<Query::Photograph>(&query.liked.front());
    if (photograph != nullptr) options.image = photograph->path;
  }
  const QueryReport report = MakeQueryReport(engine, query, options);
  if (report.missing > 0) {
    Note(
        fmt::format("{} of {} photographs cannot be shown; the first: {} (--photographs DIR says "
                    "where they are)",
                    report.missing, report.missing + report.shown, report.first_missing));
  }
  for (const std::string& note : report.page.rows.front().answer.notes) Note(note);
  const std::string html = FormatQueryPage(report.page);
  if (values["open"].as<bool>()) {
    Note("opened " + OpenPage(html));
  } else {
    Print(html);
  }
}

// Answers of a batch are lines of JSON.
Format BatchFormat(const po::variables_map& values) {
  for (const char* option : {"query", "cursor", "photographs"}) {
    Require(values.count(option) == 0, "--{}: not beside --batch, whose lines are queries", option);
  }
  for (const char* option : {"open", "print-query"}) {
    Require(!values[option].as<bool>(), "--{}: not beside --batch", option);
  }
  if (values.count("format") != 0) {
    const std::string& name = values["format"].as<std::string>();
    Require(name == "jsonl" || name == "json", "--format: with --batch expected jsonl, got '{}'",
            name);
  }
  return Format::kJsonl;
}

void CheckWithoutBatch() {
  for (const char* option : {"lines", "threads", "progress"}) {
    Require(!IsFlagGiven(option), "--{}: expected --batch beside it", option);
  }
}

// A page is of whole items, and shows one page of them.
void CheckForPage(const Query& query) {
  const auto check = [](bool unused, const char* option) {
    Require(unused, "--{}: a page of photographs has no use for it", option);
  };
  check(query.items, "no-item");
  check(!query.fields, "fields");
  check(!query.vectors, "with-vectors");
  check(!query.explain, "explain");
  check(!query.explain_plan, "explain-plan");
  check(!query.pages, "pages");
  check(query.cursor.empty(), "cursor");
}

// Whether photographs may have to be embedded, as far as flags tell. Looked at before anything is
// read: a program that starts anew finds pipes empty.
bool MayEmbed(const po::variables_map& values) {
  for (const char* option : {"batch", "query", "image", "unlike-image"}) {
    if (values.count(option) != 0) return true;
  }
  return false;
}

// How photographs are embedded; where the device was asked for, it is told which one does.
PhotographEmbedder::Make MakeEmbedder(const po::variables_map& values) {
  return [device = DeviceOption(values), tell = !values["device"].defaulted()](
             const Model& model, EmbedderOptions options) {
    options.device = device;
    std::unique_ptr<Embedder> embedder = Embedder::Make(model, options);
    if (tell) Note("embedding on " + embedder->device());
    return embedder;
  };
}

// Said of the file, as the engine would say it of the vector.
void CheckVectorFiles(const std::vector<VectorFile>& files, const QueryEngine& engine) {
  const size_t expected = engine.generation().manifest().dim;
  for (const VectorFile& file : files) {
    Require(file.size == expected,
            "{}: {} values, expected {}, the dimensions of the index's embeddings", file.path,
            file.size, expected);
  }
}

int Run(const Arguments& arguments) {
  po::options_description options = Options();
  po::variables_map values;
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const bool batch = values.count("batch") != 0;
  if (batch) {
    ForgetUnlessFlags(values, {"query", "cursor", "photographs", "open", "print-query", "format"});
  } else {
    CheckWithoutBatch();
  }
  const std::optional<Format> format = batch ? BatchFormat(values) : OutputFormat(values);
  if (!format) {
    ForgetUnlessFlags(values, {"no-item", "fields", "with-vectors", "explain", "explain-plan",
                               "pages", "cursor"});
  }
  if (MayEmbed(values)) RestartWithShortSpins();
  const AskedQuery asked = MakeQuery(values);
  const Query& query = asked.query;
  if (values["print-query"].as<bool>()) {
    Print(FormatQuery(query) + "\n");
    return 0;
  }
  if (!format) CheckForPage(query);
  if (query.liked.empty() && query.unliked.empty() && !batch) FailWithoutItem(values);
  const std::string index = IndexOption(values);
  const QueryEngine engine = QueryEngine::Open(index, MakeEmbedder(values));
  CheckVectorFiles(asked.vector_files, engine);
  if (batch) return RunBatch(values, engine, query);
  Require(!query.notions.empty() || !format, "--notion is missing: index {} knows {}", index,
          fmt::join(NotionNames(engine), ", "));
  if (format) {
    const Answer answer = engine.Search(query);
    for (const std::string& note : answer.notes) Note(note);
    Print(FormatAnswer(answer, *format, TerminalWidth()));
  } else {
    ShowPage(values, arguments, engine, query);
  }
  return 0;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
