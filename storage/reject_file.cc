#include "storage/reject_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace csn {
namespace fs = std::filesystem;
namespace {

constexpr char kHeader[] = "line\tsku\treason";

// One field of a line: what would end the field or the line is written as in C.
std::string EscapeField(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Whether the file at `path` is a list that an earlier run left, or empty.
bool IsRejectList(const std::string& path) {
  const std::string header = std::string(kHeader) + "\n";
  const std::vector<uint8_t> start = ReadFilePart(path, 0, header.size());
  return start.empty() || std::equal(start.begin(), start.end(), header.begin(), header.end());
}

}  // namespace

struct RejectFile::Impl {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool in_place = false;  // a device or pipe: there is nothing to rename
  std::string target;     // where Commit puts the list
  std::string writing;    // where Add writes; "" before the first
  std::unique_ptr<std::FILE, Close> file;
};

RejectFile::RejectFile(std::string path) : path_(std::move(path)), impl_(std::make_unique<Impl>()) {
  if (path_.empty()) return;
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  // /dev/stdout is a link to whatever stdout is, a regular file too.
  impl_->in_place =
      fs::exists(status) &&
      (!fs::is_regular_file(status) || path_.starts_with("/dev/") || path_.starts_with("/proc/"));
  Require(!fs::is_directory(status), "reject file {}: expected a file, it is a folder", path_);
  Require(impl_->in_place || !fs::is_regular_file(status) || IsRejectList(path_),
          "reject file {}: holds something else; only a list of rejects (its first line is "
          "'line<TAB>sku<TAB>reason') is replaced",
          path_);
  // A link is followed, not replaced.
  impl_->target = fs::exists(status) ? fs::canonical(path_).string() : path_;
}

RejectFile::~RejectFile() {
  if (!impl_->writing.empty() && !impl_->in_place) unlink(impl_->writing.c_str());
}

void RejectFile::Add(const Reject& reject) {
  ++count_;
  if (path_.empty()) return;
  std::string text;
  if (!impl_->file) {
    impl_->writing = impl_->in_place ? path_ : fmt::format("{}.tmp.{}", impl_->target, getpid());
    impl_->file.reset(std::fopen(impl_->writing.c_str(), impl_->in_place ? "abe" : "wbe"));
    text = fmt::format("{}\n", kHeader);
  }
  text +=
      fmt::format("{}\t{}\t{}\n", reject.line, EscapeField(reject.sku), EscapeField(reject.reason));
  // Flushed at once: an error is told here, where it can be, and not lost when the file is closed.
  if (!impl_->file || std::fwrite(text.data(), 1, text.size(), impl_->file.get()) != text.size() ||
      std::fflush(impl_->file.get()) != 0) {
    Fail(ErrorCode::kFailed, "writing the reject file {}: {}", path_, std::strerror(errno));
  }
}

void RejectFile::Commit() {
  if (path_.empty() || impl_->in_place) return;
  std::error_code error;
  if (count_ == 0) {
    fs::remove(impl_->target, error);
  } else {
    fs::rename(impl_->writing, impl_->target, error);
    if (!error) impl_->writing.clear();
  }
  if (error) {
    Fail(ErrorCode::kFailed, "replacing the reject file {}: {}", path_, error.message());
  }
}

}  // namespace csn
