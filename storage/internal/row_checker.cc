#include "storage/internal/row_checker.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/hash.h"
#include "base/text.h"
#include "storage/internal/paths.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace fs = std::filesystem;
namespace {

// The real path of what exists, else "".
std::string RealPath(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? "" : real.string();
}

}  // namespace

RowChecker::RowChecker(const std::string& folder, bool allow_outside)
    : folder_(folder.empty() ? "." : folder),
      allow_outside_(allow_outside),
      real_folder_(RealPath(folder_)),
      last_parent_(),
      last_parent_outside_(false) {}

std::string RowChecker::Check(RawRow& row) {
  row.sku = std::string(Trim(row.sku));
  std::string reason = CheckSku(row);
  return reason.empty() ? CheckImage(row.image) : reason;
}

std::string RowChecker::CheckSku(const RawRow& row) {
  if (row.sku.empty()) return "sku is missing";
  if (row.sku.size() > kMaxSkuBytes) {
    return fmt::format("sku has {} bytes, at most {} are allowed", row.sku.size(), kMaxSkuBytes);
  }
  const auto [found, added] = first_line_.try_emplace(Hash64(row.sku), row.line);
  if (added) return {};
  return row.line == 0
             ? "sku is repeated: an earlier file differs from this one only in its extension"
             : fmt::format("sku is repeated, first on line {}", found->second);
}

std::string RowChecker::CheckImage(const std::string& image) {
  if (Trim(image).empty()) return "image is missing";
  if (image.size() > kMaxImagePathBytes) {
    return fmt::format("image path has {} bytes, at most {} are allowed", image.size(),
                       kMaxImagePathBytes);
  }
  if (allow_outside_) return {};
  const fs::path path(image);
  if (path.is_absolute()) {
    return fmt::format("image {} is an absolute path; expected one within the catalogue's folder",
                       Quoted(image));
  }
  const fs::path normal = path.lexically_normal();
  if (*normal.begin() == ".." || LinkLeadsOutside(image)) {
    return fmt::format("image {} leads outside the catalogue's folder", Quoted(image));
  }
  return {};
}

// What does not exist leads nowhere: the reader of images will miss it.
bool RowChecker::LinkLeadsOutside(const std::string& image) {
  const auto outside = [&](const std::string& real) {
    return !real.empty() && !IsWithin(real, real_folder_);
  };
  const fs::path path = fs::path(folder_) / image;
  const std::string parent = path.parent_path().string();
  if (parent != last_parent_) {
    last_parent_ = parent;
    last_parent_outside_ = outside(RealPath(parent));
  }
  if (last_parent_outside_) return true;
  std::error_code error;
  return fs::is_symlink(path, error) && outside(RealPath(path));
}

}  // namespace csn
