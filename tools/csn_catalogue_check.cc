// csn_catalogue check.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/utf8.h"
#include "indexer/photograph_stream.h"
#include "storage/association.h"
#include "tools/cli.h"
#include "tools/csn_catalogue.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr size_t kSamples = 3;        // values shown of a column
constexpr size_t kSampleLength = 24;  // code points shown of each in a table
constexpr size_t kShownGroups = 3;    // groups of byte-identical photographs shown
constexpr size_t kShownMembers = 4;   // skus shown of each
constexpr double kStrong = 0.3;       // associations from here on are pointed out

const Page kPage = {
    .usage = "csn_catalogue check FILE [options]",
    .summary = "read a catalogue and say what is in it",
    .about =
        "Reads a catalogue and every photograph in it as csn_train and csn_index would: columns\n"
        "and their types, rows that would be rejected and why, photographs that occur twice, and\n"
        "how strongly the columns go together, from 0 (not at all) to 1.",
    .examples =
        "  csn_catalogue check shoes/catalogue.csv\n"
        "      exit status 4 where a row would be rejected\n"
        "  csn_catalogue check shop.jsonl --column size:text --rejects bad.tsv\n"
        "      with size taken as text, and the bad rows listed in bad.tsv\n"
        "  csn_catalogue check photos/ --format json\n"
        "      a folder of images, as one JSON object\n"};

// Photographs with the same bytes.
struct Group {
  uint64_t size = 0;
  std::vector<std::string> skus;  // the first few
};

// What check finds beyond the catalogue's own summaries.
struct Findings {
  StreamCounts counts;
  std::vector<std::vector<std::string>> samples;  // a column's first distinct values
  std::vector<Group> identical;                   // groups of two and more, in the order they begin
  std::vector<size_t> associated;                 // columns, ascending
  std::vector<Association> associations;          // of each pair of them
  std::vector<LeftOutColumn> left_out;
};

bool IsStrong(const Association& association) { return association.value.value_or(0) >= kStrong; }

void AddSamples(const Item& item, std::vector<std::vector<std::string>>& samples) {
  for (size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].size() >= kSamples) continue;
    const std::string text = ValueText(item.values[i]);
    if (!text.empty() && std::ranges::find(samples[i], text) == samples[i].end()) {
      samples[i].push_back(text);
    }
  }
}

Findings Inspect(const Catalogue& catalogue, const StreamOptions& options, RejectFile& rejects,
                 const ProgressSink& progress) {
  Findings findings;
  findings.samples.resize(catalogue.columns().size());
  AssociationCounter associations(catalogue.summaries());
  std::unordered_map<uint64_t, size_t> group_of;
  std::vector<Group> groups;
  findings.counts = StreamPhotographs(
      catalogue, options, rejects,
      [&](PreparedPhotograph&& photograph) {
        AddSamples(photograph.item, findings.samples);
        associations.Add(photograph.item.values);
        const size_t at = group_of.emplace(photograph.hash, groups.size()).first->second;
        if (at == groups.size()) groups.emplace_back();
        ++groups[at].size;
        if (groups[at].skus.size() < kShownMembers) {
          groups[at].skus.push_back(std::move(photograph.item.sku));
        }
      },
      progress, &Stop());
  rejects.Commit();
  for (Group& group : groups) {
    if (group.size > 1) findings.identical.push_back(std::move(group));
  }
  findings.associated = associations.columns();
  findings.associations = associations.Finish();
  findings.left_out = associations.left_out();
  return findings;
}

Json AssociationsJson(const Catalogue& catalogue, const Findings& findings) {
  const std::vector<Column>& columns = catalogue.columns();
  Json associations = Json::array();
  for (const Association& pair : findings.associations) {
    associations.push_back({{"columns", {columns[pair.first].name, columns[pair.second].name}},
                            {"measure", AssociationMeasureName(pair.measure)},
                            {"value", pair.value ? Json(*pair.value) : Json(nullptr)},
                            {"strong", IsStrong(pair)},
                            {"rows", pair.rows}});
  }
  return associations;
}

Json LeftOutJson(const Catalogue& catalogue, const Findings& findings) {
  Json left_out = Json::array();
  for (const LeftOutColumn& column : findings.left_out) {
    left_out.push_back(
        {{"column", catalogue.columns()[column.column].name}, {"reason", column.reason}});
  }
  return left_out;
}

Json FindingsJson(const Catalogue& catalogue, const Findings& findings) {
  Json columns = Json::array(), reasons = Json::array(), groups = Json::array();
  for (size_t i = 0; i < catalogue.summaries().size(); ++i) {
    const ColumnSummary& summary = catalogue.summaries()[i];
    columns.push_back({{"name", summary.column.name},
                       {"type", ColumnTypeName(summary.column.type)},
                       {"present", summary.present},
                       {"missing", summary.missing},
                       {"distinct", summary.distinct},
                       {"samples", findings.samples[i]}});
  }
  for (const Reject& reject : findings.counts.first_rejected) {
    reasons.push_back({{"line", reject.line}, {"sku", reject.sku}, {"reason", reject.reason}});
  }
  for (const Group& group : findings.identical) {
    if (groups.size() < kShownGroups)
      groups.push_back({{"size", group.size}, {"skus", group.skus}});
  }
  return {{"catalogue", catalogue.path()},
          {"rows", findings.counts.rows},
          {"accepted", findings.counts.accepted},
          {"rejected", findings.counts.rejected},
          {"rejected_images", findings.counts.rejected_images},
          {"first_rejected", reasons},
          {"identical_groups", findings.identical.size()},
          {"first_identical", groups},
          {"columns", columns},
          {"associations", AssociationsJson(catalogue, findings)},
          {"associations_left_out", LeftOutJson(catalogue, findings)}};
}

