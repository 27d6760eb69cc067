#include "storage/generation.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "storage/internal/current_file.h"
#include "storage/layout.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSampledRows = 32;
constexpr uint64_t kMaxManifestBytes = 256 << 20;  // a damaged file may claim any size

// The manifest of a generation, its bytes checked against CURRENT, which may be what is wrong.
Manifest ReadCheckedManifest(const std::string& index, const internal::CurrentLine& current) {
  const std::string path = layout::GenerationFolder(index, current.name) + "/" + layout::kManifest;
  std::string text;
  try {
    text = ReadTextFile(path, kMaxManifestBytes);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) {
      Fail(ErrorCode::kCorruption, "{}: the file is missing, {} names it", path,
           layout::Current(index));
    }
    if (error.code() == ErrorCode::kInvalidArgument)
      Fail(ErrorCode::kCorruption, "{}", error.what());
    throw;
  }
  const std::string found = Checksum(AsBytes(text));
  if (found != current.manifest_checksum) {
    Fail(ErrorCode::kCorruption, "{}: checksum {}, {} expects {}", path, found,
         layout::Current(index), current.manifest_checksum);
  }
  return ParseManifest(text, path);
}

// True where an error speaks of the file; false where the system would not let us look at it.
bool SaysDamage(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
         error == std::errc::is_a_directory || error == std::errc::not_supported;
}

void CheckChecksum(const std::string& path, const std::string& expected) {
  const std::string found = FileChecksum(path);
  if (found != expected) {
    Fail(ErrorCode::kCorruption, "{}: checksum {}, expected {}", path, found, expected);
  }
}

// Every file the layout asks for is listed, and every listed file is there with its size.
void CheckFiles(const std::string& folder, const Manifest& manifest) {
  std::vector<std::string> needed = {layout::kModel, layout::kEmbeddings};
  for (NotionId id = 0; id < manifest.notions.size(); ++id) {
    needed.push_back(manifest.IndexFile(id));
    if (manifest.subspaces[id].tree) needed.push_back(manifest.TreeFile(id));
  }
  for (const std::string& name : needed) {
    if (manifest.files.contains(name)) continue;
    Fail(ErrorCode::kCorruption, "{}/{}: does not list {}", folder, layout::kManifest, name);
  }
  for (const auto& [name, entry] : manifest.files) {
    const fs::path path = fs::path(folder) / name;
    std::error_code error;
    const uint64_t size = fs::file_size(path, error);
    if (error) {
      Fail(SaysDamage(error) ? ErrorCode::kCorruption : ErrorCode::kFailed, "{}: {}", path.string(),
           error.message());
    }
    // A sound model of another size is the likelier fault: files do not change by themselves.
    if (size != entry.size && name == layout::kModel) {
      Fail(ErrorCode::kMismatch,
           "{}: is not the model that made generation {}: {} bytes, expected {}", path.string(),
           fs::path(folder).filename().string(), size, entry.size);
    }
    if (size != entry.size) {
      Fail(ErrorCode::kCorruption, "{}: {} bytes, expected {}", path.string(), size, entry.size);
    }
  }
}

// The store's own small files are checked whole: they tell its tables from those of another store,
// whose size may be the same.
void CheckStore(const std::string& folder, const Manifest& manifest) {
  for (const auto& [name, entry] : manifest.files) {
    if (!name.starts_with(std::string(layout::kMetadata) + "/") || name.ends_with(".sst")) continue;
    CheckChecksum(folder + "/" + name, entry.checksum);
  }
}

void CheckSubspaces(const std::string& folder, const Manifest& manifest) {
  for (NotionId notion = 0; notion < manifest.notions.size(); ++notion) {
    if (manifest.subspaces[notion].same_as) continue;
    SubspaceIndex::CheckHeader(folder + "/" + manifest.IndexFile(notion),
                               manifest.subspaces[notion].key, manifest.rows,
                               manifest.masks.live_dims(notion).size());
    const size_t live = manifest.masks.live_dims(notion).size();
    if (const std::string codes = manifest.CodesFile(notion); manifest.files.contains(codes)) {
      CodeFile::CheckHeader(folder + "/" + codes, manifest.rows, live, false);
    }
    if (manifest.subspaces[notion].tree) {
      CodeFile::CheckHeader(folder + "/" + manifest.TreeFile(notion), manifest.rows, live, true);
    }
  }
}

