// Trains a model: catalogue + notions -> model file.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/text.h"
#include "base/thread_pool.h"
#include "embedder/trainer.h"
#include "indexer/training_set.h"
#include "tools/cli.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr double kMostMinutes = 100'000;
constexpr int64_t kMostSteps = 1'000'000'000;

const Page kPage = {
    .usage = "csn_train --catalogue FILE --notion SPEC... --model MODEL [options]",
    .about =
        "Trains a Conditional Similarity Network on a catalogue's photographs and labels: one\n"
        "embedding, and for each notion a mask that says which of its dimensions count. A notion\n"
        "is NAME, NAME=column or NAME=column:numeric[,near=X][,far=Y]. 70 % of the items train,\n"
        "10 % choose the best epoch, 20 % are left for csn_eval. By SIGINT it ends early and "
        "keeps\n"
        "the best model so far.",
    .examples =
        "  csn_train --catalogue shoes/catalogue.csv --notion closure --notion category \\\n"
        "            --model shoes.csn\n"
        "      ten minutes, two notions\n"
        "  csn_train --catalogue shoes/catalogue.csv --notion heel-height=heel_height:numeric \\\n"
        "            --model heels.csn --minutes 2\n"
        "      heels within the 10th percentile of differences are close, beyond the 50th far\n"
        "  csn_train --catalogue shop.csv --notion colour --trunk resnet18 --split-by style \\\n"
        "            --model shop.csn --steps 5000\n"
        "      the paper's trunk; items of one style stay on one side of the split\n"};

void AddOptions(po::options_description& options) {
  po::options_description input("Input and output"), choice("These change results"),
      speed("Speed only"), show("Output");
  AddCatalogueOptions(input, "MODEL.rejects.tsv");
  input.add_options()("notion",
                      po::value<std::vector<std::string>>()->required()->value_name("SPEC"),
                      "a notion to learn; repeatable")(
      "model", po::value<std::string>()->required()->value_name("MODEL"), "model file to write");
  choice.add_options()("trunk",
                       po::value<std::string>()->default_value("small")->value_name("NAME"),
                       "small, or resnet18 (the paper's)")(
      "size", po::value<int64_t>()->value_name("PX"),
      "side of the network's input (default: 64 for small, 112 for resnet18)")(
      "fit", po::value<std::string>()->default_value("pad")->value_name("pad|crop"),
      "pad shows the whole photograph, crop its middle (the paper's)")(
      "dim", po::value<int64_t>()->default_value(64)->value_name("N"), "embedding dimensions")(
      "batch", po::value<int64_t>()->value_name("N"),
      "photographs a step (default: a 25th of the training items, 32 to 192)")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"),
      "of weights, order, augmentation, triplets and split")(
      "steps", po::value<int64_t>()->value_name("N"), "steps to train")(
      "minutes", po::value<double>()->value_name("M"),
      "or as many steps as fit so many minutes (default: 10, or 60 epochs if those are fewer)")(
      "split-by", po::value<std::string>()->value_name("COLUMN"),
      "items of one value stay on one side of the split (default: each for itself)");
  speed.add_options()(
      "cache", po::value<std::string>()->default_value("2G")->value_name("BYTES"),
      "memory for decoded photographs (suffix K, M, G); those beyond it are decoded "
      "at every use");
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(speed).add(show);
}

// "2G", "512M", "1.5G", "100000": bytes, in powers of 1024.
uint64_t ParseBytes(const std::string& text) {
  std::string_view number = text;
  double unit = 1;
  const size_t at = number.empty() ? std::string::npos : std::string("KMGT").find(number.back());
  if (at != std::string::npos) {
    unit = std::pow(1024.0, static_cast<double>(at + 1));
    number.remove_suffix(1);
  }
  const std::optional<double> value = ParseNumber(number);
  Require(value && *value >= 0 && *value * unit < 0x1.0p60,
          "--cache: expected a number of bytes such as 500M or 2G, got '{}'", text);
  return static_cast<uint64_t>(*value * unit);
}

Fit ParseFit(const std::string& name) {
  Require(name == "pad" || name == "crop", "--fit: expected pad or crop, got '{}'", name);
  return name == "pad" ? Fit::kPad : Fit::kCrop;
}

TrainOptions ReadTrainOptions(const po::variables_map& values) {
  Require(values.count("steps") == 0 || values.count("minutes") == 0,
          "--steps and --minutes: give one of them");
  TrainOptions options;
  options.trunk = ParseTrunk(values["trunk"].as<std::string>());
  options.preprocessing = {.size = values.count("size") == 0
                                       ? DefaultInputSize(options.trunk)
                                       : static_cast<int>(IntegerOption(values, "size", 32, 512)),
                           .fit = ParseFit(values["fit"].as<std::string>())};
  options.dim = IntegerOption(values, "dim", 1, 4096);
  if (values.count("batch") != 0)
    options.batch = IntegerOption(values, "batch", kLeastBatch, 65536);
  options.seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  options.threads = ThreadsOption(values);
  if (values.count("steps") != 0) options.steps = IntegerOption(values, "steps", 1, kMostSteps);
  if (values.count("minutes") != 0) {
    options.minutes = NumberOption(values, "minutes", 0.01, kMostMinutes);
    options.max_epochs = INT64_MAX;  // whoever names a time wants it used
  }
  return options;
}

