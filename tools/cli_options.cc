// The option groups that programs share.
#include "base/text.h"
#include "base/utf8.h"
#include "tools/cli.h"

namespace csn::cli {
namespace {

constexpr int64_t kMostThreads = 1024;

std::map<std::string, ColumnType> DeclaredColumns(const po::variables_map& values) {
  std::map<std::string, ColumnType> declared;
  if (values.count("column") == 0) return declared;
  for (const std::string& text : values["column"].as<std::vector<std::string>>()) {
    const size_t colon = text.rfind(':');
    Require(colon != std::string::npos && colon > 0,
            "--column '{}': expected NAME:TYPE, such as price:number", text);
    const bool added =
        declared.emplace(text.substr(0, colon), ParseColumnType(text.substr(colon + 1))).second;
    Require(added, "--column '{}': the column is declared twice", text);
  }
  return declared;
}

}  // namespace

int64_t IntegerOption(const po::variables_map& values, const std::string& name, int64_t low,
                      int64_t high) {
  const int64_t value = values[name].as<int64_t>();
  Require(value >= low && value <= high, "--{}: expected {} to {}, got {}", name, low, high, value);
  return value;
}

double NumberOption(const po::variables_map& values, const std::string& name, double low,
                    double high) {
  const double value = values[name].as<double>();
  // Written so that NaN, which compares with nothing, is refused.
  Require(value >= low && value <= high, "--{}: expected {} to {}, got {}", name, low, high, value);
  return value;
}

void AddThreadsOption(po::options_description& options) {
  options.add_options()("threads", po::value<int64_t>()->default_value(0)->value_name("N"),
                        "threads to use; 0: one a processor");
}

int ThreadsOption(const po::variables_map& values) {
  return static_cast<int>(IntegerOption(values, "threads", 0, kMostThreads));
}

void AddDeviceOption(po::options_description& options, const std::string& what) {
  const std::string text = "for " + what +
                           ": cpu; cuda or cuda:N, that one or none; auto: a CUDA device if one "
                           "can be used, else the processor";
  options.add_options()("device",
                        po::value<std::string>()->default_value("auto")->value_name("DEVICE"),
                        text.c_str());
}

Device DeviceOption(const po::variables_map& values) {
  return ParseDevice(values["device"].as<std::string>());
}

void AddIndexOption(po::options_description& options) {
  options.add_options()("index", po::value<std::string>()->value_name("DIR"),
                        "index directory (default: $CSN_INDEX)");
}

std::string IndexOption(const po::variables_map& values) {
  std::string index = values.count("index") == 0 ? "" : values["index"].as<std::string>();
  Require(!index.empty(),
          "--index DIR is needed, or CSN_INDEX in the environment, or index in the config file");
  return index;
}

void AddFormatOption(po::options_description& options) {
  options.add_options()("format", po::value<std::string>()->value_name("table|jsonl|json"),
                        "how stdout is written (default: a table on a terminal, else JSON lines)");
}

bool WantsTable(const po::variables_map& values) {
  if (values.count("format") == 0) return StdoutIsTerminal();
  const std::string& format = values["format"].as<std::string>();
  Require(format == "table" || format == "jsonl" || format == "json",
          "--format: expected table, jsonl or json, got '{}'", format);
  return format == "table";
}

void AddColumnOptions(po::options_description& options) {
  options.add_options()("column",
                        po::value<std::vector<std::string>>()->composing()->value_name("NAME:TYPE"),
                        "declare a column's type (text, number or list) instead of inferring it; "
                        "repeatable");
  options.add_options()("allow-outside", po::bool_switch(),
                        "follow image paths that lead outside the catalogue's folder");
}

void AddCatalogueOptions(po::options_description& options, const std::string& default_rejects) {
  options.add_options()("catalogue", po::value<std::string>()->required()->value_name("FILE"),
                        "CSV or JSONL file with sku and image columns, or a folder of images");
  AddColumnOptions(options);
  options.add_options()(
      "rejects", po::value<std::string>()->value_name("FILE"),
      ("write rejected rows here: line, sku, reason (default: " + default_rejects + ")").c_str());
}

Catalogue OpenCatalogue(const std::string& path, const po::variables_map& values) {
  return Catalogue::Open(path, {.declared = DeclaredColumns(values),
                                .allow_outside = values["allow-outside"].as<bool>()});
}

std::string RejectPath(const po::variables_map& values, const std::string& fallback) {
  if (values.count("rejects") == 0) return fallback;
  return values["rejects"].as<std::string>();
}

int FinishRejects(const po::variables_map& values, const StreamCounts& counts,
                  const std::string& path) {
  if (counts.rejected == 0) return 0;
  const Reject& first = counts.first_rejected.front();
  ProgressPrinter(values).Warn(fmt::format(
      "{} of {} rows rejected{}; the first: {}{}{}", Grouped(counts.rejected), Grouped(counts.rows),
      path.empty() ? " (--rejects FILE lists them)" : ", listed in " + path,
      first.line == 0 ? "" : fmt::format("line {}: ", first.line),
      first.sku.empty() ? "" : EscapeForTerminal(first.sku) + ": ",
      EscapeForTerminal(first.reason)));
  return 4;
}

}  // namespace csn::cli
