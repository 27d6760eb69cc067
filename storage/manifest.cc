#include "storage/manifest.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "storage/internal/manifest_check.h"
#include "storage/layout.h"

namespace csn {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr char kCategorical[] = "categorical";
constexpr char kNumeric[] = "numeric";

// One object of the text, read strictly: every field asked for must be there and of its kind.
class Fields {
 public:
  // `name` says which object it is: "", "notions[2].mask". The object must outlive this.
  Fields(const json& object, const std::string& where, std::string name)
      : object_(object), where_(where), name_(std::move(name)) {
    if (!object.is_object()) FailHere("expected an object", object);
  }

  template <typename... Args>
  [[noreturn]] void FailAs(fmt::format_string<Args...> format, Args&&... args) const {
    Fail(ErrorCode::kCorruption, "manifest {}: {}", where_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  const json& Any(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) FailAs("{} is missing", Name(key));
    return *found;
  }
  bool Has(const char* key) const { return object_.contains(key); }
  std::string Text(const char* key) const {
    const json& value = Any(key);
    if (!value.is_string()) FailKind(key, "a text", value);
    return value.get<std::string>();
  }
  // A whole number from 0 to `greatest`, written as one.
  uint64_t Count(const char* key, uint64_t greatest = std::numeric_limits<uint64_t>::max()) const {
    const json& value = Any(key);
    if (!value.is_number_unsigned()) FailKind(key, "a whole number of at least 0", value);
    const auto count = value.get<uint64_t>();
    if (count > greatest) FailAs("{}: {}, expected at most {}", Name(key), count, greatest);
    return count;
  }
  int Int(const char* key) const {
    return static_cast<int>(Count(key, std::numeric_limits<int>::max()));
  }
  double Number(const char* key) const {
    const json& value = Any(key);
    if (!value.is_number()) FailKind(key, "a number", value);
    return value.get<double>();
  }
  const json& Array(const char* key) const {
    const json& value = Any(key);
    if (!value.is_array()) FailKind(key, "an array", value);
    return value;
  }
  Fields Object(const char* key) const { return {Any(key), where_, Name(key)}; }
  Fields Element(const char* key, size_t i) const {
    return {Array(key)[i], where_, fmt::format("{}[{}]", Name(key), i)};
  }

  const json& value() const { return object_; }
  std::string Name(const char* key) const { return name_.empty() ? key : name_ + "." + key; }

 private:
  [[noreturn]] void FailKind(const char* key, const char* expected, const json& value) const {
    FailAs("{}: expected {}, got {}", Name(key), expected, value.type_name());
  }
  [[noreturn]] void FailHere(const char* expected, const json& value) const {
    FailAs("{}: {}, got {}", name_.empty() ? "text" : name_, expected, value.type_name());
  }

  const json& object_;
  const std::string& where_;
  std::string name_;
};

ordered_json MaskToJson(const MaskTable& masks, NotionId notion) {
  ordered_json dims = ordered_json::array();
  ordered_json weights = ordered_json::array();
  for (const uint32_t dim : masks.live_dims(notion)) {
    dims.push_back(dim);
    weights.push_back(static_cast<double>(masks.weights(notion)[dim]));
  }
  return {{"dims", dims}, {"weights", weights}};
}

// Fills one row of the mask table.
void ReadMask(const Fields& mask, std::span<float> row) {
  const json& dims = mask.Array("dims");
  const json& weights = mask.Array("weights");
  if (dims.size() != weights.size()) {
    mask.FailAs("{}: {} dims and {} weights", mask.Name("dims"), dims.size(), weights.size());
  }
  uint64_t least = 0;  // dims ascend
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!dims[i].is_number_unsigned() || dims[i].get<uint64_t>() < least ||
        dims[i].get<uint64_t>() >= row.size()) {
      mask.FailAs("{}[{}]: expected ascending whole numbers below {}", mask.Name("dims"), i,
                  row.size());
    }
    const auto dim = dims[i].get<uint64_t>();
    const double written = weights[i].is_number() ? weights[i].get<double>() : 0.0;
    const bool fits = written > 0 && written <= std::numeric_limits<float>::max();
    const float weight = fits ? static_cast<float>(written) : 0.0f;
    if (!(weight > 0)) {
      mask.FailAs("{}[{}]: expected a number above 0 within float", mask.Name("weights"), i);
    }
    row[dim] = weight;
    least = dim + 1;
  }
}

