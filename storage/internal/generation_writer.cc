// GenerationWriter (storage/generation.h).
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "storage/generation.h"
#include "storage/internal/current_file.h"
#include "storage/internal/index_lock.h"
#include "storage/layout.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

// Calls `work`; the file system's own exceptions become ours, naming the index.
template <typename Work>
auto Translated(const std::string& index, const Work& work) {
  try {
    return work();
  } catch (const fs::filesystem_error& error) {
    Fail(ErrorCode::kFailed, "index {}: {}", index, error.what());
  }
}

// True for what WriteFileAtomically leaves of CURRENT when it is killed.
bool IsTemporary(const std::string& index, const std::string& name) {
  return name.starts_with(fs::path(layout::Current(index)).filename().string() + ".tmp.");
}

// Creates a folder and those above it that are missing; true where it did. A new name is only safe
// from a loss of power once the folder it stands in is synced.
bool CreateFolders(const fs::path& folder) {
  if (folder.empty() || fs::exists(folder)) return false;
  // "a/b/" is the folder "a/b".
  if (!folder.has_filename()) return CreateFolders(folder.parent_path());
  const fs::path parent = folder.parent_path();
  CreateFolders(parent);
  const bool made = fs::create_directory(folder);
  SyncPath(parent.empty() ? "." : parent.string());
  return made;
}

// True for the names of layout.h that stand in an index's folder.
bool IsOwnName(const std::string& index, const std::string& name) {
  for (const std::string& own :
       {layout::Lock(index), layout::Generations(index), layout::Current(index)}) {
    if (name == fs::path(own).filename()) return true;
  }
  return IsTemporary(index, name);
}

// Creates the index's folder where there is none; true where it did. Refuses what holds other
// things than an index.
bool PrepareIndexFolder(const std::string& index) {
  if (!fs::exists(index)) return CreateFolders(index);
  Require(fs::is_directory(index), "index {}: is not a folder", index);
  if (fs::exists(layout::Generations(index)) || fs::exists(layout::Current(index))) return false;
  // Another writer may make the first of these names at this moment.
  for (const fs::directory_entry& entry : fs::directory_iterator(index)) {
    const std::string name = entry.path().filename().string();
    Require(IsOwnName(index, name),
            "index {}: the folder holds other things ({}), expected an index or nothing", index,
            name);
  }
  return false;
}

// Makes an empty folder to build in, in place of what an interrupted build left. The lock must be
// held.
void PrepareBuildFolder(const std::string& index) {
  fs::create_directory(layout::Generations(index));
  fs::remove_all(layout::BuildFolder(index));
  fs::create_directory(layout::BuildFolder(index));
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(index)) {
    if (IsTemporary(index, entry.path().filename().string())) left.push_back(entry.path());
  }
  for (const fs::path& path : left) fs::remove(path);
}

// Generations that stand in the folder, published or not, ascending.
std::vector<std::string> ListGenerations(const std::string& index) {
  std::vector<std::pair<uint64_t, std::string>> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(layout::Generations(index))) {
    const std::string name = entry.path().filename().string();
    const std::optional<uint64_t> number = internal::GenerationNumber(name);
    if (number) found.emplace_back(*number, name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [number, name] : found) names.push_back(std::move(name));
  return names;
}

// The live generation; nothing where there is none, or CURRENT is damaged: building anew is how to
// mend that.
std::optional<std::string> LiveGeneration(const std::string& index) {
  try {
    const std::optional<internal::CurrentLine> current = internal::ReadCurrent(index);
    if (current) return current->name;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorruption) throw;
  }
  return std::nullopt;
}

// Sizes and checksums of every file below `folder`, each synced, and each folder too.
std::map<std::string, FileEntry> SealFiles(const std::string& folder) {
  std::map<std::string, FileEntry> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (!entry.is_directory() || entry.is_symlink()) {
      Require(entry.is_regular_file() && !entry.is_symlink(),
              "{}: neither a file nor a folder, cannot be published", path);
      files[fs::relative(entry.path(), folder).generic_string()] = {.size = entry.file_size(),
                                                                    .checksum = FileChecksum(path)};
    }
    SyncPath(path);
  }
  SyncPath(folder);
  return files;
}

}  // namespace

struct GenerationWriter::Impl {
  explicit Impl(const std::string& path)
      : index(path),
        made_index(Translated(path, [&] { return PrepareIndexFolder(path); })),
        lock(path),
        build(layout::BuildFolder(path)) {
    Translated(path, [&] { PrepareBuildFolder(path); });
  }

