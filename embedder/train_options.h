// What a training run is asked for. Sources: CSN paper, sections 3 and 4; reference implementation;
// docs/training.md says what the default recipe does otherwise and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/device.h"
#include "embedder/model_file.h"

namespace csn {

inline constexpr int64_t kLeastBatch = 3;  // a triplet's photographs

// In what order and company photographs meet the network.
enum class Recipe {
  kDefault,  // "default": each photograph of a batch is embedded once; L_T is the mean over
             // triplets that violate the margin, L_W the root mean square norm
  kPaper,    // "paper": a pass for each role of a triplet, batch statistics of its own; L_T is the
             // mean over all triplets, L_W the mean of the roles' norms. Fixed triplets only
};

enum class Augmentation {
  kNone,    // "none"
  kMirror,  // "mirror": with probability 0.5
  kShift,   // "shift": that, and a shift of up to a sixteenth of the side
};

// Learning rates over a run.
enum class Schedule {
  kCosine,       // "cosine": half a cosine from the start to 0
  kExponential,  // "exponential": times TrainOptions::rate_decay to the power of the epoch, from 1
};

// What the trunk computes in while it trains; weights, optimiser and all that is evaluated or saved
// are float32 either way.
enum class Precision {
  kFloat32,   // "float32"
  kBfloat16,  // "bfloat16": its convolutions, by LibTorch's autocasting
};

std::string_view RecipeName(Recipe recipe);
std::string_view AugmentationName(Augmentation augmentation);
std::string_view ScheduleName(Schedule schedule);
std::string_view PrecisionName(Precision precision);
// Throw Error(kInvalidArgument) naming the choices.
Recipe ParseRecipe(std::string_view name);
Augmentation ParseAugmentation(std::string_view name);
Schedule ParseSchedule(std::string_view name);
Precision ParsePrecision(std::string_view name);
// kBfloat16 where this processor has instructions for it (AVX512_BF16), which nearly double the
// speed; without them it would be slower.
Precision NativePrecision();

struct TrainOptions {
  // These change results.
  Recipe recipe = Recipe::kDefault;
  Trunk trunk = Trunk::kSmall;
  Preprocessing preprocessing{.size = 64, .fit = Fit::kPad};
  MaskKind masks = MaskKind::kPreinitialised;
  // A network a notion, each with an embedding of `dim` of its own, bundled as one model of C * dim
  // dimensions with block masks; `masks` counts for nothing. `steps` and `minutes` are for all of
  // them together.
  bool specialists = false;
  int64_t dim = 64;  // d, the embedding
  // A PyTorch file that the trunk starts from, ResNet-18 only (embedder/torch/pytorch_file.h);
  // empty: from the seed.
  std::string init;
  // A checkpoint of the reference implementation that becomes the model as it is, masks included:
  // nothing is trained, `dim` and `masks` count for nothing. Empty: none.
  std::string import_checkpoint;
  // Photographs a step; with fixed triplets, triplets a step. 0: a 25th of the training items, 32
  // at least and 192 at most, so that small catalogues still take enough steps; 256 triplets.
  int64_t batch = 0;
  uint64_t seed = 1;   // weights, order, augmentation, triplets
  int64_t steps = 0;   // 0: by `epochs`
  int64_t epochs = 0;  // 0: by `images`
  int64_t images = 0;  // photographs that the network sees, repetitions counted, all specialists
                       // together; rounded to whole steps. 0: as many steps as fit `minutes`
  double learning_rate = 1e-3;       // Adam
  double mask_learning_rate = 1e-2;  // the same for masks
  // Of the trunk's kernels, in parts of the learning rate a step, apart from the gradient (AdamW:
  // Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019).
  double weight_decay = 2;
  Schedule schedule = Schedule::kCosine;
  double rate_decay = 0.985;  // of Schedule::kExponential
  Augmentation augmentation = Augmentation::kShift;
  // The chance that the last block of the trunk is skipped for a photograph in a step, those before
  // it in proportion to their place (Huang et al., Deep Networks with Stochastic Depth, 2016); and
  // that a rectangle of a photograph is painted over (Zhong et al., Random Erasing Data
  // Augmentation, 2020). Empty: by the number of epochs (Regularised).
  std::optional<double> stochastic_depth;
  std::optional<double> random_erasing;
  Precision precision = Precision::kFloat32;
  double margin = 0.2;
  double embedding_weight = 5e-3;  // of L_W
  double mask_weight = 5e-4;       // of L_M
  // Time to plan for where none of those is given, evaluation included; and the most
  // epochs that are worth while.
  double minutes = 10;
  int64_t max_epochs = 200;
  // Repeats exactly only with the same count, on the same kind of device.
  int threads = 0;  // 0: all processors
  Device device = {};
};

// The paper's and its reference implementation's: ResNet-18 at 112 pixels, the photograph's middle,
// masks learned from N(0.9, 0.7), mirrored photographs, 256 triplets a step, Adam at 5e-5 for all,
// 200 epochs.
TrainOptions PaperOptions();

// The options with stochastic_depth and random_erasing chosen for a run that sees every photograph
// so many times, where they are empty: nothing up to 20 times, in which photographs are not learnt
// by heart; from there on in proportion, 0.12 and 0.5 at 120, and 0.2 and 0.5 at most. Without
// Augmentation::kShift nothing is chosen. docs/training.md has the measurements.
TrainOptions Regularised(TrainOptions options, double epochs);

// Throws Error(kInvalidArgument) where training with so many notions would refuse the options.
void CheckTrainOptions(const TrainOptions& options, size_t notions);

}  // namespace csn