ordered_json NotionToJson(const Manifest& manifest, NotionId id) {
  const Notion& notion = manifest.notions[id];
  const bool numeric = notion.kind == NotionKind::kNumeric;
  ordered_json object = {{"name", notion.name},
                         {"column", notion.column},
                         {"kind", numeric ? kNumeric : kCategorical}};
  if (numeric) {
    object["near"] = notion.near;
    object["far"] = notion.far;
  }
  object["mask"] = MaskToJson(manifest.masks, id);
  const SubspaceManifest& subspace = manifest.subspaces[id];
  object["index"] = {{"key", subspace.key},
                     {"ef_construction", subspace.ef_construction},
                     {"ef_search", subspace.ef_search},
                     {"nprobe", subspace.nprobe},
                     {"scale", subspace.scale},
                     {"radius", subspace.radius},
                     {"recall", subspace.recall.value},
                     {"recall_low", subspace.recall.low},
                     {"recall_high", subspace.recall.high},
                     {"recall_target", subspace.recall.target},
                     {"recall_queries", subspace.recall.queries}};
  if (subspace.tree) {
    object["index"]["tree"] = {{"share_10", subspace.tree->for_10},
                               {"share_100", subspace.tree->for_100},
                               {"share_1000", subspace.tree->for_1000}};
  }
  if (subspace.same_as) object["index"]["same_as"] = manifest.notions[*subspace.same_as].name;
  return object;
}

Notion ReadNotion(const Fields& fields) {
  Notion notion;
  notion.name = fields.Text("name");
  notion.column = fields.Text("column");
  const std::string kind = fields.Text("kind");
  if (kind == kNumeric) {
    notion.kind = NotionKind::kNumeric;
    notion.near = fields.Number("near");
    notion.far = fields.Number("far");
  } else if (kind != kCategorical) {
    fields.FailAs("{}: '{}', expected {} or {}", fields.Name("kind"), kind, kCategorical, kNumeric);
  }
  return notion;
}

MeasuredRecall ReadRecall(const Fields& fields, uint64_t version) {
  MeasuredRecall recall;
  recall.value = recall.low = recall.high = fields.Number("recall");
  recall.queries = fields.Count("recall_queries");
  if (version < 5) return recall;
  recall.low = fields.Number("recall_low");
  recall.high = fields.Number("recall_high");
  recall.target = fields.Number("recall_target");
  return recall;
}

SubspaceManifest ReadSubspace(const Fields& fields, uint64_t version) {
  SubspaceManifest subspace;
  subspace.key = fields.Text("key");
  subspace.ef_construction = fields.Int("ef_construction");
  subspace.ef_search = fields.Int("ef_search");
  if (version >= 8) subspace.nprobe = fields.Int("nprobe");
  subspace.scale = fields.Number("scale");
  subspace.radius = fields.Number("radius");
  subspace.recall = ReadRecall(fields, version);
  if (fields.Has("tree")) {
    const Fields tree = fields.Object("tree");
    subspace.tree = {.for_10 = tree.Number("share_10"),
                     .for_100 = tree.Number("share_100"),
                     .for_1000 = tree.Number("share_1000")};
  }
  return subspace;
}

// Stands only where the index is another notion's too.
std::optional<NotionId> ReadSameAs(const Fields& fields, const std::vector<Notion>& earlier) {
  if (!fields.Has("same_as")) return std::nullopt;
  const std::string name = fields.Text("same_as");
  for (NotionId id = 0; id < earlier.size(); ++id) {
    if (earlier[id].name == name) return id;
  }
  fields.FailAs("{}: '{}', expected an earlier notion", fields.Name("same_as"), name);
}

void ReadNotions(const Fields& root, uint64_t version, Manifest& manifest) {
  const size_t count = root.Array("notions").size();
  // Before the mask table is made from them.
  if (manifest.dim > internal::kMaxManifestDim || count > internal::kMaxManifestNotions) {
    root.FailAs("{} notions of dim {}, expected at most {} of {}", count, manifest.dim,
                internal::kMaxManifestNotions, internal::kMaxManifestDim);
  }
  Matrix weights(count, manifest.dim);
  for (size_t i = 0; i < count; ++i) {
    const Fields fields = root.Element("notions", i);
    SubspaceManifest subspace = ReadSubspace(fields.Object("index"), version);
    subspace.same_as = ReadSameAs(fields.Object("index"), manifest.notions);
    manifest.subspaces.push_back(std::move(subspace));
    manifest.notions.push_back(ReadNotion(fields));
    ReadMask(fields.Object("mask"), weights.Row(i));
  }
  manifest.masks = MaskTable(std::move(weights));
}

