#include <cmath>
#include <cstdint>
#include <optional>

#include "base/text.h"
#include "tools/cli.h"
#include "tools/csn_train.h"

namespace csn::cli {
namespace {

constexpr double kMostMinutes = 100'000;
constexpr int64_t kMostSteps = 1'000'000'000;
constexpr int64_t kMostTriplets = 100'000'000;
constexpr int64_t kPaperTriplets = 50'000;

void AddRecipeOptions(po::options_description& options) {
  options.add_options()(
      "recipe", po::value<std::string>()->default_value("default")->value_name("default|paper"),
      "paper: the paper to the letter, whose values stand for all below that are not "
      "given (docs/training.md)")(
      "masks", po::value<std::string>()->value_name("preinitialised|learned|fixed|none"),
      "what the masks are (default: preinitialised); none: one space for all notions")(
      "specialists", po::bool_switch(),
      "a network a notion, bundled as one model; steps and minutes are for all of them together")(
      "trunk", po::value<std::string>()->value_name("small|resnet18"),
      "small (default), or the paper's")(
      "size", po::value<int64_t>()->value_name("PX"),
      "side of the network's input (default: 64 for small, 112 for resnet18)")(
      "fit", po::value<std::string>()->value_name("pad|crop"),
      "pad (default) shows the whole photograph, crop its middle (the paper's)")(
      "dim", po::value<int64_t>()->value_name("N"), "embedding dimensions (default: 64)")(
      "init", po::value<std::string>()->value_name("FILE"),
      "start a resnet18 from a PyTorch state dict, such as torchvision's of ImageNet")(
      "import-checkpoint", po::value<std::string>()->value_name("FILE"),
      "train nothing: a checkpoint of the paper's reference implementation becomes the model; "
      "notions in the order of its masks")(
      "fixed-triplets", po::value<int64_t>()->value_name("N"),
      "draw so many triplets a notion once, instead of new ones in each batch (default of --recipe "
      "paper: 50000)")(
      "triplets", po::value<std::string>()->value_name("DIR"),
      "take fixed triplets from DIR/tripletlists, laid out as the paper's authors released them; "
      "they say too what trains and what validates (--fixed-triplets: at most N of each list)")(
      "augment", po::value<std::string>()->value_name("shift|mirror|none"),
      "shift mirrors too, and is the default");
}

void AddOptimiserOptions(po::options_description& options) {
  const TrainOptions defaults;
  const auto number = [&](const char* name, const std::string& about, double value) {
    options.add_options()(name, po::value<double>()->value_name("X"),
                          fmt::format("{} (default: {:g})", about, value).c_str());
  };
  options.add_options()(
      "batch", po::value<int64_t>()->value_name("N"),
      "photographs a step (default: a 25th of the training items, 32 to 192), with "
      "--fixed-triplets triplets a step (default: 256)");
  number("learning-rate", "of the trunk", defaults.learning_rate);
  number("mask-learning-rate", "of the masks", defaults.mask_learning_rate);
  number("weight-decay", "of the trunk's kernels, in parts of the learning rate a step",
         defaults.weight_decay);
  options.add_options()("stochastic-depth", po::value<double>()->value_name("P"),
                        "chance of skipping the last block, those before it less (default: by the "
                        "number of epochs, 0 up to 20, 0.12 at 120, 0.2 at most)")(
      "random-erasing", po::value<double>()->value_name("P"),
      "chance of painting over a part of a photograph (default: by the number of epochs, 0 up to "
      "20, 0.5 from 120 on; 0 unless --augment shift)");
  options.add_options()("schedule", po::value<std::string>()->value_name("cosine|exponential"),
                        "of the rates (default: cosine)");
  number("rate-decay", "an epoch, of the exponential schedule", defaults.rate_decay);
  number("margin", "of the triplet loss", defaults.margin);
  number("embedding-weight", "of the embeddings' norm in the loss", defaults.embedding_weight);
  number("mask-weight", "of the masks' norm in the loss", defaults.mask_weight);
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

// What of `options` a flag says otherwise.
void ReadChoices(const po::variables_map& values, TrainOptions& options) {
  const auto text = [&](const char* name) { return values[name].as<std::string>(); };
  if (values.count("trunk") != 0) {
    options.trunk = ParseTrunk(text("trunk"));
    options.preprocessing.size = DefaultInputSize(options.trunk);
  }
  if (values.count("size") != 0) {
    options.preprocessing.size = static_cast<int>(IntegerOption(values, "size", 32, 512));
  }
  if (values.count("fit") != 0) options.preprocessing.fit = ParseFit(text("fit"));
  if (values.count("masks") != 0) options.masks = ParseMaskKind(text("masks"));
  if (values.count("augment") != 0) options.augmentation = ParseAugmentation(text("augment"));
  if (values.count("dim") != 0) options.dim = IntegerOption(values, "dim", 1, 4096);
  if (values.count("init") != 0) options.init = text("init");
  if (values.count("import-checkpoint") != 0) options.import_checkpoint = text("import-checkpoint");
  options.specialists = values["specialists"].as<bool>();
  Require(!options.specialists || values.count("masks") == 0,
          "--specialists and --masks: a network of one notion needs no masks");
}

void ReadOptimiser(const po::variables_map& values, TrainOptions& options) {
  const auto number = [&](const char* name, double low, double high, double& value) {
    if (values.count(name) != 0) value = NumberOption(values, name, low, high);
  };
  number("learning-rate", 0, 10, options.learning_rate);
  number("mask-learning-rate", 0, 10, options.mask_learning_rate);
  number("weight-decay", 0, 1000, options.weight_decay);
  const auto chance = [&](const char* name, double most, std::optional<double>& value) {
    if (values.count(name) != 0) value = NumberOption(values, name, 0, most);
  };
  chance("stochastic-depth", 0.9, options.stochastic_depth);
  chance("random-erasing", 1, options.random_erasing);
  number("rate-decay", 0, 1, options.rate_decay);
  number("margin", 0, 1000, options.margin);
  number("embedding-weight", 0, 1000, options.embedding_weight);
  number("mask-weight", 0, 1000, options.mask_weight);
  if (values.count("schedule") != 0) {
    options.schedule = ParseSchedule(values["schedule"].as<std::string>());
  }
  if (values.count("batch") != 0) {
    options.batch = IntegerOption(values, "batch", kLeastBatch, 65536);
  }
}

void ReadBudget(const po::variables_map& values, TrainOptions& options) {
  const size_t given = values.count("steps") + values.count("epochs") + values.count("images") +
                       values.count("minutes");
  Require(given <= 1, "--steps, --epochs, --images and --minutes: give one of them");
  if (given == 0) return;
  options.steps = 0;
  options.epochs = 0;
  if (values.count("steps") != 0) options.steps = IntegerOption(values, "steps", 1, kMostSteps);
  if (values.count("epochs") != 0) options.epochs = IntegerOption(values, "epochs", 1, kMostSteps);
  if (values.count("images") != 0) options.images = IntegerOption(values, "images", 1, kMostSteps);
  if (values.count("minutes") != 0) {
    options.minutes = NumberOption(values, "minutes", 0.01, kMostMinutes);
    options.max_epochs = INT64_MAX;  // whoever names a time wants it used
  }
}

}  // namespace

void AddTrainOptions(po::options_description& options) {
  po::options_description input("Input and output"), choice("What is learnt"),
      optimiser("How it is learnt"), budget("For how long"), speed("Speed only"), show("Output");
  AddCatalogueOptions(input, "MODEL.rejects.tsv");
  input.add_options()("notion",
                      po::value<std::vector<std::string>>()->required()->value_name("SPEC"),
                      "a notion to learn; repeatable")(
      "model", po::value<std::string>()->required()->value_name("MODEL"), "model file to write")(
      "resume", po::bool_switch(),
      "go on from MODEL.checkpoint, which a run writes after each epoch and removes at its end; "
      "from the beginning where there is none");
  AddRecipeOptions(choice);
  choice.add_options()("seed", po::value<int64_t>()->default_value(1)->value_name("N"),
                       "of weights, order, augmentation, triplets and split")(
      "split-by", po::value<std::string>()->value_name("COLUMN"),
      "items of one value stay on one side of the split (default: each for itself)");
  AddOptimiserOptions(optimiser);
  budget.add_options()("steps", po::value<int64_t>()->value_name("N"), "steps to train")(
      "epochs", po::value<int64_t>()->value_name("N"), "or epochs")(
      "images", po::value<int64_t>()->value_name("N"),
      "or as many steps as show the networks N photographs, repetitions counted")(
      "minutes", po::value<double>()->value_name("M"),
      "or as many steps as fit so many minutes (default: 10, or 200 epochs if those are fewer; of "
      "--recipe paper: 200 epochs)");
  speed.add_options()(
      "cache", po::value<std::string>()->default_value("2G")->value_name("BYTES"),
      "memory for decoded photographs (suffix K, M, G); those beyond it are decoded "
      "at every use");
  speed.add_options()("precision", po::value<std::string>()->value_name("bfloat16|float32"),
                      "what convolutions compute in while they learn (default: bfloat16 where this "
                      "processor has AVX512_BF16, but for --recipe paper)");
  AddDeviceOption(speed);
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(optimiser).add(budget).add(speed).add(show);
}

TrainOptions ReadTrainOptions(const po::variables_map& values) {
  TrainOptions options;
  const bool import = values.count("import-checkpoint") != 0;
  Require(!import || !values["resume"].as<bool>(),
          "--import-checkpoint and --resume: nothing is trained that could go on");
  if (import || ParseRecipe(values["recipe"].as<std::string>()) == Recipe::kPaper) {
    options = PaperOptions();
  }
  ReadChoices(values, options);
  ReadOptimiser(values, options);
  if (values.count("precision") != 0) {
    options.precision = ParsePrecision(values["precision"].as<std::string>());
  } else if (options.recipe != Recipe::kPaper) {
    options.precision = NativePrecision();
  }
  ReadBudget(values, options);
  options.seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  options.threads = ThreadsOption(values);
  options.device = DeviceOption(values);
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
  if (values.count("triplets") != 0) {
    options.triplets = values["triplets"].as<std::string>();
    Require(options.split.by.empty(), "--triplets and --split-by: the triplets split the items");
  }
  if (values.count("fixed-triplets") != 0) {
    options.fixed_triplets = IntegerOption(values, "fixed-triplets", 1, kMostTriplets);
  } else if (train.recipe == Recipe::kPaper && train.import_checkpoint.empty() &&
             options.triplets.empty()) {
    options.fixed_triplets = kPaperTriplets;
  }
  return options;
}

}  // namespace csn::cli
