// The lines of a text file, one at a time, in bounded memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace csn {

// No row of a catalogue may be longer; what is longer is refused without being held.
inline constexpr size_t kMaxRowBytes = 1 << 20;

struct Line {
  uint64_t number = 0;    // 1-based
  std::string text;       // without its line feed; empty where too_long
  bool too_long = false;  // beyond kMaxRowBytes
};

// Lines end at a line feed (a carriage return before it stays in the text) or at the end of the
// file. A byte order mark at the start is skipped. Not thread-safe.
class LineReader {
 public:
  // Throws Error(kFailed) where the file cannot be opened.
  explicit LineReader(const std::string& path);

  // False after the last line. Throws Error(kFailed) where the file cannot be read.
  bool Next(Line& line);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool Fill();

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is read and not yet given out
  size_t end_ = 0;
  uint64_t number_ = 0;
};

}  // namespace csn