EmbeddingFile OpenEmbeddings(const std::string& folder, const Manifest& manifest) {
  const std::string path = folder + "/" + layout::kEmbeddings;
  EmbeddingFile embeddings = EmbeddingFile::Open(path);
  if (embeddings.rows() != manifest.rows || embeddings.dim() != manifest.dim) {
    Fail(ErrorCode::kCorruption, "{}: {} rows of {} floats, the manifest says {} of {}", path,
         embeddings.rows(), embeddings.dim(), manifest.rows, manifest.dim);
  }
  const std::string& expected = manifest.embeddings_outline;
  if (const std::string found = embeddings.Outline(); !expected.empty() && found != expected) {
    Fail(ErrorCode::kCorruption,
         "{}: is not this generation's: its header and table of checksums have checksum {}, "
         "expected {}",
         path, found, expected);
  }
  return embeddings;
}

MetadataStore OpenMetadata(const std::string& folder, const Manifest& manifest) {
  const std::string path = folder + "/" + layout::kMetadata;
  MetadataStore metadata = MetadataStore::Open(path);
  if (metadata.size() != manifest.rows || metadata.columns().size() != manifest.columns.size()) {
    Fail(ErrorCode::kCorruption, "{}: {} rows of {} columns, the manifest says {} of {}", path,
         metadata.size(), metadata.columns().size(), manifest.rows, manifest.columns.size());
  }
  for (size_t i = 0; i < manifest.columns.size(); ++i) {
    const Column &found = metadata.columns()[i], &expected = manifest.columns[i];
    if (found == expected) continue;
    Fail(ErrorCode::kCorruption, "{}: column {} is {} of type {}, the manifest says {} of type {}",
         path, i + 1, found.name, ColumnTypeName(found.type), expected.name,
         ColumnTypeName(expected.type));
  }
  return metadata;
}

// An exact index holds the rows where they belong: what it finds nearest to a projected row is at
// distance 0 and projects to the same values.
void CheckSampledRows(const std::string& path, const SubspaceIndex& index, const MaskTable& masks,
                      NotionId notion, MatrixView rows) {
  const size_t step = std::max<size_t>(1, rows.rows / kSampledRows);
  for (size_t row = 0; row < rows.rows; row += step) {
    const auto project = [&](size_t i) {
      return Project(masks, notion, {rows.Row(i).data(), 1, rows.cols});
    };
    const Matrix query = project(row);
    const std::vector<Neighbor> found = index.Search({.k = 1}, query.View()).front();
    if (found.size() != 1 || found[0].value != 0 ||
        !std::ranges::equal(project(found[0].row).Row(0), std::as_const(query).Row(0))) {
      Fail(ErrorCode::kCorruption, "{}: row {} is not the masked embedding", path, row);
    }
  }
}

// What searches take for granted: no row is farther from its codes than they say.
void CheckCodes(const std::string& path, const CodesView& codes, const MaskTable& masks,
                NotionId notion, MatrixView rows) {
  const std::optional<size_t> place = FirstMiscoded(codes, masks, notion, rows);
  if (!place) return;
  const size_t row = codes.order.empty() ? *place : codes.order[*place];
  Fail(ErrorCode::kCorruption, "{}: row {} is not the masked embedding, or there twice", path, row);
}

}  // namespace

struct Generation::Impl {
  Impl(std::string generation_name, std::string path, Manifest checked_manifest)
      : name(std::move(generation_name)),
        folder(std::move(path)),
        manifest(std::move(checked_manifest)),
        embeddings(OpenEmbeddings(folder, manifest)),
        metadata(OpenMetadata(folder, manifest)),
        subspaces(manifest.notions.size()) {}

  std::string Path(const std::string& file) const { return folder + "/" + file; }

  SubspaceIndex LoadSubspace(NotionId notion) const {
    const std::string file = manifest.IndexFile(notion);
    return SubspaceIndex::Load(Path(file), manifest.files.at(file).checksum);
  }

  CodeFile LoadCodes(const std::string& file) const {
    return CodeFile::Load(Path(file), manifest.files.at(file).checksum);
  }

  // Loaded once, by the first who asks; a failed attempt may be repeated.
  struct Slot {
    std::mutex mutex;
    std::optional<SubspaceIndex> index;
    std::optional<CodeFile> codes;
    std::optional<CodeFile> tree_codes;
    std::optional<BoxTree> tree;
  };