TrainingSetOptions ReadSetOptions(const po::variables_map& values, const TrainOptions& train) {
  TrainingSetOptions options;
  for (const std::string& text : values["notion"].as<std::vector<std::string>>()) {
    options.notions.push_back(ParseNotionSpec(text));
  }
  CheckTrainOptions(train, options.notions.size());
  options.split.seed = train.seed;
  if (values.count("split-by") != 0) options.split.by = values["split-by"].as<std::string>();
  options.stream.preprocessing = train.preprocessing;
  options.stream.threads = train.threads;
  options.cache_bytes = ParseBytes(values["cache"].as<std::string>());
  return options;
}

// Found out before hours of training, not after. Only a model is replaced: a slip in the command
// line must not cost a catalogue.
void RequireWritable(const std::string& model) {
  namespace fs = std::filesystem;
  std::error_code unreadable;  // a place that cannot be looked into fails when it is written to
  const fs::file_status status = fs::status(model, unreadable);
  Require(!fs::is_directory(status), "--model {}: is a folder", model);
  Require(!fs::exists(status) ||
              (fs::is_regular_file(status) && (fs::file_size(model) == 0 || BeginsAsModel(model))),
          "--model {}: holds something else; only a model file is replaced", model);
  const std::string probe = fmt::format("{}.probe.{}", model, getpid());
  const int file = open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    Fail(ErrorCode::kFailed, "--model {}: cannot be written: {}", model, std::strerror(errno));
  }
  close(file);
  unlink(probe.c_str());
}

// Without links and detours, so that two names of one place are equal.
std::filesystem::path FullPath(const std::string& path) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
}

