// Trains a model: catalogue + notions -> model file.
#include "tools/csn_train.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
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

const Page kPage = {
    .usage = "csn_train --catalogue FILE --notion SPEC... --model MODEL [options]",
    .summary = "learn notions of similarity from a catalogue",
    .about =
        "Trains a Conditional Similarity Network on a catalogue's photographs and labels: one\n"
        "embedding, and for each notion a mask that says which of its dimensions count. A notion\n"
        "is NAME, NAME=column or NAME=column:numeric[,near=X][,far=Y]. 70 % of the items train,\n"
        "10 % choose the best epoch, 20 % are left for csn_eval. By SIGINT it ends early and "
        "keeps\n"
        "the best model so far; --resume goes on from where a run was stopped or killed.",
    .examples =
        "  csn_train --catalogue shoes/catalogue.csv --notion closure --notion category \\\n"
        "            --model shoes.csn\n"
        "      ten minutes, two notions\n"
        "  csn_train --catalogue shoes/catalogue.csv --notion heel-height=heel_height:numeric \\\n"
        "            --model heels.csn --minutes 2\n"
        "      heels within the 10th percentile of differences are close, beyond the 50th far\n"
        "  csn_train --catalogue shop.csv --notion colour --trunk resnet18 --split-by style \\\n"
        "            --model shop.csn --steps 5000\n"
        "      the paper's trunk; items of one style stay on one side of the split\n",
    .rivals = {{"steps", "epochs", "images", "minutes"},
               {"masks", "specialists", "import-checkpoint"},
               {"import-checkpoint", "resume"},
               {"import-checkpoint", "init"},
               {"triplets", "split-by"}}};

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
  const size_t first = report.specialist.value_or(0);
  for (size_t c = 0; c < record.triplet_error.size(); ++c) {
    line += fmt::format(" {} {:.1f} %", notions[first + c].name, 100 * record.triplet_error[c]);
  }
  line += "  live";
  for (const int live : record.live_dims) line += fmt::format(" {}", live);
  line += fmt::format("  {:.0f} images/s  {} left", report.images_per_second,
                      HumanSeconds(report.seconds_left));
  return line + (report.best ? "  best" : "");
}

// Fewer than planned where a signal ended it.
uint64_t StepsDone(const Model& model) {
  return static_cast<uint64_t>(model.training.history.back().step) *
         static_cast<uint64_t>(model.networks);
}

// "epoch 7", or of specialists "epochs 7, 9, 4".
std::string BestEpochs(const TrainingRecord& training) {
  const std::vector<int64_t>& best = training.best_epochs;
  return fmt::format("{} {}", best.size() == 1 ? "epoch" : "epochs", fmt::join(best, ", "));
}

// A number, or one for each specialist.
Json BestEpochJson(const TrainingRecord& training) {
  return training.best_epochs.size() == 1 ? Json(training.best_epochs.front())
                                          : Json(training.best_epochs);
}

Json ErrorJson(const std::vector<Notion>& notions, const std::vector<double>& errors) {
  Json by_notion = Json::object();
  for (size_t c = 0; c < notions.size(); ++c) by_notion[notions[c].name] = errors[c];
  return {{"mean", MeanOf(errors)}, {"notions", by_notion}};
}

