// csn_index list: the live generation, its columns, and what they hold.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/utf8.h"
#include "embedder/model_file.h"
#include "query/facets.h"
#include "query/filter.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "storage/subspace_index.h"
#include "tools/cli.h"
#include "tools/csn_index.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr int64_t kMostValues = 1'000'000;  // --top
constexpr size_t kColumnExamples = 3;       // values shown of each column
constexpr size_t kExampleLength = 24;       // characters of one

const Page kListPage = {
    .usage = "csn_index list [--index DIR] [--columns | --facets COLUMN] [options]",
    .summary = "show the live generation, its columns, or what they hold",
    .about =
        "Shows the live generation: its rows, its model, and each notion's index with the\n"
        "recall@10 that was measured when it was built. With --columns or --facets it shows what\n"
        "items hold: what csn_query --where may ask.",
    .examples =
        "  csn_index list --index shoes.idx\n"
        "      a table on a terminal\n"
        "  csn_index list --index shoes.idx --columns\n"
        "      every column, its type, and the values that most items have\n"
        "  csn_index list --index shoes.idx --facets closure --where 'heel_height > 5'\n"
        "      the closures of high heels, and how many of each\n",
    .rivals = {{"columns", "facets"}}};

// Of a notion's index and, where it has them, codes and tree.
uint64_t SubspaceBytes(const Manifest& manifest, NotionId notion) {
  uint64_t bytes = 0;
  for (const std::string& name :
       {manifest.IndexFile(notion), manifest.CodesFile(notion), manifest.TreeFile(notion)}) {
    const auto found = manifest.files.find(name);
    if (found != manifest.files.end()) bytes += found->second.size;
  }
  return bytes;
}

uint64_t AllBytes(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const auto& [name, entry] : manifest.files) bytes += entry.size;
  return bytes;
}

// Of the model that notions were added to; "" where it is as it was trained.
std::string ParentId(const Generation& generation) {
  return LoadModelHeader(generation.folder() + "/" + layout::kModel).parent;
}

Json ListJson(const Generation& generation) {
  const Manifest& manifest = generation.manifest();
  Json notions = Json::array();
  for (NotionId id = 0; id < manifest.notions.size(); ++id) {
    const SubspaceManifest& subspace = manifest.subspaces[id];
    Json notion = {{"name", manifest.notions[id].name},
                   {"column", manifest.notions[id].column},
                   {"live_dims", manifest.masks.live_dims(id).size()},
                   {"key", subspace.key},
                   {"bytes", SubspaceBytes(manifest, id)},
                   {"ef_search", subspace.ef_search},
                   {"nprobe", subspace.nprobe}};
    AddRecall(subspace.key, subspace.recall, notion);
    notion["recall_queries"] = subspace.recall.queries;
    notion["scale"] = subspace.scale;
    notions.push_back(std::move(notion));
  }
  return {{"generation", generation.name()},
          {"rows", manifest.rows},
          {"catalogue_rows", manifest.catalogue_rows},
          {"rejected", manifest.rejected},
          {"model_id", manifest.model_id},
          {"parent_id", ParentId(generation)},
          {"created_by", manifest.created_by},
          {"dim", manifest.dim},
          {"seed", manifest.seed},
          {"split", {{"seed", manifest.split_seed}, {"by", manifest.split_by}}},
          {"preprocessing", manifest.preprocessing},
          {"photographs", manifest.photographs},
          {"bytes", AllBytes(manifest)},
          {"notions", notions}};
}

std::string ListTable(const Generation& generation) {
  const Manifest& manifest = generation.manifest();
  std::vector<Arguments> rows = {{"notion", "column", "live dims", "index", "recall@10", "size"}};
  for (NotionId id = 0; id < manifest.notions.size(); ++id) {
    const SubspaceManifest& subspace = manifest.subspaces[id];
    rows.push_back({manifest.notions[id].name, manifest.notions[id].column,
                    std::to_string(manifest.masks.live_dims(id).size()), subspace.key,
                    RecallText(subspace.key, subspace.recall),
                    HumanBytes(SubspaceBytes(manifest, id))});
  }
  const std::string parent = ParentId(generation);
  return fmt::format(
             "generation   {}, {}\nrows         {} ({} rejected of {})\nmodel        {}\n{}"
             "made by      {}\nphotographs  {}\n\n",
             generation.name(), HumanBytes(AllBytes(manifest)), Grouped(manifest.rows),
             Grouped(manifest.rejected), Grouped(manifest.catalogue_rows), manifest.model_id,
             parent.empty() ? "" : "  added to   " + parent + "\n", manifest.created_by,
             manifest.photographs.empty() ? "not known" : EscapeForTerminal(manifest.photographs)) +
         FormatTable(rows);
}

Json ValueJson(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::get<std::string>(value);
}

Json FacetJson(const Facet& facet) {
  Json json = {{"column", facet.column.name},
               {"type", ColumnTypeName(facet.column.type)},
               {"items", facet.items},
               {"missing", facet.missing},
               {"distinct", facet.distinct}};
  if (facet.range) json["range"] = {facet.range->first, facet.range->second};
  Json& values = json["values"] = Json::array();
  for (const auto& [value, items] : facet.values) {
    values.push_back({{"value", ValueJson(value)}, {"items", items}});
  }
  return json;
}

