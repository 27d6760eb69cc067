// A trained model as plain values, and its file. No LibTorch: programs that only look at a model
// need none.
//
// File, little-endian: "CSNMODEL", u32 format version, u32 header bytes, header (JSON), every
// tensor's float32 values in the header's order, the photograph hashes (u64 ascending), then u64
// XXH3-64 of all before it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/image.h"
#include "base/mask.h"
#include "base/notion.h"
#include "embedder/split.h"

namespace csn {

inline constexpr uint32_t kModelFormatVersion = 3;

// Stored by name in model files.
enum class Trunk {
  kSmall,     // "small": half as wide, for training on a processor; 64x64 input by default
  kResNet18,  // "resnet18": ResNet-18 without its last stage, the paper's; 112x112 input by default
};
std::string_view TrunkName(Trunk trunk);
Trunk ParseTrunk(std::string_view name);  // throws Error(kInvalidArgument) naming the choices
int DefaultInputSize(Trunk trunk);

// Where masks start and whether they learn. Stored by name. Source: CSN paper, section 3.2.
enum class MaskKind {
  kPreinitialised,  // "preinitialised": learned, from 1 on slice c of floor(d/C) dimensions, else
                    // 0.1
  kLearned,         // "learned": from N(0.9, 0.7)
  kFixed,           // "fixed": 1 on slice c, else 0
  kNone,            // "none": 1 everywhere, one space for all notions, the standard triplet network
};
std::string_view MaskKindName(MaskKind kind);
MaskKind ParseMaskKind(std::string_view name);  // throws Error(kInvalidArgument) naming the choices

// What one epoch ended with.
struct EpochRecord {
  int64_t epoch = 0;                  // 1-based
  int64_t step = 0;                   // steps done
  double loss = 0;                    // mean over the epoch
  std::vector<double> triplet_error;  // [C], on validation triplets, in [0, 1]
  std::vector<int> live_dims;         // [C]
};

// How the weights came to be; enough to repeat the run.
struct TrainingRecord {
  int64_t steps = 0;
  int64_t batch = 0;
  uint64_t seed = 0;
  int threads = 0;
  std::string recipe = "default";
  MaskKind masks = MaskKind::kPreinitialised;
  uint64_t images = 0;  // photographs that the networks saw, repetitions counted; 0: not recorded
  int64_t fixed_triplets = 0;        // a notion, drawn or given once; 0: drawn in each batch
  std::vector<int64_t> best_epochs;  // [networks] whose weights these are, 1-based
  int64_t train_items = 0;
  int64_t validation_items = 0;
  // Of several networks: an epoch of each, side by side.
  std::vector<EpochRecord> history;

  // What the saved weights were measured with: of several networks, each notion's at its own best
  // epoch, `epoch` and `step` 0. There must be a history.
  EpochRecord Best() const;
};

struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major, the product of `shape` many
};

struct Model {
  Trunk trunk = Trunk::kSmall;
  Preprocessing preprocessing;
  std::vector<Notion> notions;
  MaskTable masks;   // [C, d]
  int networks = 1;  // trunks whose embeddings make up e, one after the other; C specialists or 1
  SplitRule split;
  TrainingRecord training;      // of the network; masks added later are not in its history
  std::string parent;           // id of the model that a mask was added to; empty: trained as it is
  std::vector<Tensor> tensors;  // the trunk's weights; of several, "0.", "1.", ... before each name
  std::vector<uint64_t>
      seen_photographs;  // Hash64 of every photograph trained or validated on, ascending
  std::string id;        // SHA-256 of the file; empty before it is saved

  size_t dim() const { return masks.dim(); }
  // True where the photograph with this hash was trained or validated on: not to be tested on.
  bool HasSeen(uint64_t photograph_hash) const;
};

// Bytes of a model file. Deterministic.
std::vector<uint8_t> FormatModel(const Model& model);
// Throws Error(kCorruption) naming `where` for foreign, truncated, altered or newer bytes. Sets
// `id`.
Model ParseModel(std::span<const uint8_t> bytes, const std::string& where);
// All but `tensors`, `seen_photographs` and `id`, from the file's header and masks; nothing else of
// it is read, and its checksum not looked at. Throws as ParseModel and ReadFile.
Model LoadModelHeader(const std::string& path);

// True where the file begins as a model file of any version does. Throws as ReadFile.
bool BeginsAsModel(const std::string& path);

// Atomic. Sets model.id.
void SaveModel(const std::string& path, Model& model);
Model LoadModel(const std::string& path);

}  // namespace csn