  // The number after the highest there is, so that no name is ever used twice.
  std::string NextName() const {
    const std::vector<std::string> standing = ListGenerations(index);
    const uint64_t last = standing.empty() ? 0 : *internal::GenerationNumber(standing.back());
    std::string name = layout::GenerationName(last + 1);
    if (!internal::GenerationNumber(name)) {
      Fail(ErrorCode::kFailed, "index {}: no generation can follow number {}", index, last);
    }
    return name;
  }

  // From the build folder to a generation that readers find; `text` is its manifest.
  void Place(const std::string& name, const std::string& text) {
    const std::string folder = layout::GenerationFolder(index, name);
    fs::rename(build, folder);
    try {
      SyncPath(layout::Generations(index));
      SyncPath(index);
      internal::WriteCurrent(index, {.name = name, .manifest_checksum = Checksum(AsBytes(text))});
    } catch (...) {
      std::error_code ignored;
      if (LiveGeneration(index) != name) fs::remove_all(folder, ignored);
      throw;
    }
  }

  // Keeps the generation just published and the one that was live before; readers of others hold
  // their files open. What cannot be removed now is removed by the next publication.
  void RemoveOld(const std::string& live, const std::optional<std::string>& before) const {
    std::error_code ignored;
    try {
      for (const std::string& name : ListGenerations(index)) {
        if (name == live || name == before) continue;
        fs::remove_all(layout::GenerationFolder(index, name), ignored);
      }
    } catch (const fs::filesystem_error&) {  // the new generation is live all the same
    }
  }

  ~Impl() {
    std::error_code ignored;
    if (!published) fs::remove_all(build, ignored);
    if (!made_index || fs::exists(layout::Current(index), ignored)) return;
    // fs::remove leaves folders that are not empty: whatever else is there is not ours.
    if (!fs::remove(layout::Generations(index), ignored)) return;
    fs::remove(layout::Lock(index), ignored);
    fs::remove(index, ignored);
  }

  // What was shared is still what its generation's manifest says.
  void CheckShared(const std::map<std::string, FileEntry>& files) const {
    for (const auto& [file, source] : shared) {
      const FileEntry& found = files.at(file);
      if (found.size == source.entry.size && found.checksum == source.entry.checksum) continue;
      Fail(ErrorCode::kCorruption, "{}: {} bytes with checksum {}, expected {} with {}",
           source.path, found.size, found.checksum, source.entry.size, source.entry.checksum);
    }
  }

  struct Source {
    std::string path;
    FileEntry entry;
  };

  std::string index;
  bool made_index;
  internal::IndexLock lock;
  std::string build;
  std::map<std::string, Source> shared;
  bool published = false;
};

GenerationWriter::GenerationWriter(const std::string& index)
    : impl_(std::make_unique<Impl>(index)) {}

GenerationWriter::~GenerationWriter() = default;

const std::string& GenerationWriter::folder() const { return impl_->build; }

void GenerationWriter::Share(const Generation& from, const std::string& file) {
  Translated(impl_->index, [&] {
    const std::string path = from.folder() + "/" + file;
    const fs::path target = fs::path(impl_->build) / file;
    fs::create_directories(target.parent_path());
    std::error_code unlinkable;
    fs::create_hard_link(path, target, unlinkable);
    if (unlinkable) fs::copy_file(path, target);
    impl_->shared[file] = {.path = path, .entry = from.manifest().files.at(file)};
  });
}

std::string GenerationWriter::Publish(Manifest manifest) {
  Require(!impl_->published, "index {}: this writer has published already", impl_->index);
  return Translated(impl_->index, [&] {
    const std::optional<std::string> before = LiveGeneration(impl_->index);
    std::string name = impl_->NextName();
    manifest.files = SealFiles(impl_->build);
    impl_->CheckShared(manifest.files);
    const std::string embeddings = impl_->build + "/" + layout::kEmbeddings;
    manifest.embeddings_outline = EmbeddingFile::Open(embeddings).Outline();
    const std::string text = FormatManifest(manifest);
    WriteFileAtomically(impl_->build + "/" + layout::kManifest, text);
    impl_->Place(name, text);
    impl_->published = true;
    impl_->RemoveOld(name, before);
    return name;
  });
}

}  // namespace csn
