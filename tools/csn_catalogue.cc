// Makes, shows and checks catalogues.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/file.h"
#include "base/random.h"
#include "base/utf8.h"
#include "indexer/photograph_stream.h"
#include "storage/association.h"
#include "tools/cli.h"
#include "tools/draw/contact_sheet.h"
#include "tools/draw/shoe_catalogue.h"
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

const Page kCheckPage = {
    .usage = "csn_catalogue check FILE [options]",
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

const Page kShoesPage = {
    .usage = "csn_catalogue shoes --out DIR [options]",
    .about =
        "Draws a catalogue of shoes whose labels are exactly known: category, closure, heel\n"
        "height in cm, toe shape, colour and price, independent of each other. The same seed\n"
        "gives the same bytes.",
    .examples =
        "  csn_catalogue shoes --out shoes\n"
        "      2,000 shoes: shoes/catalogue.csv and shoes/images/\n"
        "  csn_catalogue shoes --out small --count 150\n"
        "      the first 150 of them\n"
        "  csn_catalogue shoes --out others --seed 2 --size 320\n"
        "      other shoes, 320 pixels a side\n"};

const Page kGalleryPage = {.usage = "csn_catalogue gallery FILE --out PNG [options]",
                           .about =
                               "Lays photographs of a catalogue, picked by seed, side by side on "
                               "one picture, each padded\n"
                               "to a square. Rows without a readable photograph are passed over.",
                           .examples =
                               "  csn_catalogue gallery shoes/catalogue.csv --out shoes.png\n"
                               "      12 x 5 photographs of 120 pixels\n"
                               "  csn_catalogue gallery --catalogue photos/ --out more.png "
                               "--columns 20 --rows 20 --side 64\n"
                               "      400 smaller ones of a folder of images\n"
                               "  csn_catalogue gallery shop.jsonl --out other.png --seed 2\n"
                               "      other ones\n"};

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

int Check(const Arguments& arguments) {
  po::options_description options, input("Input"), speed("Speed only"), show("Output");
  po::variables_map values;
  AddCatalogueOptions(input, "nowhere");
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(speed).add(show);
  po::positional_options_description positional;
  positional.add("catalogue", 1);
  if (!ParseOptions(arguments, kCheckPage, options, values, positional)) return 0;
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

int Shoes(const Arguments& arguments) {
  po::options_description options, choice("What to draw"), show("Speed and output");
  po::variables_map values;
  choice.add_options()("out", po::value<std::string>()->required()->value_name("DIR"),
                       "folder to make the catalogue in")(
      "count", po::value<int64_t>()->default_value(2000)->value_name("N"), "shoes")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"), "draws them")(
      "size", po::value<int64_t>()->default_value(160)->value_name("N"),
      "pixels a side, 64 to 1024");
  AddThreadsOption(show);
  AddProgressOption(show);
  options.add(choice).add(show);
  if (!ParseOptions(arguments, kShoesPage, options, values)) return 0;
  const std::string folder = values["out"].as<std::string>();
  const auto count = static_cast<size_t>(IntegerOption(values, "count", 1, 10'000'000));
  {
    ProgressPrinter progress(values);
    WriteShoeCatalogue({.count = count,
                        .seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX)),
                        .directory = folder,
                        .size = static_cast<int>(IntegerOption(values, "size", 64, 1024)),
                        .threads = ThreadsOption(values),
                        .progress = progress.sink(),
                        .stop = &Stop()});
  }
  ProgressPrinter(values).Line(fmt::format("{}/catalogue.csv: {} shoes", folder, Grouped(count)));
  return 0;
}

