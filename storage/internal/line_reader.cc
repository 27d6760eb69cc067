#include "storage/internal/line_reader.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace csn {
namespace {

constexpr size_t kPieceBytes = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

void Append(Line& line, const char* bytes, size_t count) {
  if (!line.too_long && line.text.size() + count > kMaxRowBytes) {
    line.too_long = true;
    line.text.clear();
  }
  if (!line.too_long) line.text.append(bytes, count);
}

}  // namespace

LineReader::LineReader(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "rb")), buffer_(kPieceBytes) {
  if (!file_) Fail(ErrorCode::kFailed, "opening {}: {}", path_, std::strerror(errno));
}

bool LineReader::Fill() {
  begin_ = 0;
  end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (end_ == 0 && std::ferror(file_.get())) {
    Fail(ErrorCode::kFailed, "reading {}: {}", path_, std::strerror(errno));
  }
  return end_ > 0;
}

bool LineReader::Next(Line& line) {
  line = Line();
  line.number = number_ + 1;
  bool any = false;
  while (begin_ < end_ || Fill()) {
    any = true;
    const char* start = buffer_.data() + begin_;
    const void* feed = std::memchr(start, '\n', end_ - begin_);
    const size_t count = feed ? static_cast<const char*>(feed) - start : end_ - begin_;
    Append(line, start, count);
    begin_ += count + (feed ? 1 : 0);
    if (feed) break;
  }
  if (!any) return false;
  ++number_;
  if (number_ == 1 && line.text.starts_with(kByteOrderMark)) {
    line.text.erase(0, kByteOrderMark.size());
  }
  return true;
}

}  // namespace csn
