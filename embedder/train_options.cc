#include "embedder/train_options.h"

#include <algorithm>

#include "base/enum_names.h"
#include "base/error.h"

namespace csn {
namespace {

constexpr EnumNames<Recipe, 2> kRecipes{
    "recipe", {{{Recipe::kDefault, "default"}, {Recipe::kPaper, "paper"}}}};
constexpr EnumNames<Augmentation, 3> kAugmentations{"augmentation",
                                                    {{{Augmentation::kNone, "none"},
                                                      {Augmentation::kMirror, "mirror"},
                                                      {Augmentation::kShift, "shift"}}}};
constexpr EnumNames<Schedule, 2> kSchedules{
    "schedule", {{{Schedule::kCosine, "cosine"}, {Schedule::kExponential, "exponential"}}}};
constexpr EnumNames<Precision, 2> kPrecisions{
    "precision", {{{Precision::kFloat32, "float32"}, {Precision::kBfloat16, "bfloat16"}}}};

// Of Regularised.
constexpr double kEpochsWithout = 20, kEpochsOfMeasure = 120;
constexpr double kDepthAtMeasure = 0.12, kMostDepth = 0.2;
constexpr double kErasingAtMeasure = 0.5, kMostErasing = 0.5;

}  // namespace

std::string_view RecipeName(Recipe recipe) { return kRecipes.Name(recipe); }
std::string_view AugmentationName(Augmentation value) { return kAugmentations.Name(value); }
std::string_view ScheduleName(Schedule schedule) { return kSchedules.Name(schedule); }
std::string_view PrecisionName(Precision precision) { return kPrecisions.Name(precision); }
Recipe ParseRecipe(std::string_view name) { return kRecipes.Parse(name); }
Augmentation ParseAugmentation(std::string_view name) { return kAugmentations.Parse(name); }
Schedule ParseSchedule(std::string_view name) { return kSchedules.Parse(name); }
Precision ParsePrecision(std::string_view name) { return kPrecisions.Parse(name); }

Precision NativePrecision() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512bf16")) return Precision::kBfloat16;
#endif
  return Precision::kFloat32;
}

TrainOptions PaperOptions() {
  TrainOptions options;
  options.recipe = Recipe::kPaper;
  options.trunk = Trunk::kResNet18;
  options.preprocessing = {.size = 112, .fit = Fit::kCrop};
  options.masks = MaskKind::kLearned;
  options.batch = 256;
  options.epochs = 200;
  options.learning_rate = 5e-5;
  options.mask_learning_rate = 5e-5;
  options.weight_decay = 0;
  options.schedule = Schedule::kExponential;
  options.augmentation = Augmentation::kMirror;
  return options;
}

TrainOptions Regularised(TrainOptions options, double epochs) {
  const double part =
      options.augmentation == Augmentation::kShift
          ? std::max(0.0, (epochs - kEpochsWithout) / (kEpochsOfMeasure - kEpochsWithout))
          : 0;
  if (!options.stochastic_depth) {
    options.stochastic_depth = std::min(kMostDepth, part * kDepthAtMeasure);
  }
  if (!options.random_erasing) {
    options.random_erasing = std::min(kMostErasing, part * kErasingAtMeasure);
  }
  return options;
}

void CheckTrainOptions(const TrainOptions& options, size_t notions) {
  Require(options.batch == 0 || options.batch >= kLeastBatch,
          "training: a batch of {}; a triplet takes {} photographs", options.batch, kLeastBatch);
  Require(options.steps >= 0, "training: {} steps", options.steps);
  Require(options.epochs >= 0, "training: {} epochs", options.epochs);
  Require(options.images >= 0, "training: {} images", options.images);
  Require(options.steps > 0 || options.epochs > 0 || options.images > 0 || options.minutes > 0,
          "training: {} minutes", options.minutes);
  Require(notions > 0, "training: no notion");
  Require(options.specialists || options.dim >= static_cast<int64_t>(notions),
          "training: an embedding of {} dimensions (--dim) for {} notions; expected at least one a "
          "notion",
          options.dim, notions);
  Require((options.init.empty() && options.import_checkpoint.empty()) ||
              options.trunk == Trunk::kResNet18,
          "training: weights of PyTorch are for --trunk resnet18, not {}",
          TrunkName(options.trunk));
  Require(options.import_checkpoint.empty() || (options.init.empty() && !options.specialists),
          "training: --import-checkpoint brings all weights of one network; --init and "
          "--specialists do not go with it");
  Require(options.preprocessing.size >= 32 && options.preprocessing.size <= 512,
          "training: input size {}; 32 to 512 pixels are possible", options.preprocessing.size);
}

}  // namespace csn
