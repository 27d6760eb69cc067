#include "embedder/torch/pytorch_file.h"

#include <caffe2/serialize/inline_container.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "embedder/torch/learner.h"
#include "tests/support/test_support.h"
#include "tests/torch/shoe_world.h"

namespace csn {
namespace {

using test::ThrowsError;

// As torch.save writes: a pickle of protocol 2, a record of raw floats for each tensor. Small
// numbers and short texts only.
class TorchSave {
 public:
  explicit TorchSave(const std::string& path) : writer_(path) {}

  void BeginDict() { pickle_ += "ccollections\nOrderedDict\n)R("; }
  void EndDict() { pickle_ += 'u'; }
  void Text(const std::string& text) { pickle_ += 'X' + Number(text.size()) + text; }
  void AddTensor(const std::string& name, const std::vector<int64_t>& shape,
                 const std::vector<float>& values) {
    Text(name);
    pickle_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    Text("storage");
    pickle_ += "ctorch\nFloatStorage\n";
    const std::string key = std::to_string(storages_++);
    Text(key);
    Text("cuda:0");
    pickle_ += 'J' + Number(values.size()) + "tQJ" + Number(0);
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t i = shape.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * shape[i - 1];
    Tuple(shape);
    Tuple(strides);
    pickle_ += "\x89}tR";
    writer_.writeRecord("data/" + key, values.data(), values.size() * sizeof(float));
  }
  void Finish() {
    pickle_ = "\x80\x02" + pickle_ + '.';
    writer_.writeRecord("data.pkl", pickle_.data(), pickle_.size());
    writer_.writeEndOfFile();
  }

 private:
  static std::string Number(size_t value) {
    std::string bytes(4, '\0');
    const auto number = static_cast<uint32_t>(value);
    std::memcpy(bytes.data(), &number, 4);
    return bytes;
  }
  void Tuple(const std::vector<int64_t>& values) {
    pickle_ += '(';
    for (const int64_t value : values) pickle_ += 'J' + Number(static_cast<size_t>(value));
    pickle_ += 't';
  }

