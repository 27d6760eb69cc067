#include "embedder/model_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/enum_names.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "CSNMODEL";
constexpr char kMasks[] = "masks";
// The first versions whose headers name a parent; networks, recipe, mask kind and images seen.
constexpr uint32_t kParentVersion = 2;
constexpr uint32_t kSystemVersion = 3;

constexpr EnumNames<Trunk, 2> kTrunks{"trunk",
                                      {{{Trunk::kSmall, "small"}, {Trunk::kResNet18, "resnet18"}}}};
constexpr EnumNames<MaskKind, 4> kMaskKinds{"kind of masks",
                                            {{{MaskKind::kPreinitialised, "preinitialised"},
                                              {MaskKind::kLearned, "learned"},
                                              {MaskKind::kFixed, "fixed"},
                                              {MaskKind::kNone, "none"}}}};
constexpr size_t kPreludeBytes = kMagic.size() + 2 * sizeof(uint32_t);
constexpr size_t kTrailerBytes = sizeof(uint64_t);

template <typename T>
void AppendRaw(std::vector<uint8_t>& bytes, const T* values, size_t count) {
  const auto* begin = reinterpret_cast<const uint8_t*>(values);
  bytes.insert(bytes.end(), begin, begin + count * sizeof(T));
}

template <typename T>
T ReadRaw(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

size_t ElementCount(const std::vector<int64_t>& shape) {
  size_t count = 1;
  for (const int64_t extent : shape) {
    const bool fits = extent >= 0 && extent <= (int64_t{1} << 32) &&
                      (extent == 0 || count <= (size_t{1} << 40) / static_cast<size_t>(extent));
    if (!fits) Fail(ErrorCode::kCorruption, "a tensor of impossible shape");
    count *= static_cast<size_t>(extent);
  }
  return count;
}

Json NotionToJson(const Notion& notion) {
  Json json{{"name", notion.name}, {"column", notion.column}};
  if (notion.kind == NotionKind::kNumeric) {
    json["kind"] = "numeric";
    json["near"] = notion.near;
    json["far"] = notion.far;
  } else {
    json["kind"] = "categorical";
  }
  return json;
}

Notion NotionFromJson(const Json& json) {
  Notion notion{.name = json.at("name"), .column = json.at("column")};
  const std::string kind = json.at("kind");
  if (kind == "numeric") {
    notion.kind = NotionKind::kNumeric;
    notion.near = json.at("near");
    notion.far = json.at("far");
  } else if (kind != "categorical") {
    Fail(ErrorCode::kCorruption, "notion {} of unknown kind \"{}\"", notion.name, kind);
  }
  return notion;
}

Json TrainingToJson(const TrainingRecord& record) {
  Json history = Json::array();
  for (const EpochRecord& epoch : record.history) {
    history.push_back({{"epoch", epoch.epoch},
                       {"step", epoch.step},
                       {"loss", epoch.loss},
                       {"triplet_error", epoch.triplet_error},
                       {"live_dims", epoch.live_dims}});
  }
  return {{"steps", record.steps},
          {"batch", record.batch},
          {"seed", record.seed},
          {"threads", record.threads},
          {"recipe", record.recipe},
          {"masks", MaskKindName(record.masks)},
          {"images", record.images},
          {"fixed_triplets", record.fixed_triplets},
          {"best_epochs", record.best_epochs},
          {"train_items", record.train_items},
          {"validation_items", record.validation_items},
          {"history", std::move(history)}};
}

TrainingRecord TrainingFromJson(const Json& json, uint32_t version) {
  TrainingRecord record;
  record.steps = json.at("steps");
  record.batch = json.at("batch");
  record.seed = json.at("seed");
  record.threads = json.at("threads");
  if (version >= kSystemVersion) {
    record.recipe = json.at("recipe");
    record.masks = ParseMaskKind(json.at("masks").get<std::string>());
    record.images = json.at("images");
    record.fixed_triplets = json.value("fixed_triplets", int64_t{0});
    record.best_epochs = json.at("best_epochs").get<std::vector<int64_t>>();
  } else if (const int64_t best = json.at("best_epoch"); best > 0) {
    record.best_epochs = {best};
  }
  record.train_items = json.at("train_items");
  record.validation_items = json.at("validation_items");
  for (const Json& epoch : json.at("history")) {
    record.history.push_back({.epoch = epoch.at("epoch"),
                              .step = epoch.at("step"),
                              .loss = epoch.at("loss"),
                              .triplet_error = epoch.at("triplet_error"),
                              .live_dims = epoch.at("live_dims")});
  }
  return record;
}

Json HeaderOf(const Model& model) {
  Json notions = Json::array();
  for (const Notion& notion : model.notions) notions.push_back(NotionToJson(notion));
  Json tensors = Json::array();
  tensors.push_back({{"name", kMasks}, {"shape", {model.masks.notion_count(), model.dim()}}});
  for (const Tensor& tensor : model.tensors) {
    tensors.push_back({{"name", tensor.name}, {"shape", tensor.shape}});
  }
  return {
      {"trunk", TrunkName(model.trunk)},
      {"input", {{"size", model.preprocessing.size}, {"fit", FitName(model.preprocessing.fit)}}},
      {"notions", std::move(notions)},
      {"networks", model.networks},
      {"split", {{"seed", model.split.seed}, {"by", model.split.by}}},
      {"training", TrainingToJson(model.training)},
      {"parent", model.parent},
      {"tensors", std::move(tensors)},
      {"photographs", model.seen_photographs.size()}};
}

Fit ParseFit(const std::string& name) {
  for (const Fit fit : {Fit::kPad, Fit::kCrop}) {
    if (name == FitName(fit)) return fit;
  }
  Fail(ErrorCode::kCorruption, "unknown fit \"{}\"", name);
}

// Reads what follows the header, piece by piece, never beyond the end.
class Body {
 public:
  explicit Body(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  template <typename T>
  std::vector<T> Take(size_t count) {
    if (count > bytes_.size() / sizeof(T)) {
      Fail(ErrorCode::kCorruption, "{} values expected where {} bytes are left", count,
           bytes_.size());
    }
    std::vector<T> values(count);
    // An empty vector has no storage, and memcpy takes no null pointer even for no bytes.
    if (count > 0) std::memcpy(values.data(), bytes_.data(), count * sizeof(T));
    bytes_ = bytes_.subspan(count * sizeof(T));
    return values;
  }
  size_t left() const { return bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
};

MaskTable MasksFrom(const Tensor& tensor, size_t notions) {
  if (tensor.name != kMasks || tensor.shape.size() != 2 ||
      tensor.shape[0] != static_cast<int64_t>(notions) || tensor.shape[1] < 1) {
    Fail(ErrorCode::kCorruption, "no masks of {} notions", notions);
  }
  Matrix weights(notions, static_cast<size_t>(tensor.shape[1]));
  std::copy(tensor.values.begin(), tensor.values.end(), weights.data());
  return MaskTable(std::move(weights));
}

// What the header says of the tensor at `position`, without its values.
Tensor TensorFrom(const Json& header, size_t position) {
  const Json& entry = header.at("tensors").at(position);
  return {.name = entry.at("name"), .shape = entry.at("shape"), .values = {}};
}

// So that TrainingRecord::Best can trust its numbers.
void CheckBestEpochs(const TrainingRecord& record, int networks) {
  const std::vector<int64_t>& best = record.best_epochs;
  if (best.empty()) return;
  bool sound = best.size() == static_cast<size_t>(networks);
  for (const int64_t epoch : best) {
    sound = sound && epoch >= 1 && static_cast<size_t>(epoch) <= record.history.size();
  }
  for (const EpochRecord& epoch : record.history) {
    sound =
        sound && epoch.triplet_error.size() >= best.size() && epoch.live_dims.size() >= best.size();
  }
  if (!sound) Fail(ErrorCode::kCorruption, "best epochs that are not in the history");
}

// Masks stand first among the tensors, `body` begins with them.
Model FromHeaderAndMasks(const Json& header, uint32_t version, Body& body) {
  Model model;
  model.trunk = ParseTrunk(header.at("trunk").get<std::string>());
  model.preprocessing = {.size = header.at("input").at("size"),
                         .fit = ParseFit(header.at("input").at("fit"))};
  if (model.preprocessing.size < 1 || model.preprocessing.size > 4096) {
    Fail(ErrorCode::kCorruption, "input size {}", model.preprocessing.size);
  }
  for (const Json& notion : header.at("notions")) model.notions.push_back(NotionFromJson(notion));
  model.split = {.seed = header.at("split").at("seed"), .by = header.at("split").at("by")};
  model.training = TrainingFromJson(header.at("training"), version);
  if (version >= kSystemVersion) model.networks = header.at("networks");
  if (version >= kParentVersion) model.parent = header.at("parent");
  Tensor masks = TensorFrom(header, 0);
  masks.values = body.Take<float>(ElementCount(masks.shape));
  model.masks = MasksFrom(masks, model.notions.size());
  if (model.networks < 1 || model.dim() % static_cast<size_t>(model.networks) != 0) {
    Fail(ErrorCode::kCorruption, "{} networks for an embedding of {} dimensions", model.networks,
         model.dim());
  }
  CheckBestEpochs(model.training, model.networks);
  return model;
}

Model FromHeaderAndBody(const Json& header, uint32_t version, Body body) {
  Model model = FromHeaderAndMasks(header, version, body);
  for (size_t i = 1; i < header.at("tensors").size(); ++i) {
    Tensor tensor = TensorFrom(header, i);
    tensor.values = body.Take<float>(ElementCount(tensor.shape));
    model.tensors.push_back(std::move(tensor));
  }
  model.seen_photographs = body.Take<uint64_t>(header.at("photographs").get<size_t>());
  if (body.left() != 0) Fail(ErrorCode::kCorruption, "{} bytes too many", body.left());
  if (!std::is_sorted(model.seen_photographs.begin(), model.seen_photographs.end())) {
    Fail(ErrorCode::kCorruption, "photograph hashes out of order");
  }
  return model;
}

bool HasMagic(std::span<const uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

struct Prelude {
  uint32_t version = kModelFormatVersion;
  size_t header_bytes = 0;
};

// The checks that come before anything else of a file is looked at.
Prelude CheckPrelude(std::span<const uint8_t> bytes, const std::string& where) {
  if (!HasMagic(bytes)) {
    Fail(ErrorCode::kCorruption, "model {}: not a model file (it does not begin with {})", where,
         kMagic);
  }
  if (bytes.size() < kPreludeBytes) {
    Fail(ErrorCode::kCorruption, "model {}: truncated, only {} bytes", where, bytes.size());
  }
  const auto version = ReadRaw<uint32_t>(bytes.data() + kMagic.size());
  if (version < 1 || version > kModelFormatVersion) {
    Fail(ErrorCode::kCorruption, "model {}: format version {}, this build reads up to {}", where,
         version, kModelFormatVersion);
  }
  return {version, ReadRaw<uint32_t>(bytes.data() + kMagic.size() + sizeof(uint32_t))};
}

// The checks that come before any content is believed.
Prelude CheckFrame(std::span<const uint8_t> bytes, const std::string& where) {
  const Prelude prelude = CheckPrelude(bytes, where);
  if (bytes.size() < kPreludeBytes + kTrailerBytes) {
    Fail(ErrorCode::kCorruption, "model {}: truncated, only {} bytes", where, bytes.size());
  }
  const size_t content = bytes.size() - kTrailerBytes;
  const uint64_t expected = ReadRaw<uint64_t>(bytes.data() + content);
  const uint64_t found = Hash64(bytes.first(content));
  if (expected != found) {
    Fail(ErrorCode::kCorruption,
         "model {}: truncated or altered (checksum {:016x} expected, {:016x} found)", where,
         expected, found);
  }
  if (prelude.header_bytes > content - kPreludeBytes) {
    Fail(ErrorCode::kCorruption, "model {}: a header of {} bytes in a file of {}", where,
         prelude.header_bytes, bytes.size());
  }
  return prelude;
}

// Calls `read`; whatever is wrong with the content becomes damage of the file.
template <typename Read>
auto Translated(const std::string& where, const Read& read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    Fail(ErrorCode::kCorruption, "model {}: malformed header: {}", where, error.what());
  } catch (const Error& error) {
    Fail(ErrorCode::kCorruption, "model {}: {}", where, error.what());
  }
}

}  // namespace

std::string_view TrunkName(Trunk trunk) { return kTrunks.Name(trunk); }
Trunk ParseTrunk(std::string_view name) { return kTrunks.Parse(name); }
std::string_view MaskKindName(MaskKind kind) { return kMaskKinds.Name(kind); }
MaskKind ParseMaskKind(std::string_view name) { return kMaskKinds.Parse(name); }

int DefaultInputSize(Trunk trunk) { return trunk == Trunk::kSmall ? 64 : 112; }

EpochRecord TrainingRecord::Best() const {
  const auto at = [&](size_t network) {
    return history.at(static_cast<size_t>(best_epochs.at(network)) - 1);
  };
  if (best_epochs.size() == 1) return at(0);
  EpochRecord best;
  for (size_t notion = 0; notion < best_epochs.size(); ++notion) {
    const EpochRecord record = at(notion);
    best.loss += record.loss / static_cast<double>(best_epochs.size());
    best.triplet_error.push_back(record.triplet_error.at(notion));
    best.live_dims.push_back(record.live_dims.at(notion));
  }
  return best;
}

bool Model::HasSeen(uint64_t photograph_hash) const {
  return std::binary_search(seen_photographs.begin(), seen_photographs.end(), photograph_hash);
}

std::vector<uint8_t> FormatModel(const Model& model) {
  const std::string header = HeaderOf(model).dump();
  std::vector<uint8_t> bytes;
  AppendRaw(bytes, kMagic.data(), kMagic.size());
  const uint32_t numbers[] = {kModelFormatVersion, static_cast<uint32_t>(header.size())};
  AppendRaw(bytes, numbers, 2);
  AppendRaw(bytes, header.data(), header.size());
  AppendRaw(bytes, model.masks.matrix().data(), model.masks.notion_count() * model.dim());
  for (const Tensor& tensor : model.tensors) {
    Require(tensor.values.size() == ElementCount(tensor.shape),
            "tensor {}: {} values do not fit its shape", tensor.name, tensor.values.size());
    AppendRaw(bytes, tensor.values.data(), tensor.values.size());
  }
  AppendRaw(bytes, model.seen_photographs.data(), model.seen_photographs.size());
  const uint64_t checksum = Hash64(bytes);
  AppendRaw(bytes, &checksum, 1);
  return bytes;
}

Model ParseModel(std::span<const uint8_t> bytes, const std::string& where) {
  const Prelude prelude = CheckFrame(bytes, where);
  const auto header = bytes.subspan(kPreludeBytes, prelude.header_bytes);
  const size_t body_begin = kPreludeBytes + prelude.header_bytes;
  const auto body = bytes.subspan(body_begin, bytes.size() - kTrailerBytes - body_begin);
  return Translated(where, [&] {
    Model model = FromHeaderAndBody(Json::parse(header), prelude.version, Body(body));
    model.id = Sha256(bytes);
    return model;
  });
}

Model LoadModelHeader(const std::string& path) {
  const Prelude prelude = CheckPrelude(ReadFilePart(path, 0, kPreludeBytes), path);
  const std::vector<uint8_t> text = ReadFilePart(path, kPreludeBytes, prelude.header_bytes);
  Json header;
  size_t count = 0;
  Translated(path, [&] {
    header = Json::parse(text);
    count = ElementCount(TensorFrom(header, 0).shape);
  });
  const std::vector<uint8_t> masks =
      ReadFilePart(path, kPreludeBytes + prelude.header_bytes, count * sizeof(float));
  return Translated(path, [&] {
    Body body(masks);
    return FromHeaderAndMasks(header, prelude.version, body);
  });
}

bool BeginsAsModel(const std::string& path) {
  return HasMagic(ReadFilePart(path, 0, kMagic.size()));
}

void SaveModel(const std::string& path, Model& model) {
  const std::vector<uint8_t> bytes = FormatModel(model);
  WriteFileAtomically(path, bytes);
  model.id = Sha256(bytes);
}

Model LoadModel(const std::string& path) { return ParseModel(ReadFile(path), path); }

}  // namespace csn
