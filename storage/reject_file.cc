#include "storage/reject_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"

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
  std::ifstream file(path, std::ios::binary);
  std::string line;
  return (file && file.peek() == std::ifstream::traits_type::eof()) ||
         (std::getline(file, line) && line == kHeader);
}

}  // namespace

struct RejectFile::Impl {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool in_place = false;  // a device or pipe: there is nothing to rename
  std::string writing;    // where Add writes; "" before the first
  std::unique_ptr<std::FILE, Close> file;
};

RejectFile::RejectFile(std::string path) : path_(std::move(path)), impl_(std::make_unique<Impl>()) {
  if (path_.empty()) return;
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  impl_->in_place = fs::exists(status) && !fs::is_regular_file(status);
  Require(!fs::is_directory(status), "reject file {}: expected a file, it is a folder", path_);
  Require(!fs::is_regular_file(status) || IsRejectList(path_),
          "reject file {}: holds something else; only a list of rejects (its first line is "
          "'line<TAB>sku<TAB>reason') is replaced",
          path_);
}

RejectFile::~RejectFile() {
  if (!impl_->writing.empty() && !impl_->in_place) unlink(impl_->writing.c_str());
}

void RejectFile::Add(const Reject& reject) {
  ++count_;
  if (path_.empty()) return;
  std::string text;
  if (!impl_->file) {
    impl_->writing = impl_->in_place ? path_ : fmt::format("{}.tmp.{}", path_, getpid());
    impl_->file.reset(std::fopen(impl_->writing.c_str(), "wbe"));
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
    fs::remove(path_, error);
  } else {
    fs::rename(impl_->writing, path_, error);
    impl_->writing.clear();
  }
  if (error) {
    Fail(ErrorCode::kFailed, "replacing the reject file {}: {}", path_, error.message());
  }
}

}  // namespace csn