std::string SamplesText(const std::vector<std::string>& samples) {
  std::string text;
  for (const std::string& sample : samples) {
    text += (text.empty() ? "" : ", ") + CutForDisplay(EscapeForTerminal(sample), kSampleLength);
  }
  return text;
}

// A triangle: each column beside those before it, which its head numbers.
std::string AssociationsTable(const Catalogue& catalogue, const Findings& findings) {
  const auto name = [&](size_t column) { return catalogue.columns()[column].name; };
  std::string text;
  if (!findings.associations.empty()) {
    std::vector<Arguments> rows = {{"association"}};
    for (size_t i = 0; i < findings.associated.size(); ++i) {
      if (i > 0) rows[0].push_back(std::to_string(i));
      rows.push_back({fmt::format("{} {}", i + 1, name(findings.associated[i]))});
    }
    auto pair = findings.associations.begin();
    for (size_t row = 2; row < rows.size(); ++row) {
      for (size_t i = 1; i < row; ++i, ++pair) {
        rows[row].push_back(pair->value ? fmt::format("{:.2f}", *pair->value) : "-");
      }
    }
    text += "\n" + FormatTable(rows);
  }
  std::vector<Arguments> notes;
  for (const Association& pair : findings.associations) {
    if (!IsStrong(pair)) continue;
    notes.push_back({fmt::format("  {} and {} go together: {:.2f}", name(pair.first),
                                 name(pair.second), *pair.value)});
  }
  for (const LeftOutColumn& column : findings.left_out) {
    notes.push_back({fmt::format("  without {}: {}", name(column.column), column.reason)});
  }
  return text + FormatTable(notes);
}

std::string FindingsTable(const Catalogue& catalogue, const Findings& findings) {
  const StreamCounts& counts = findings.counts;
  std::vector<Arguments> rows = {{"column", "type", "present", "missing", "distinct", "such as"}};
  for (size_t i = 0; i < catalogue.summaries().size(); ++i) {
    const ColumnSummary& summary = catalogue.summaries()[i];
    rows.push_back({summary.column.name, std::string(ColumnTypeName(summary.column.type)),
                    Grouped(summary.present), Grouped(summary.missing), Grouped(summary.distinct),
                    SamplesText(findings.samples[i])});
  }
  std::string text = FormatTable(rows);
  text += AssociationsTable(catalogue, findings);
  text += fmt::format("\n{} rows: {} good, {} rejected ({} by their image)\n", Grouped(counts.rows),
                      Grouped(counts.accepted), Grouped(counts.rejected),
                      Grouped(counts.rejected_images));
  std::vector<Arguments> reasons;
  for (const Reject& reject : counts.first_rejected) {
    reasons.push_back(
        {fmt::format("  {}{}{}", reject.line == 0 ? "" : fmt::format("line {}: ", reject.line),
                     reject.sku.empty() ? "" : reject.sku + ": ", reject.reason)});
  }
  text += FormatTable(reasons);
  text +=
      fmt::format("{} groups of byte-identical photographs\n", Grouped(findings.identical.size()));
  std::vector<Arguments> groups;
  for (const Group& group : findings.identical) {
    if (groups.size() == kShownGroups) break;
    groups.push_back({fmt::format("  {} times: {}{}", group.size, SamplesText(group.skus),
                                  group.size > group.skus.size() ? ", ..." : "")});
  }
  return text + FormatTable(groups);
}

int RunCheck(const std::vector<std::string>& arguments) {
  po::options_description options, input("Input"), speed("Speed only"), show("Output");
  po::variables_map values;
  AddCatalogueOptions(input, "nowhere");
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(speed).add(show);
  po::positional_options_description positional;
  positional.add("catalogue", 1);
  if (!ParseOptions(arguments, kPage, options, values, positional)) return 0;
  const bool table = WantsTable(values);
  const StreamOptions stream{.threads = ThreadsOption(values)};
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  RejectFile rejects(RejectPath(values, ""));
  Findings findings;
  {
    ProgressPrinter progress(values);
    findings = Inspect(catalogue, stream, rejects, progress.sink());
  }
  if (table) {
    Print(FindingsTable(catalogue, findings));
  } else {
    PrintJson(FindingsJson(catalogue, findings));
  }
  return findings.counts.rejected == 0 ? 0 : 4;
}

}  // namespace

Command CheckCommand() { return {.page = kPage, .run = RunCheck}; }

}  // namespace csn::cli