// The photographs of up to `count` rows in an order drawn by `seed`, [side, side, 3] each.
std::vector<std::vector<uint8_t>> PickPhotographs(const Catalogue& catalogue, size_t count,
                                                  int side, uint64_t seed,
                                                  const ProgressSink& progress) {
  std::vector<std::string> paths;
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t) {
    if (const Item* item = std::get_if<Item>(&row)) paths.push_back(catalogue.ImagePath(*item));
    return true;
  });
  Rng rng(seed);
  rng.Shuffle(paths);
  std::vector<std::vector<uint8_t>> photographs;
  for (const std::string& path : paths) {
    if (photographs.size() == count) break;
    ThrowIfStopped(&Stop());
    try {
      photographs.push_back(PrepareImage(ReadImageFile(path), {.size = side, .fit = Fit::kPad}));
      if (progress) progress({"reading photographs", photographs.size(), count, "photographs"});
    } catch (const Error&) {
      continue;  // csn_catalogue check says what is wrong with it
    }
  }
  return photographs;
}

// Nothing but a picture is replaced by one.
void CheckReplaceable(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  Require(std::filesystem::is_regular_file(path, error), "--out {}: not a regular file", path);
  const std::vector<uint8_t> bytes = ReadFile(path);
  const std::vector<uint8_t> png = {0x89, 'P', 'N', 'G'};
  Require(bytes.empty() || (bytes.size() >= 4 && std::equal(png.begin(), png.end(), bytes.begin())),
          "--out {}: holds something else than a PNG picture; name another file or remove it",
          path);
}

int Gallery(const Arguments& arguments) {
  po::options_description options, input("Input"), sheet("Picture"), show("Output");
  po::variables_map values;
  input.add_options()("catalogue", po::value<std::string>()->required()->value_name("FILE"),
                      "CSV or JSONL file with sku and image columns, or a folder of images");
  AddColumnOptions(input);
  const auto number = [](int64_t fallback) {
    return po::value<int64_t>()->default_value(fallback)->value_name("N");
  };
  sheet.add_options()("out", po::value<std::string>()->required()->value_name("PNG"),
                      "file to write")("columns", number(12), "photographs side by side, 1 to 100")(
      "rows", number(5), "and one above the other, 1 to 100; fewer where there are no more")(
      "side", number(120), "pixels of a photograph, 16 to 512")("seed", number(1), "picks them");
  AddProgressOption(show);
  options.add(input).add(sheet).add(show);
  po::positional_options_description positional;
  positional.add("catalogue", 1);
  if (!ParseOptions(arguments, kGalleryPage, options, values, positional)) return 0;
  const int columns = static_cast<int>(IntegerOption(values, "columns", 1, 100));
  const auto rows = static_cast<size_t>(IntegerOption(values, "rows", 1, 100));
  const int side = static_cast<int>(IntegerOption(values, "side", 16, 512));
  const auto seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  const std::string out = values["out"].as<std::string>();
  CheckReplaceable(out);
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  ProgressPrinter progress(values);
  const auto photographs = PickPhotographs(catalogue, columns * rows, side, seed, progress.sink());
  if (photographs.empty()) {
    Fail(ErrorCode::kFailed, "{}: no row has a readable photograph", catalogue.path());
  }
  WriteFileAtomically(out, EncodePng(ContactSheet(photographs, side, columns)));
  progress.Line(fmt::format("{}: {} photographs", out, Grouped(photographs.size())));
  return 0;
}

int Run(const Arguments& arguments) {
  return RunCommand(
      arguments,
      {.usage = "csn_catalogue COMMAND [options]",
       .about = "Makes, shows and checks catalogues: CSV or JSONL files with sku and image\n"
                "columns, or folders of images.",
       .examples = "  csn_catalogue shoes --out shoes --count 500\n"
                   "  csn_catalogue check shoes/catalogue.csv\n"
                   "  csn_catalogue check photos/ --format json\n"},
      {{"shoes", "draw a catalogue of shoes with exactly known labels", Shoes},
       {"gallery", "lay photographs of a catalogue on one picture", Gallery},
       {"check", "read a catalogue and say what is in it", Check}});
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