Json ReportJson(const std::string& path, const TrainReport& report, const TrainingSet& set) {
  const Model& model = report.model;
  const EpochRecord best = model.training.Best();
  Json live = Json::object();
  for (size_t c = 0; c < model.notions.size(); ++c) live[model.notions[c].name] = best.live_dims[c];
  const size_t used = set.data.train.size() + set.data.validation.size();
  return {{"model", path},
          {"model_id", model.id},
          {"steps", model.training.steps},
          {"steps_done", StepsDone(model)},
          {"images", model.training.images},
          {"epochs", model.training.history.size()},
          {"best_epoch", BestEpochJson(model.training)},
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
  const EpochRecord best = model.training.Best();
  std::vector<Arguments> rows = {{"notion", "triplet error", "untrained", "live dims"}};
  for (size_t c = 0; c < model.notions.size(); ++c) {
    rows.push_back({model.notions[c].name, fmt::format("{:.1f} %", 100 * best.triplet_error[c]),
                    fmt::format("{:.1f} %", 100 * report.untrained_error[c]),
                    std::to_string(best.live_dims[c])});
  }
  return fmt::format("model  {}\nid     {}\nbest   {} of {} ({} of {} steps)\n\n", path, model.id,
                     BestEpochs(model.training), model.training.history.size(),
                     Grouped(StepsDone(model)),
                     Grouped(static_cast<uint64_t>(model.training.steps))) +
         FormatTable(rows);
}

// A model is saved whatever it has learnt: says of which notions that is nothing.
void WarnOfUnlearnt(const TrainReport& report, ProgressPrinter& progress) {
  const EpochRecord best = report.model.training.Best();
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

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// All that the course of a run depends on, for RequireSameRun.
std::string DescribeRun(const TrainOptions& options, const TrainingSet& set) {
  const Json run = {{"recipe", RecipeName(options.recipe)},
                    {"trunk", TrunkName(options.trunk)},
                    {"size", options.preprocessing.size},
                    {"fit", FitName(options.preprocessing.fit)},
                    {"masks", MaskKindName(options.masks)},
                    {"specialists", options.specialists},
                    {"init", options.init.empty() ? "" : Sha256(ReadFile(options.init))},
                    {"dim", options.dim},
                    {"batch", options.batch},
                    {"seed", options.seed},
                    {"steps", options.steps},
                    {"epochs", options.epochs},
                    {"images", options.images},
                    {"learning-rate", options.learning_rate},
                    {"mask-learning-rate", options.mask_learning_rate},
                    {"weight-decay", options.weight_decay},
                    {"schedule", ScheduleName(options.schedule)},
                    {"rate-decay", options.rate_decay},
                    {"augment", AugmentationName(options.augmentation)},
                    {"stochastic-depth", OrNull(options.stochastic_depth)},
                    {"random-erasing", OrNull(options.random_erasing)},
                    {"precision", PrecisionName(options.precision)},
                    {"margin", options.margin},
                    {"embedding-weight", options.embedding_weight},
                    {"mask-weight", options.mask_weight},
                    {"threads", options.threads > 0 ? options.threads : DefaultThreads()},
                    {"data", fmt::format("{:016x}", set.Fingerprint())}};
  return run.dump();
}

// The checkpoint to go on from, where there is one and that is wanted.
std::optional<Checkpoint> FindCheckpoint(const std::string& path, bool resume,
                                         const std::string& run, ProgressPrinter& progress) {
  if (!std::filesystem::exists(path)) {
    if (resume) progress.Line(fmt::format("{}: not there, the run begins anew", path));
    return std::nullopt;
  }
  if (!resume) {
    progress.Warn(
        fmt::format("{}: of a run that did not end; --resume goes on with it, this one "
                    "begins anew",
                    path));
    return std::nullopt;
  }
  Checkpoint checkpoint = LoadCheckpoint(path);
  RequireSameRun(checkpoint, run, path);
  const TrainingRecord& training = checkpoint.best.training;
  progress.Line(fmt::format("{}: going on after {} of {} steps{}", path, Grouped(checkpoint.step),
                            Grouped(training.steps),
                            checkpoint.finished.empty() ? ""
                                                        : fmt::format(", {} specialists are done",
                                                                      checkpoint.finished.size())));
  return checkpoint;
}

TrainReport Train(const TrainOptions& options, const TrainingSet& set,
                  const std::string& checkpoint_path, bool resume, ProgressPrinter& progress) {
  const std::vector<Notion>& notions = set.data.labels.notions();
  const std::string run = DescribeRun(options, set);
  const std::optional<Checkpoint> checkpoint =
      FindCheckpoint(checkpoint_path, resume, run, progress);
  TrainCallbacks callbacks;
  callbacks.note = [&](const std::string& line) { progress.Line(line); };
  callbacks.progress = progress.sink();
  callbacks.epoch = [&](const EpochReport& report) { progress.Line(EpochLine(report, notions)); };
  callbacks.checkpoint = [&](Checkpoint&& standing) {
    standing.run = run;
    SaveCheckpoint(checkpoint_path, standing);
  };
  callbacks.stop = &Stop();
  return TrainModel(options, set.data, callbacks, checkpoint ? &*checkpoint : nullptr);
}

int Run(const Arguments& arguments) {
  po::options_description options;
  po::variables_map values;
  AddTrainOptions(options);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  RestartWithShortSpins();
  const TrainOptions train = ReadTrainOptions(values);
  const TrainingSetOptions set_options = ReadSetOptions(values, train);
  const bool table = WantsTable(values);
  const std::string path = values["model"].as<std::string>(), checkpoint = path + ".checkpoint";
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
    for (const std::string& note : set.notes) progress.Line(note);
    if (!train.import_checkpoint.empty()) {
      progress.Warn(
          fmt::format("{}: what it was trained on is not known; the items above that "
                      "train or validate count as seen",
                      train.import_checkpoint));
    }
    report = Train(train, set, checkpoint, values["resume"].as<bool>(), progress);
    WarnOfUnlearnt(report, progress);
  }
  report.model.split = set_options.split;
  report.model.seen_photographs = set.seen_photographs;
  SaveModel(path, report.model);
  rejects.Commit();
  if (report.interrupted) {
    ProgressPrinter(values).Warn(
        fmt::format("stopped by signal {}; {} holds the best model so far, of {}; --resume goes on",
                    Stop().signal.load(), path, BestEpochs(report.model.training)));
  } else {
    std::filesystem::remove(checkpoint);
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