void ReadColumns(const Fields& root, Manifest& manifest) {
  for (size_t i = 0; i < root.Array("columns").size(); ++i) {
    const Fields fields = root.Element("columns", i);
    Column column{.name = fields.Text("name")};
    try {
      column.type = ParseColumnType(fields.Text("type"));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCorruption) throw;
      fields.FailAs("{}: {}", fields.Name("type"), error.what());
    }
    manifest.columns.push_back(std::move(column));
  }
}

void ReadFiles(const Fields& root, Manifest& manifest) {
  const Fields files = root.Object("files");
  for (const auto& [path, unused] : files.value().items()) {
    const Fields entry = files.Object(path.c_str());
    manifest.files[path] = {.size = entry.Count("size"), .checksum = entry.Text("checksum")};
  }
}

Manifest ReadManifest(const Fields& root) {
  Manifest manifest;
  const uint64_t version = root.Count("format_version");
  if (version < 1 || version > kIndexFormatVersion) {
    root.FailAs("format version {}, this build reads up to {}", version, kIndexFormatVersion);
  }
  manifest.created_by = root.Text("created_by");
  manifest.model_id = root.Text("model_id");
  manifest.dim = root.Count("dim");
  manifest.rows = root.Count("rows");
  manifest.catalogue_rows = root.Count("catalogue_rows");
  manifest.rejected = root.Count("rejected");
  manifest.seed = root.Count("seed");
  const Fields split = root.Object("split");
  manifest.split_seed = split.Count("seed");
  manifest.split_by = split.Text("by");
  manifest.preprocessing = root.Text("preprocessing");
  ReadColumns(root, manifest);
  ReadNotions(root, version, manifest);
  ReadFiles(root, manifest);
  if (version > 1) {
    manifest.photographs = root.Text("photographs");
    manifest.embeddings_outline = root.Text("embeddings_outline");
  }
  if (const std::string fault = internal::ManifestFault(manifest); !fault.empty()) {
    root.FailAs("{}", fault);
  }
  return manifest;
}

}  // namespace

std::string Manifest::IndexFile(NotionId notion) const {
  return layout::NotionIndex(subspaces[notion].same_as.value_or(notion));
}

std::string Manifest::CodesFile(NotionId notion) const {
  return layout::NotionCodes(subspaces[notion].same_as.value_or(notion));
}

std::string Manifest::TreeFile(NotionId notion) const {
  return layout::NotionTree(subspaces[notion].same_as.value_or(notion));
}

std::string FormatManifest(const Manifest& manifest) {
  const std::string fault = internal::ManifestFault(manifest);
  Require(fault.empty(), "manifest to be written: {}", fault);
  ordered_json root = {{"format_version", kIndexFormatVersion},
                       {"created_by", manifest.created_by},
                       {"model_id", manifest.model_id},
                       {"dim", manifest.dim},
                       {"rows", manifest.rows},
                       {"catalogue_rows", manifest.catalogue_rows},
                       {"rejected", manifest.rejected},
                       {"seed", manifest.seed},
                       {"split", {{"seed", manifest.split_seed}, {"by", manifest.split_by}}},
                       {"preprocessing", manifest.preprocessing},
                       {"photographs", manifest.photographs}};
  ordered_json& columns = root["columns"] = ordered_json::array();
  for (const Column& column : manifest.columns) {
    columns.push_back({{"name", column.name}, {"type", ColumnTypeName(column.type)}});
  }
  ordered_json& notions = root["notions"] = ordered_json::array();
  for (NotionId id = 0; id < manifest.notions.size(); ++id) {
    notions.push_back(NotionToJson(manifest, id));
  }
  ordered_json& files = root["files"] = ordered_json::object();
  for (const auto& [path, entry] : manifest.files) {
    files[path] = {{"size", entry.size}, {"checksum", entry.checksum}};
  }
  root["embeddings_outline"] = manifest.embeddings_outline;
  try {
    return root.dump(1) + "\n";
  } catch (const json::exception& error) {  // text that is not UTF-8
    Fail(ErrorCode::kInvalidArgument, "manifest to be written: {}", error.what());
  }
}

Manifest ParseManifest(std::string_view text, const std::string& where) {
  json root;
  try {
    root = json::parse(text);
  } catch (const json::exception& error) {
    Fail(ErrorCode::kCorruption, "manifest {}: malformed: {}", where, error.what());
  }
  return ReadManifest(Fields(root, where, ""));
}

}  // namespace csn
