#include "embedder/torch/pytorch_file.h"

#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "embedder/internal/state_dict.h"

namespace csn {
namespace {

using caffe2::serialize::PyTorchStreamReader;

// Before names in a checkpoint of the reference implementation.
constexpr std::string_view kReferenceTrunk = "state_dict/embeddingnet.embeddingnet.";
constexpr std::string_view kReferenceMasks = "state_dict/embeddingnet.masks.weight";
constexpr std::string_view kBlocksOfStage = "layer";  // layer1.0, layer1.1, layer2.0, ...
constexpr int kStages = 3, kBlocks = 2;

void CheckFormat(const std::string& path) {
  const std::vector<uint8_t> start = ReadFilePart(path, 0, 4);
  const auto begins = [&](std::string_view magic) {
    return start.size() >= magic.size() &&
           std::memcmp(start.data(), magic.data(), magic.size()) == 0;
  };
  if (begins("PK\x03\x04")) return;
  if (begins("\x80\x02")) {
    Fail(ErrorCode::kCorruption,
         "{0}: in the format of PyTorch before 1.6; converted by: python3 -c \"import torch; "
         "torch.save(torch.load('{0}', map_location='cpu'), '{0}.new')\"",
         path);
  }
  Fail(ErrorCode::kCorruption, "{}: not a file of torch.save", path);
}

// A record of the archive, copied.
std::vector<uint8_t> Record(PyTorchStreamReader& reader, const std::string& name) {
  const auto [data, size] = reader.getRecord(name);
  const auto* bytes = static_cast<const uint8_t*>(data.get());
  return {bytes, bytes + size};
}

// The tensor's numbers, row-major. Only floats: others are counters that play no part.
Tensor ReadTensor(const internal::PickledTensor& pickled, PyTorchStreamReader& reader) {
  if (pickled.type != "FloatStorage") {
    Fail(ErrorCode::kCorruption, "tensor {} is a {}, expected FloatStorage", pickled.name,
         pickled.type);
  }
  const std::vector<uint8_t> bytes = Record(reader, "data/" + pickled.storage);
  Tensor tensor{.name = pickled.name, .shape = pickled.shape, .values = {}};
  const auto elements = static_cast<int64_t>(bytes.size() / sizeof(float));
  int64_t count = 1, last = pickled.offset;
  bool sound = pickled.offset >= 0 && pickled.strides.size() == pickled.shape.size();
  for (size_t i = 0; sound && i < pickled.shape.size(); ++i) {
    const int64_t extent = pickled.shape[i], stride = pickled.strides[i];
    sound = extent > 0 && extent <= elements && stride >= 0 && stride <= elements;
    if (!sound) break;
    count *= extent;
    last += (extent - 1) * stride;
    sound = count <= elements && last < elements;
  }
  if (!sound) Fail(ErrorCode::kCorruption, "tensor {} does not fit its storage", pickled.name);
  tensor.values.resize(static_cast<size_t>(count));
  std::vector<int64_t> at(pickled.shape.size(), 0);
  for (float& value : tensor.values) {
    int64_t element = pickled.offset;
    for (size_t i = 0; i < at.size(); ++i) element += at[i] * pickled.strides[i];
    std::memcpy(&value, bytes.data() + element * static_cast<int64_t>(sizeof value), sizeof value);
    for (size_t i = at.size(); i > 0 && ++at[i - 1] == pickled.shape[i - 1]; --i) at[i - 1] = 0;
  }
  return tensor;
}

// torchvision's name -> ours; nothing for what the trunk has no place for.
std::optional<std::string> OurName(std::string_view name) {
  if (name == "fc_embed.weight") return "head.weight";
  if (name == "fc_embed.bias") return "head.bias";
  if (name.starts_with("conv1.") || name.starts_with("bn1.")) return std::string(name);
  for (int stage = 0; stage < kStages; ++stage) {
    for (int block = 0; block < kBlocks; ++block) {
      const std::string prefix = fmt::format("{}{}.{}.", kBlocksOfStage, stage + 1, block);
      if (!name.starts_with(prefix)) continue;
      std::string rest(name.substr(prefix.size()));
      for (const auto& [theirs, ours] : {std::pair{"downsample.0.", "downsample_conv."},
                                         std::pair{"downsample.1.", "downsample_bn."}}) {
        if (rest.starts_with(theirs)) rest.replace(0, std::strlen(theirs), ours);
      }
      return fmt::format("blocks.{}.{}", stage * kBlocks + block, rest);
    }
  }
  return std::nullopt;
}

PyTorchWeights ReadArchive(const std::string& path) {
  PyTorchStreamReader reader(path);
  PyTorchWeights weights;
  for (const internal::PickledTensor& pickled :
       internal::ReadPickledTensors(Record(reader, "data.pkl"))) {
    if (pickled.name == kReferenceMasks) {
      const Tensor masks = ReadTensor(pickled, reader);
      if (masks.shape.size() != 2) Fail(ErrorCode::kCorruption, "its masks are no table");
      weights.masks =
          Matrix(static_cast<size_t>(masks.shape[0]), static_cast<size_t>(masks.shape[1]));
      std::copy(masks.values.begin(), masks.values.end(), weights.masks.data());
      continue;
    }
    std::string_view name = pickled.name;
    if (name.starts_with(kReferenceTrunk)) name.remove_prefix(kReferenceTrunk.size());
    const std::optional<std::string> ours = OurName(name);
    if (!ours || ours->ends_with("num_batches_tracked")) continue;
    weights.trunk.push_back(ReadTensor(pickled, reader));
    weights.trunk.back().name = *ours;
  }
  if (weights.trunk.empty()) Fail(ErrorCode::kCorruption, "holds no tensor of a resnet18");
  return weights;
}

}  // namespace

PyTorchWeights ReadPyTorchWeights(const std::string& path) {
  CheckFormat(path);
  try {
    return ReadArchive(path);
  } catch (const c10::Error& error) {
    Fail(ErrorCode::kCorruption, "{}: {}", path, error.what_without_backtrace());
  } catch (const Error& error) {
    Fail(ErrorCode::kCorruption, "{}: {}", path, error.what());
  }
}

void InitTrunk(const PyTorchWeights& weights, const std::string& path, TrunkNet& trunk) {
  std::vector<Tensor> tensors = TrunkTensors(trunk);
  const auto find = [&](const std::string& name) {
    return std::ranges::find(weights.trunk, name, &Tensor::name);
  };
  for (Tensor& tensor : tensors) {
    const auto found = find(tensor.name);
    if (found != weights.trunk.end()) {
      tensor = *found;
    } else if (!tensor.name.starts_with("head.")) {
      Fail(ErrorCode::kCorruption, "{}: tensor {} of a resnet18 is missing", path, tensor.name);
    }
  }
  try {
    RestoreTrunk(tensors, trunk);
  } catch (const Error& error) {
    Fail(ErrorCode::kCorruption, "{}: {}", path, error.what());
  }
}

}  // namespace csn
