#include "query/model_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "storage/layout.h"

namespace csn {
namespace {

std::string ModelPath(const Generation& generation) {
  return generation.folder() + "/" + layout::kModel;
}

// In one line, all that tells notions apart.
std::string Describe(const std::vector<Notion>& notions) {
  std::vector<std::string> texts;
  for (const Notion& notion : notions) {
    const bool numeric = notion.kind == NotionKind::kNumeric;
    texts.push_back(
        fmt::format("{}={}", notion.name, notion.column) +
        (numeric ? fmt::format(":numeric,near={},far={}", notion.near, notion.far) : ""));
  }
  return fmt::format("{}", fmt::join(texts, " "));
}

// The first notion whose weights differ; the masks are of one shape.
std::optional<NotionId> DifferingMask(const MaskTable& a, const MaskTable& b) {
  for (NotionId notion = 0; notion < a.notion_count(); ++notion) {
    if (!std::ranges::equal(a.weights(notion), b.weights(notion))) return notion;
  }
  return std::nullopt;
}

// What of a model is not as its manifest says; "" where all is.
std::string Difference(const Model& model, const Manifest& manifest) {
  if (model.dim() != manifest.dim) {
    return fmt::format("{} dimensions, expected {}", model.dim(), manifest.dim);
  }
  if (model.notions != manifest.notions) {
    return fmt::format("notions {}, expected {}", Describe(model.notions),
                       Describe(manifest.notions));
  }
  if (const auto notion = DifferingMask(model.masks, manifest.masks)) {
    return fmt::format("its masks are not the manifest's, first that of notion {}",
                       model.notions[*notion].name);
  }
  if (model.split.seed != manifest.split_seed || model.split.by != manifest.split_by) {
    return fmt::format("split by '{}' with seed {}, expected '{}' with seed {}", model.split.by,
                       model.split.seed, manifest.split_by, manifest.split_seed);
  }
  const std::string preprocessing = PreprocessingChecksum(model.preprocessing);
  if (preprocessing != manifest.preprocessing) {
    return fmt::format("preprocessing {} (side {}, {}), expected {}", preprocessing,
                       model.preprocessing.size, FitName(model.preprocessing.fit),
                       manifest.preprocessing);
  }
  return "";
}

void RequireNone(const std::string& difference, const Generation& generation) {
  if (difference.empty()) return;
  Fail(ErrorCode::kMismatch, "{}: is not the model that made generation {}: {}",
       ModelPath(generation), generation.name(), difference);
}

}  // namespace

void CheckModelHeader(const Generation& generation) {
  RequireNone(Difference(LoadModelHeader(ModelPath(generation)), generation.manifest()),
              generation);
}

void CheckModel(const Generation& generation) { LoadCheckedModel(generation); }

Model LoadCheckedModel(const Generation& generation) {
  Model model = LoadModel(ModelPath(generation));
  const std::string& expected = generation.manifest().model_id;
  RequireNone(model.id == expected ? "" : fmt::format("model {}, expected {}", model.id, expected),
              generation);
  RequireNone(Difference(model, generation.manifest()), generation);
  return model;
}

}  // namespace csn
