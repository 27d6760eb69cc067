#include "storage/internal/manifest_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "storage/layout.h"
#include "storage/subspace_index.h"

namespace csn::internal {
namespace {

// True for a path that names something inside the folder it is relative to, in one spelling.
bool StaysInside(const std::string& path) {
  if (path.find('\0') != std::string::npos) return false;
  const std::vector<std::string> parts = SplitText(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

std::string CountsFault(const Manifest& manifest) {
  constexpr uint64_t kMaxRows = std::numeric_limits<uint32_t>::max();
  if (!IsHex(manifest.model_id, 64)) {
    return fmt::format("model_id '{}', expected 64 lower-case hexadecimal digits",
                       manifest.model_id);
  }
  if (!IsHex(manifest.preprocessing, 32)) {
    return fmt::format("preprocessing '{}', expected 32 lower-case hexadecimal digits",
                       manifest.preprocessing);
  }
  if (manifest.dim < 1 || manifest.dim > kMaxManifestDim) {
    return fmt::format("dim {}, expected 1 to {}", manifest.dim, kMaxManifestDim);
  }
  if (manifest.rows > kMaxRows) {
    return fmt::format("rows {}, expected at most {}", manifest.rows, kMaxRows);
  }
  // Compared by difference: a sum could wrap.
  if (manifest.rejected > manifest.catalogue_rows ||
      manifest.catalogue_rows - manifest.rejected != manifest.rows) {
    return fmt::format("rows {} and rejected {} do not add up to catalogue_rows {}", manifest.rows,
                       manifest.rejected, manifest.catalogue_rows);
  }
  return "";
}

std::string NotionFault(const Notion& notion) {
  if (notion.name.empty()) return "a notion without a name";
  if (notion.kind == NotionKind::kNumeric &&
      !(std::isfinite(notion.near) && std::isfinite(notion.far) && notion.near >= 0 &&
        notion.near < notion.far)) {
    return fmt::format("notion {}: near {} and far {}, expected 0 <= near < far", notion.name,
                       notion.near, notion.far);
  }
  return "";
}

std::string SubspaceFault(const SubspaceManifest& subspace) {
  IndexKey key;
  try {
    key = ParseIndexKey(subspace.key);
  } catch (const Error& error) {
    return error.what();
  }
  if (key.kind != IndexKind::kFlat && subspace.ef_search < 1) {
    return fmt::format("{} with ef_search {}, expected at least 1", subspace.key,
                       subspace.ef_search);
  }
  if (key.kind == IndexKind::kGraph && subspace.ef_construction < 1) {
    return fmt::format("{} with ef_construction {}, expected at least 1", subspace.key,
                       subspace.ef_construction);
  }
  if (key.has_lists() && (subspace.nprobe < 1 || subspace.nprobe > key.lists)) {
    return fmt::format("{} with nprobe {}, expected 1 to {}", subspace.key, subspace.nprobe,
                       key.lists);
  }
  if (!(std::isfinite(subspace.scale) && subspace.scale > 0)) {
    return fmt::format("scale {}, expected a finite number above 0", subspace.scale);
  }
  if (!(std::isfinite(subspace.radius) && subspace.radius >= 0)) {
    return fmt::format("radius {}, expected a finite number of at least 0", subspace.radius);
  }
  const MeasuredRecall& recall = subspace.recall;
  if (!(recall.low >= 0 && recall.low <= recall.value && recall.value <= recall.high &&
        recall.high <= 1)) {
    return fmt::format("recall {} from {} to {}, expected 0 to 1, the ends around it", recall.value,
                       recall.low, recall.high);
  }
  if (!(recall.target >= 0 && recall.target <= 1)) {
    return fmt::format("recall_target {}, expected 0 to 1", recall.target);
  }
  if (const std::optional<TreeShares>& tree = subspace.tree;
      tree && !(tree->for_10 >= 0 && tree->for_10 <= tree->for_100 &&
                tree->for_100 <= tree->for_1000 && tree->for_1000 <= 1)) {
    return fmt::format("tree: shares {}, {} and {}, expected 0 to 1, ascending", tree->for_10,
                       tree->for_100, tree->for_1000);
  }
  return "";
}

// Of an index that is said to be another notion's too.
std::string SharingFault(const Manifest& manifest, NotionId notion) {
  const SubspaceManifest& own = manifest.subspaces[notion];
  if (!own.same_as) return "";
  if (*own.same_as >= notion || manifest.subspaces[*own.same_as].same_as) {
    return fmt::format("same_as {}, expected an earlier notion with an index of its own",
                       *own.same_as);
  }
  SubspaceManifest other = manifest.subspaces[*own.same_as];
  other.same_as = own.same_as;
  if (own != other ||
      !std::ranges::equal(manifest.masks.weights(notion), manifest.masks.weights(*own.same_as))) {
    return fmt::format("has the index of {}, but not its mask and parameters",
                       manifest.notions[*own.same_as].name);
  }
  return "";
}

std::string NotionsFault(const Manifest& manifest) {
  const size_t count = manifest.notions.size();
  if (count < 1 || count > kMaxManifestNotions) {
    return fmt::format("{} notions, expected 1 to {}", count, kMaxManifestNotions);
  }
  if (manifest.subspaces.size() != count || manifest.masks.notion_count() != count ||
      manifest.masks.dim() != manifest.dim) {
    return fmt::format("{} notions of dim {}, {} subspaces, masks [{}, {}]", count, manifest.dim,
                       manifest.subspaces.size(), manifest.masks.notion_count(),
                       manifest.masks.dim());
  }
  for (size_t i = 0; i < count; ++i) {
    if (std::string fault = NotionFault(manifest.notions[i]); !fault.empty()) return fault;
    if (std::string fault = SubspaceFault(manifest.subspaces[i]); !fault.empty()) {
      return fmt::format("notion {}: {}", manifest.notions[i].name, fault);
    }
    if (std::string fault = SharingFault(manifest, static_cast<NotionId>(i)); !fault.empty()) {
      return fmt::format("notion {}: {}", manifest.notions[i].name, fault);
    }
    for (size_t j = 0; j < i; ++j) {
      if (SameName(manifest.notions[i].name, manifest.notions[j].name)) {
        return fmt::format("two notions called {}", manifest.notions[i].name);
      }
    }
  }
  return "";
}

std::string FilesFault(const Manifest& manifest) {
  for (const auto& [path, entry] : manifest.files) {
    if (!StaysInside(path) || path == layout::kManifest) {
      return fmt::format("file '{}': not a path within the generation", path);
    }
    if (!IsHex(entry.checksum, 32)) {
      return fmt::format("file {}: checksum '{}', expected 32 lower-case hexadecimal digits", path,
                         entry.checksum);
    }
  }
  if (!manifest.embeddings_outline.empty() && !IsHex(manifest.embeddings_outline, 32)) {
    return fmt::format("embeddings_outline '{}', expected 32 lower-case hexadecimal digits",
                       manifest.embeddings_outline);
  }
  return "";
}

}  // namespace

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string ManifestFault(const Manifest& manifest) {
  for (const auto& check : {CountsFault, NotionsFault, FilesFault}) {
    if (std::string fault = check(manifest); !fault.empty()) return fault;
  }
  return "";
}

}  // namespace csn::internal