  // Of the notion whose files these are.
  Slot& SlotOf(NotionId notion) {
    Require(notion < subspaces.size(), "notion {} of {}", notion, subspaces.size());
    return subspaces[manifest.subspaces[notion].same_as.value_or(notion)];
  }

  std::string name;
  std::string folder;
  Manifest manifest;
  EmbeddingFile embeddings;
  MetadataStore metadata;
  std::vector<Slot> subspaces;
};

Generation::Generation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Generation::~Generation() = default;
Generation::Generation(Generation&&) noexcept = default;
Generation& Generation::operator=(Generation&&) noexcept = default;

Generation Generation::Open(const std::string& index) {
  std::optional<internal::CurrentLine> current = internal::ReadCurrent(index);
  while (current) {
    const std::string folder = layout::GenerationFolder(index, current->name);
    try {
      Manifest manifest = ReadCheckedManifest(index, *current);
      CheckFiles(folder, manifest);
      CheckStore(folder, manifest);
      CheckSubspaces(folder, manifest);
      return Generation(std::make_unique<Impl>(current->name, folder, std::move(manifest)));
    } catch (const Error&) {
      // Only if the index moved on meanwhile may this generation have been removed under our hands.
      std::optional<internal::CurrentLine> newer = internal::ReadCurrent(index);
      if (newer == current) throw;
      current = std::move(newer);
    }
  }
  std::error_code ignored;
  if (fs::exists(index, ignored)) {
    Fail(ErrorCode::kNotFound, "{}: no index there (nothing was published)", index);
  }
  Fail(ErrorCode::kNotFound, "{}: no such folder", index);
}

const std::string& Generation::name() const { return impl_->name; }

const std::string& Generation::folder() const { return impl_->folder; }

const Manifest& Generation::manifest() const { return impl_->manifest; }

const EmbeddingFile& Generation::embeddings() const { return impl_->embeddings; }

const MetadataStore& Generation::metadata() const { return impl_->metadata; }

const SubspaceIndex& Generation::subspace(NotionId notion) const {
  Impl::Slot& slot = impl_->SlotOf(notion);
  const std::lock_guard lock(slot.mutex);
  if (!slot.index) slot.index = impl_->LoadSubspace(notion);
  return *slot.index;
}

bool Generation::has_codes(NotionId notion) const {
  return manifest().files.contains(manifest().CodesFile(notion));
}

const CodesView& Generation::codes(NotionId notion) const {
  Impl::Slot& slot = impl_->SlotOf(notion);
  const std::lock_guard lock(slot.mutex);
  if (!slot.codes) slot.codes = impl_->LoadCodes(manifest().CodesFile(notion));
  return slot.codes->view();
}

const BoxTree& Generation::tree(NotionId notion) const {
  Impl::Slot& slot = impl_->SlotOf(notion);
  const std::lock_guard lock(slot.mutex);
  if (!slot.tree) {
    slot.tree_codes = impl_->LoadCodes(manifest().TreeFile(notion));
    slot.tree.emplace(slot.tree_codes->view());
  }
  return *slot.tree;
}

void Generation::Verify(const std::function<void(const std::string&)>& on_file) const {
  for (const auto& [name, entry] : manifest().files) {
    if (on_file) on_file(name);
    CheckChecksum(impl_->Path(name), entry.checksum);
  }
  const std::string model = Sha256(ReadFile(impl_->Path(layout::kModel)));
  if (model != manifest().model_id) {
    Fail(ErrorCode::kCorruption, "{}: SHA-256 {}, the manifest says {}",
         impl_->Path(layout::kModel), model, manifest().model_id);
  }
  embeddings().All();
  metadata().Verify();
  for (NotionId notion = 0; notion < manifest().notions.size(); ++notion) {
    if (manifest().subspaces[notion].same_as) continue;
    const auto check_codes = [&](const std::string& file) {
      CheckCodes(impl_->Path(file), impl_->LoadCodes(file).view(), manifest().masks, notion,
                 embeddings().All());
    };
    if (has_codes(notion)) check_codes(manifest().CodesFile(notion));
    if (manifest().subspaces[notion].tree) check_codes(manifest().TreeFile(notion));
    const SubspaceIndex index = impl_->LoadSubspace(notion);
    if (!IsExactKey(manifest().subspaces[notion].key)) continue;
    CheckSampledRows(impl_->Path(manifest().IndexFile(notion)), index, manifest().masks, notion,
                     embeddings().All());
  }
}

}  // namespace csn