double MeanOf(const std::vector<double>& values) {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

std::string SetLine(const TrainingSet& set, const TrainingSetOptions& options) {
  const size_t used = set.data.train.size() + set.data.validation.size();
  return fmt::format(
      "{} items: {} train, {} choose the best epoch, {} are left for tests; {} of {} photographs "
      "in memory ({} at most)",
      Grouped(set.splits.size()), Grouped(set.data.train.size()),
      Grouped(set.data.validation.size()), Grouped(set.splits.size() - used), Grouped(set.cached),
      Grouped(used), HumanBytes(options.cache_bytes));
}

std::string NotionLine(const Notion& notion) {
  return notion.kind == NotionKind::kNumeric
             ? fmt::format("notion {}: column {}, close within {:.6g}, far from {:.6g} on",
                           notion.name, notion.column, notion.near, notion.far)
             : fmt::format("notion {}: column {}, close where equal", notion.name, notion.column);
}

std::string EpochLine(const EpochReport& report, const std::vector<Notion>& notions) {
  const EpochRecord& record = report.record;
  std::string line =
      fmt::format("epoch {}/{}  loss {:.3f}  error", record.epoch, report.epochs, record.loss);
  for (size_t c = 0; c < notions.size(); ++c) {
    line += fmt::format(" {} {:.1f} %", notions[c].name, 100 * record.triplet_error[c]);
  }
  line += "  live";
  for (const int live : record.live_dims) line += fmt::format(" {}", live);
  line += fmt::format("  {:.0f} images/s  {} left", report.images_per_second,
                      HumanSeconds(report.seconds_left));
  return line + (report.best ? "  best" : "");
}

// What the chosen epoch ended with.
const EpochRecord& BestEpoch(const Model& model) {
  const std::vector<EpochRecord>& history = model.training.history;
  const auto best = std::find_if(history.begin(), history.end(), [&](const EpochRecord& record) {
    return record.epoch == model.training.best_epoch;
  });
  if (best == history.end()) {
    Fail(ErrorCode::kFailed, "training: epoch {} is the best but not in the history",
         model.training.best_epoch);
  }
  return *best;
}

// Fewer than planned where a signal ended it.
uint64_t StepsDone(const Model& model) {
  return static_cast<uint64_t>(model.training.history.back().step);
}

Json ErrorJson(const std::vector<Notion>& notions, const std::vector<double>& errors) {
  Json by_notion = Json::object();
  for (size_t c = 0; c < notions.size(); ++c) by_notion[notions[c].name] = errors[c];
  return {{"mean", MeanOf(errors)}, {"notions", by_notion}};
}

Json ReportJson(const std::string& path, const TrainReport& report, const TrainingSet& set) {
  const Model& model = report.model;
  const EpochRecord& best = BestEpoch(model);
  Json live = Json::object();
  for (size_t c = 0; c < model.notions.size(); ++c) live[model.notions[c].name] = best.live_dims[c];
  const size_t used = set.data.train.size() + set.data.validation.size();
  return {{"model", path},
          {"model_id", model.id},
          {"steps", model.training.steps},
          {"steps_done", StepsDone(model)},
          {"epochs", model.training.history.size()},
          {"best_epoch", model.training.best_epoch},
          {"interrupted", report.interrupted},
          {"triplet_error", ErrorJson(model.notions, best.triplet_error)},
          {"untrained_triplet_error", ErrorJson(model.notions, report.untrained_error)},
          {"live_dims", live},
          {"items",
           {{"train", set.data.train.size()},
            {"validation", set.data.validation.size()},
            {"test", set.splits.size() - used},
            {"rejected", set.counts.rejected}}}};
}

std::string ReportTable(const std::string& path, const TrainReport& report) {
  const Model& model = report.model;
  const EpochRecord& best = BestEpoch(model);
  std::vector<Arguments> rows = {{"notion", "triplet error", "untrained", "live dims"}};
  for (size_t c = 0; c < model.notions.size(); ++c) {
    rows.push_back({model.notions[c].name, fmt::format("{:.1f} %", 100 * best.triplet_error[c]),
                    fmt::format("{:.1f} %", 100 * report.untrained_error[c]),
                    std::to_string(best.live_dims[c])});
  }
  return fmt::format("model  {}\nid     {}\nbest   epoch {} of {} ({} of {} steps)\n\n", path,
                     model.id, model.training.best_epoch, model.training.history.size(),
                     Grouped(StepsDone(model)),
                     Grouped(static_cast<uint64_t>(model.training.steps))) +
         FormatTable(rows);
}

// A model is saved whatever it has learnt: says of which notions that is nothing.
void WarnOfUnlearnt(const TrainReport& report, ProgressPrinter& progress) {
  const EpochRecord& best = BestEpoch(report.model);
  for (size_t c = 0; c < report.model.notions.size(); ++c) {
    const std::string& name = report.model.notions[c].name;
    const double before = report.untrained_error[c], after = best.triplet_error[c];
    if (best.live_dims[c] == 0) {
      progress.Warn(fmt::format("notion {}: no dimension is live, all items tie in it", name));
    } else if (after >= before) {
      progress.Warn(
          fmt::format("notion {}: triplet error {:.1f} %, no lower than untrained "
                      "({:.1f} %)",
                      name, 100 * after, 100 * before));
    }
  }
}

TrainReport Train(const TrainOptions& options, const TrainingSet& set, ProgressPrinter& progress) {
  const std::vector<Notion>& notions = set.data.labels.notions();
  TrainCallbacks callbacks;
  callbacks.note = [&](const std::string& line) { progress.Line(line); };
  callbacks.progress = progress.sink();
  callbacks.epoch = [&](const EpochReport& report) { progress.Line(EpochLine(report, notions)); };
  callbacks.stop = &Stop();
  return TrainModel(options, set.data, callbacks);
}

int Run(const Arguments& arguments) {
  po::options_description options;
  po::variables_map values;
  AddOptions(options);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  RestartWithShortSpins();
  const TrainOptions train = ReadTrainOptions(values);
  const TrainingSetOptions set_options = ReadSetOptions(values, train);
  const bool table = WantsTable(values);
  const std::string path = values["model"].as<std::string>();
  RequireWritable(path);
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  RejectFile rejects(RejectPath(values, path + ".rejects.tsv"));
  Require(FullPath(rejects.path()) != FullPath(path), "--rejects {}: is where --model goes",
          rejects.path());

  TrainingSet set;
  TrainReport report;
  {
    ProgressPrinter progress(values);
    set = MakeTrainingSet(catalogue, set_options, rejects, progress.sink(), &Stop());
    progress.Line(SetLine(set, set_options));
    for (const Notion& notion : set.data.labels.notions()) progress.Line(NotionLine(notion));
    report = Train(train, set, progress);
    WarnOfUnlearnt(report, progress);
  }
  report.model.split = set_options.split;
  report.model.seen_photographs = set.seen_photographs;
  SaveModel(path, report.model);
  rejects.Commit();
  if (report.interrupted) {
    ProgressPrinter(values).Warn(
        fmt::format("stopped by signal {}; {} holds the best model so far, of epoch {}",
                    Stop().signal.load(), path, report.model.training.best_epoch));
  }
  if (table) {
    Print(ReportTable(path, report));
  } else {
    PrintJson(ReportJson(path, report, set));
  }
  const int status = FinishRejects(values, set.counts, rejects.path());
  return report.interrupted ? InterruptedStatus() : status;
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
