// Answers one conditional nearest-neighbour query from an index directory.
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "query/protocol.h"
#include "query/query_engine.h"
#include "storage/layout.h"
#include "storage/vector_file.h"
#include "tools/cli.h"

namespace csn::cli {
namespace {

using Arguments = std::vector<std::string>;

const Page kPage = {
    .usage = "csn_query --notion NAME[=W][,NAME[=W]...] (--sku SKU | --vector FILE) [options]",
    .about =
        "Finds the items of an index that are most like one item, or one vector, in the notions\n"
        "asked for. Several notions are weighed against each other; a negative weight means\n"
        "\"unlike in\". Every hit says how near it is in each notion (1.0 is the root mean square\n"
        "distance of two random items) and how much of its score comes from it. The item itself\n"
        "is left out of its own answer.",
    .examples =
        "  csn_query --index shoes.idx --notion heel-height --sku SHOE-00042\n"
        "      the ten items with the most similar heels\n"
        "  csn_query --index shoes.idx --notion closure=2,colour=-0.5 --sku SHOE-00042 -k 5\n"
        "      closed in the same way, rather of another colour\n"
        "  csn_query --index shoes.idx --notion closure --vector query.npy --exact --format csv\n"
        "      proven nearest to an embedding from elsewhere, as CSV\n"};

po::options_description Options() {
  po::options_description options, what("What to look for"), show("Output");
  AddIndexOption(what);
  what.add_options()("notion",
                     po::value<Arguments>()->composing()->value_name("NAME[=W][,NAME[=W]...]"),
                     "kinds of similarity that count, with weights (default 1); repeatable")(
      "sku", po::value<std::string>()->value_name("SKU"), "like this item of the index")(
      "vector", po::value<std::string>()->value_name("FILE"),
      "like this embedding: a JSON array or a .npy file")(
      "k,k", po::value<int64_t>()->default_value(10)->value_name("N"), "hits wanted")(
      "exact", po::bool_switch(), "a proven answer even where an approximate index is faster");
  show.add_options()("format", po::value<std::string>()->value_name("table|jsonl|json|csv"),
                     "how stdout is written (default: a table on a terminal, else JSON lines)");
  options.add(what).add(show);
  return options;
}

// Columns of the terminal that stdout is; 0 where it is none.
size_t TerminalWidth() {
  winsize size{};
  if (!StdoutIsTerminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

Format OutputFormat(const po::variables_map& values) {
  if (values.count("format") != 0) return ParseFormat(values["format"].as<std::string>());
  return StdoutIsTerminal() ? Format::kTable : Format::kJsonl;
}

std::vector<std::string> NotionNames(const QueryEngine& engine) {
  std::vector<std::string> names;
  for (const Notion& notion : engine.generation().manifest().notions) names.push_back(notion.name);
  return names;
}

// Can be typed into a shell, and shown, as it is.
bool IsPlain(const std::string& text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:/").find(c) != std::string_view::npos;
  });
}

// As it is typed into a shell.
std::string Quoted(const std::string& text) {
  if (IsPlain(text)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Up to three of the first skus that can be typed.
std::vector<std::string> PlainSkus(const QueryEngine& engine) {
  std::vector<uint32_t> rows(std::min<size_t>(engine.generation().metadata().size(), 100));
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<std::string> skus;
  for (const Item& item : engine.generation().metadata().GetMany(rows)) {
    if (skus.size() < 3 && IsPlain(item.sku)) skus.push_back(item.sku);
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
  const std::string command = index.empty()
                                  ? "csn_query --index DIR"
                                  : (named ? "csn_query --index " + Quoted(index) : "csn_query");
  Fail(ErrorCode::kInvalidArgument,
       "nothing to look for: expected --sku SKU or --vector FILE; try\n"
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

int Run(const Arguments& arguments) {
  po::options_description options = Options();
  po::variables_map values;
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const Format format = OutputFormat(values);
  const bool by_sku = values.count("sku") != 0, by_vector = values.count("vector") != 0;
  Require(!by_sku || !by_vector, "--sku and --vector: expected one of them, got both");
  if (!by_sku && !by_vector) FailWithoutItem(values);

  Query query{.k = static_cast<size_t>(IntegerOption(values, "k", 1, kMaxHits)),
              .exact = values["exact"].as<bool>()};
  if (values.count("notion") != 0) query.notions = AskedNotions(values);
  if (by_sku) {
    query.by = values["sku"].as<std::string>();
  } else {
    query.by = ReadVectorFile(values["vector"].as<std::string>());
  }
  const std::string index = IndexOption(values);
  const QueryEngine engine = QueryEngine::Open(index);
  if (by_vector) CheckVectorFile(values["vector"].as<std::string>(), query, engine);
  Require(!query.notions.empty(), "--notion is missing: index {} knows {}", index,
          fmt::join(NotionNames(engine), ", "));
  Print(FormatAnswer(engine.Search(query), format, TerminalWidth()));
  return 0;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