// "12 to 85; 20, 35, 50"
std::string Examples(const Facet& facet) {
  std::string text;
  if (facet.range) text = fmt::format("{} to {}; ", facet.range->first, facet.range->second);
  for (size_t i = 0; i < facet.values.size(); ++i) {
    text += (i == 0 ? "" : ", ") +
            CutForDisplay(EscapeForTerminal(ValueText(facet.values[i].first)), kExampleLength);
  }
  return text;
}

std::string ColumnsTable(const std::vector<Facet>& facets) {
  std::vector<Arguments> rows = {{"column", "type", "values", "missing", "most frequent"}};
  for (const Facet& facet : facets) {
    rows.push_back({facet.column.name, std::string(ColumnTypeName(facet.column.type)),
                    Grouped(facet.distinct), Grouped(facet.missing), Examples(facet)});
  }
  return FormatTable(rows);
}

std::string FacetTable(const Facet& facet) {
  std::vector<Arguments> rows = {{facet.column.name, "items"}};
  for (const auto& [value, items] : facet.values) {
    rows.push_back({ValueText(value), Grouped(items)});
  }
  const uint64_t more = facet.distinct - facet.values.size();
  return FormatTable(rows) +
         fmt::format("{} values{}, {} of {} items without one\n", Grouped(facet.distinct),
                     more == 0 ? "" : fmt::format(", {} more (--top)", Grouped(more)),
                     Grouped(facet.missing), Grouped(facet.items));
}

// The columns that --columns or --facets asks for, as positions.
std::vector<size_t> AskedColumns(const MetadataStore& store, const po::variables_map& values) {
  std::vector<size_t> columns;
  if (values.count("facets") != 0) {
    for (const std::string& name : values["facets"].as<Arguments>()) {
      columns.push_back(FindColumn(store.columns(), name, "--facets"));
    }
    return columns;
  }
  for (size_t i = 0; i < store.columns().size(); ++i) {
    if (store.HasAttributes(i)) {
      columns.push_back(i);
    } else {
      Note(fmt::format("column {}: has texts of more than {} bytes, and is not looked into",
                       store.columns()[i].name, kMaxFilterTextBytes));
    }
  }
  return columns;
}

void ShowFacets(const MetadataStore& store, const po::variables_map& values, bool table) {
  Require(store.has_attributes(),
          "the index is of before filters and does not know which items hold what; build it anew");
  const bool one_by_one = values.count("facets") != 0;
  const size_t most = one_by_one ? static_cast<size_t>(IntegerOption(values, "top", 1, kMostValues))
                                 : kColumnExamples;
  const std::vector<size_t> columns = AskedColumns(store, values);
  FilterResult filter;
  const bool filtered = values.count("where") != 0;
  if (filtered) filter = Filter(store, values["where"].as<std::string>());
  for (const std::string& note : filter.notes) Note(note);
  std::vector<Facet> facets;
  for (const size_t column : columns) {
    facets.push_back(CountFacet(store, column, filtered ? &filter.rows : nullptr, most));
  }
  if (!table) {
    for (const Facet& facet : facets) PrintJson(FacetJson(facet));
  } else if (!one_by_one) {
    Print(ColumnsTable(facets));
  } else {
    for (size_t i = 0; i < facets.size(); ++i) Print((i == 0 ? "" : "\n") + FacetTable(facets[i]));
  }
}

int RunList(const Arguments& arguments) {
  po::options_description options, input("Options");
  po::variables_map values;
  AddIndexOption(input);
  input.add_options()("columns", po::bool_switch(), "show the columns of the items' attributes")(
      "facets", po::value<Arguments>()->composing()->value_name("COLUMN"),
      "show a column's values and how many items have each, the most frequent first; repeatable")(
      "where", po::value<std::string>()->value_name("FILTER"),
      "of --columns and --facets: count only the items that this lets through (docs/query.md)")(
      "top", po::value<int64_t>()->default_value(20)->value_name("N"),
      "of --facets: so many values at most");
  AddFormatOption(input);
  options.add(input);
  if (!ParseOptions(arguments, kListPage, options, values)) return 0;
  const bool table = WantsTable(values);
  const bool columns = values["columns"].as<bool>();
  const bool facets = values.count("facets") != 0;
  Require(!columns || !facets, "--columns and --facets: expected one of them, got both");
  Require(facets || !IsFlagGiven("top"), "--top: expected --facets beside it");
  Require(columns || facets || !IsFlagGiven("where"),
          "--where: expected --columns or --facets beside it");
  const Generation generation = Generation::Open(IndexOption(values));
  if (columns || facets) {
    ShowFacets(generation.metadata(), values, table);
  } else if (table) {
    Print(ListTable(generation));
  } else {
    PrintJson(ListJson(generation));
  }
  return 0;
}

}  // namespace

Command ListCommand() { return {.page = kListPage, .run = RunList}; }

}  // namespace csn::cli
