#include "tools/catalogue_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace csn {
namespace {

constexpr char kCatalogueFile[] = "/catalogue.csv";

}  // namespace

CatalogueFolder::CatalogueFolder(std::string directory, std::string doing)
    : directory_(std::move(directory)), doing_(std::move(doing)) {
  Require(!directory_.empty(), "{}: no folder to write to was named", doing_);
  std::error_code unreadable;  // a folder that cannot be looked into fails when it is written to
  Require(!std::filesystem::exists(directory_ + kCatalogueFile, unreadable),
          "{}: {}{} exists already; name a new folder or remove it", doing_, directory_,
          kCatalogueFile);
}

void CatalogueFolder::MakeFolder(const std::string& path) const {
  const std::string folder = directory_ + "/" + path;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    Fail(ErrorCode::kFailed, "{}: making folder {}: {}", doing_, folder, error.message());
  }
}

void CatalogueFolder::Write(const std::string& path, std::span<const uint8_t> bytes) const {
  WriteFileUnsynced(directory_ + "/" + path, bytes);
}

void CatalogueFolder::Publish(const std::string& csv) const {
  SyncFileSystem(directory_);
  WriteFileAtomically(directory_ + kCatalogueFile, csv);
}

}  // namespace csn