  caffe2::serialize::PyTorchStreamWriter writer_;
  std::string pickle_;
  int storages_ = 0;
};

// Our name of a trunk's tensor -> torchvision's.
std::string TheirName(std::string name) {
  for (int block = 0; block < 6; ++block) {
    const std::string ours = fmt::format("blocks.{}.", block);
    if (name.starts_with(ours)) {
      name = fmt::format("layer{}.{}.", block / 2 + 1, block % 2) + name.substr(ours.size());
    }
  }
  for (const auto& [ours, theirs] :
       {std::pair{"downsample_conv", "downsample.0"}, std::pair{"downsample_bn", "downsample.1"}}) {
    if (const size_t at = name.find(ours); at != std::string::npos) {
      name.replace(at, std::strlen(ours), theirs);
    }
  }
  return name;
}

void AddTrunk(const TrunkNet& trunk, const std::string& prefix, const std::string& left_out,
              TorchSave& save) {
  for (const Tensor& tensor : TrunkTensors(trunk)) {
    if (tensor.name == left_out) continue;
    const bool head = tensor.name.starts_with("head.");
    if (head && prefix.empty()) continue;  // torchvision has a classifier instead
    const std::string name = head ? "fc_embed." + tensor.name.substr(5) : TheirName(tensor.name);
    save.AddTensor(prefix + name, tensor.shape, tensor.values);
  }
}

// resnet18's state dict, with some of what is left out.
void SaveStateDict(const std::string& path, const TrunkNet& trunk,
                   const std::string& left_out = "") {
  TorchSave save(path);
  save.BeginDict();
  AddTrunk(trunk, "", left_out, save);
  save.AddTensor("layer4.0.conv1.weight", {2, 2}, {1, 2, 3, 4});
  save.AddTensor("fc.weight", {1, 2}, {5, 6});
  save.EndDict();
  save.Finish();
}

// The reference implementation's checkpoint.
void SaveReference(const std::string& path, const TrunkNet& trunk, const Matrix& masks) {
  TorchSave save(path);
  save.BeginDict();
  save.Text("state_dict");
  save.BeginDict();
  save.AddTensor("embeddingnet.masks.weight",
                 {static_cast<int64_t>(masks.rows()), static_cast<int64_t>(masks.cols())},
                 {masks.data(), masks.data() + masks.rows() * masks.cols()});
  AddTrunk(trunk, "embeddingnet.embeddingnet.", "", save);
  save.EndDict();
  save.EndDict();
  save.Finish();
}

bool SameTensors(const std::vector<Tensor>& a, const std::vector<Tensor>& b, bool head) {
  return std::ranges::equal(a, b, [&](const Tensor& x, const Tensor& y) {
    return x.name == y.name && (x.values == y.values || (!head && x.name.starts_with("head.")));
  });
}

TEST(PyTorchFileTest, AStateDictStartsTheTrunk) {
  const test::TempDir folder;
  torch::manual_seed(5);
  const TrunkNet source(Trunk::kResNet18, 16);
  SaveStateDict(folder / "resnet18.pth", source);
  TrunkNet target(Trunk::kResNet18, 16);
  const std::vector<Tensor> before = TrunkTensors(target);
  ASSERT_FALSE(SameTensors(before, TrunkTensors(source), false));
  InitTrunk(ReadPyTorchWeights(folder / "resnet18.pth"), "resnet18.pth", target);
  const std::vector<Tensor> after = TrunkTensors(target);
  EXPECT_TRUE(SameTensors(after, TrunkTensors(source), false));
  EXPECT_EQ(after.size(), before.size());
  const auto head = std::ranges::find(after, "head.weight", &Tensor::name);
  EXPECT_EQ(head->values, std::ranges::find(before, "head.weight", &Tensor::name)->values);
}

TEST(PyTorchFileTest, ALearnerStartsFromTheFileItsOptionsName) {
  const test::TempDir folder;
  torch::manual_seed(5);
  const TrunkNet source(Trunk::kResNet18, 16);
  SaveStateDict(folder / "resnet18.pth", source);
  TrainOptions options = PaperOptions();
  options.dim = 16;
  EXPECT_FALSE(SameTensors(Learner(options, 2).Tensors(), TrunkTensors(source), false));
  options.init = folder / "resnet18.pth";
  EXPECT_TRUE(SameTensors(Learner(options, 2).Tensors(), TrunkTensors(source), false));
}

TEST(PyTorchFileTest, SaysWhatIsMissingOrOlder) {
  const test::TempDir folder;
  const TrunkNet source(Trunk::kResNet18, 16);
  SaveStateDict(folder / "part.pth", source, "blocks.3.bn2.running_var");
  TrunkNet target(Trunk::kResNet18, 16);
  EXPECT_THAT([&] { InitTrunk(ReadPyTorchWeights(folder / "part.pth"), "part.pth", target); },
              ThrowsError(ErrorCode::kCorruption,
                          "part.pth: tensor blocks.3.bn2.running_var of a resnet18 is missing"));
  test::WriteText(folder / "old.pth", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  EXPECT_THAT([&] { ReadPyTorchWeights(folder / "old.pth"); },
              ThrowsError(ErrorCode::kCorruption, "before 1.6; converted by: python3 -c"));
  test::WriteText(folder / "text.pth", "no weights");
  EXPECT_THAT([&] { ReadPyTorchWeights(folder / "text.pth"); },
              ThrowsError(ErrorCode::kCorruption, "text.pth: not a file of torch.save"));
  test::WriteText(folder / "zip.pth", "PK\x03\x04 and then nothing of use");
  EXPECT_THAT([&] { ReadPyTorchWeights(folder / "zip.pth"); },
              ThrowsError(ErrorCode::kCorruption, "zip.pth: "));
  EXPECT_THAT([&] { ReadPyTorchWeights(folder / "none.pth"); },
              ThrowsError(ErrorCode::kNotFound, "none.pth"));
}

TEST(PyTorchFileTest, TheReferencesCheckpointBecomesAModel) {
  const test::TempDir folder;
  torch::manual_seed(6);
  const TrunkNet source(Trunk::kResNet18, 4);
  Matrix masks(2, 4);
  for (size_t k = 0; k < 4; ++k) {
    masks.Row(0)[k] = k < 2 ? 0.5f : -0.25f;  // as relu leaves it: 0
    masks.Row(1)[k] = 1.0f;
  }
  SaveReference(folder / "model_best.pth.tar", source, masks);
  const test::World& world = test::SharedWorld();
  TrainOptions options = PaperOptions();
  options.preprocessing = world.options.preprocessing;
  options.dim = 4;
  options.import_checkpoint = folder / "model_best.pth.tar";
  const TrainReport report = TrainModel(options, world.data, {});
  EXPECT_TRUE(SameTensors(report.model.tensors, TrunkTensors(source), true));
  EXPECT_EQ(report.model.masks.live_dims(0).size(), 2u);
  EXPECT_EQ(report.model.masks.weights(0)[1], 0.5f);
  EXPECT_EQ(report.model.masks.live_dims(1).size(), 4u);
  EXPECT_EQ(report.model.training.steps, 0);
  EXPECT_EQ(report.model.training.Best().triplet_error.size(), 2u);

  options.dim = 8;
  EXPECT_THAT([&] { TrainModel(options, world.data, {}); },
              ThrowsError(ErrorCode::kCorruption, "head.weight"));
}

}  // namespace
}  // namespace csn
