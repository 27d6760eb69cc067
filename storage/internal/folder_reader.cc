#include "storage/internal/folder_reader.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "storage/internal/paths.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace fs = std::filesystem;
namespace {

bool IsImageName(const fs::path& name) {
  const std::string extension = LowerExtension(name.string());
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png" || extension == ".webp";
}

class Lister {
 public:
  Lister(const std::string& folder, bool allow_outside)
      : root_(fs::canonical(folder)), allow_outside_(allow_outside) {}

  void List(const fs::path& folder, const fs::path& relative) {
    if (!visited_.insert(fs::canonical(folder)).second) return;
    // In order, so that of two links to one folder it is always the same that is followed.
    std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& entry : entries) {
      const fs::path name = relative / entry.path().filename();
      std::error_code unknown;  // a link that leads nowhere is neither folder nor file
      if (entry.is_directory(unknown)) {
        if (!entry.is_symlink() || MayFollow(entry.path())) List(entry.path(), name);
      } else if (IsImageName(name) && (entry.is_regular_file(unknown) || entry.is_symlink())) {
        // A link to a pipe or device would hold its reader for ever.
        if (entry.is_regular_file(unknown) || !entry.exists(unknown)) files_.push_back(name);
      }
    }
  }
  std::vector<std::string>& files() { return files_; }

 private:
  bool MayFollow(const fs::path& link) const {
    return allow_outside_ && !IsWithin(fs::canonical(link).string(), root_.string());
  }

  const fs::path root_;
  const bool allow_outside_;
  std::set<fs::path> visited_;
  std::vector<std::string> files_;
};

}  // namespace

std::vector<std::string> ListImages(const std::string& folder, bool allow_outside) {
  try {
    Lister lister(folder, allow_outside);
    lister.List(folder, "");
    std::sort(lister.files().begin(), lister.files().end());
    return std::move(lister.files());
  } catch (const fs::filesystem_error& error) {
    Fail(ErrorCode::kFailed, "listing the images of {}: {}: {}", folder, error.path1().string(),
         error.code().message());
  }
}

std::optional<std::variant<RawRow, Reject>> FolderReader::Next() {
  if (next_ == files_.size()) return std::nullopt;
  const std::string& file = files_[next_++];
  const std::string problem = TextProblem(file);
  if (!problem.empty()) {
    return Reject{.line = 0,
                  .sku = {},
                  .reason = fmt::format("file {}: {} in its name", Quoted(file), problem)};
  }
  const size_t dot = file.rfind('.');
  return RawRow{.line = 0, .sku = file.substr(0, dot), .image = file, .values = {}};
}

}  // namespace csn
