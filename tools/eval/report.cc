#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "tools/eval/eval.h"
#include "tools/report/eval_json.h"
#include "tools/report/eval_page.h"

namespace csn::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kJsonName[] = "report.json";
constexpr char kPageName[] = "index.html";

bool IsOurs(const std::string& path) {
  const auto json = nlohmann::json::parse(ReadTextFile(path), nullptr, false);
  return json.is_object() && json.contains("triplet_error") && json.contains("model_id");
}

// The folder itself, or the one it would be made in.
fs::path NearestFolder(const std::string& folder) {
  fs::path path = fs::absolute(folder);
  std::error_code unreadable;
  while (!fs::exists(path, unreadable) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

void RequireReportFolder(const std::string& folder) {
  const fs::path nearest = NearestFolder(folder);
  Require(fs::is_directory(nearest), "--report {}: {} is no folder", folder, nearest.string());
  if (access(nearest.c_str(), W_OK | X_OK) != 0) {
    Fail(ErrorCode::kFailed, "--report {}: cannot be written: {}", folder, std::strerror(errno));
  }
  if (!fs::is_directory(folder) || fs::is_empty(folder)) return;
  const std::string json = folder + "/" + kJsonName;
  Require(fs::is_regular_file(json) && IsOurs(json),
          "--report {}: holds something else; only a folder with an earlier report in it is "
          "written to again",
          folder);
}

std::string WriteReport(const std::string& folder, const EvalReport& report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) Fail(ErrorCode::kFailed, "--report {}: {}", folder, error.message());
  std::string page = folder + "/" + kPageName;
  WriteFileAtomically(page, EvalPage(report));
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  WriteFileAtomically(folder + "/" + kJsonName,
                      EvalJson(report).dump(2, ' ', false, replace) + "\n");
  return page;
}

}  // namespace csn::cli
