#include "storage/internal/npy_header.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace {

// Reads the header's text, a Python dictionary such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }
class DictParser {
 public:
  DictParser(const std::string& path, std::string_view text) : path_(path), rest_(text) {}

  // Key -> its value as written.
  std::map<std::string, std::string_view> Parse() {
    std::map<std::string, std::string_view> entries;
    Expect('{');
    while (!Accept('}')) {
      const std::string key(TakeQuoted());
      Expect(':');
      Require(entries.emplace(key, TakeValue()).second, "{}: .npy header: {} stands there twice",
              path_, Quoted(key));
      if (!Accept(',')) {
        Expect('}');
        break;
      }
    }
    SkipBlanks();
    if (!rest_.empty()) FailHere("nothing after it");
    return entries;
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) {
      rest_.remove_prefix(1);
    }
  }
  bool Accept(char c) {
    SkipBlanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char c) {
    if (!Accept(c)) FailHere(std::string("'") + c + "'");
  }
  std::string_view Take(size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view TakeQuoted() {
    SkipBlanks();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : rest_.npos;
    if (end == rest_.npos) FailHere("a text in quotes");
    return Take(end + 1).substr(1, end - 1);
  }
  // A text, a tuple in its brackets, or a word.
  std::string_view TakeValue() {
    SkipBlanks();
    const char first = rest_.empty() ? '\0' : rest_.front();
    if (first == '\'' || first == '"') return TakeQuoted();
    const size_t end = first == '(' ? rest_.find(')') : rest_.find_first_of(",}");
    if (end == rest_.npos) FailHere("a value");
    return first == '(' ? Take(end + 1) : Trim(Take(end));
  }
  [[noreturn]] void FailHere(std::string_view expected) const {
    Fail(ErrorCode::kInvalidArgument, "{}: .npy header: expected {}, got {}", path_, expected,
         Quoted(rest_));
  }

  const std::string& path_;
  std::string_view rest_;
};

// Length of the header's text and where it begins; checked against the file.
std::string_view HeaderText(const std::string& path, std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])); };
  Require(bytes.size() >= 10, "{}: a .npy file of {} bytes is cut off", path, bytes.size());
  const uint64_t version = byte(6);
  Require(version == 1 || version == 2, "{}: .npy version {}; versions 1 and 2 are read", path,
          version);
  const size_t start = version == 1 ? 10 : 12;
  Require(bytes.size() >= start, "{}: a .npy file of {} bytes is cut off", path, bytes.size());
  uint64_t length = byte(8) | byte(9) << 8;
  if (version == 2) length |= byte(10) << 16 | byte(11) << 24;
  Require(length <= bytes.size() - start, "{}: .npy header of {} bytes, the file has {} left", path,
          length, bytes.size() - start);
  return bytes.substr(start, length);
}

// Rows and columns of a shape as it is written; one that is not wanted is refused.
std::pair<uint64_t, uint64_t> SizesOf(const std::string& path, std::string_view shape,
                                      NpyShape wanted) {
  std::vector<uint64_t> sizes;
  bool good = shape.size() >= 2 && shape.front() == '(' && shape.back() == ')';
  std::string_view rest = good ? shape.substr(1, shape.size() - 2) : "";
  while (good && !Trim(rest).empty()) {
    const std::string_view text = Trim(rest.substr(0, rest.find(',')));
    uint64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    good = error == std::errc() && end == text.data() + text.size();
    sizes.push_back(size);
    rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
  }
  const bool vector = wanted == NpyShape::kVector;
  if (vector && sizes.size() == 1) sizes.insert(sizes.begin(), 1);
  good = good && sizes.size() == 2 && (sizes[0] == 1 || !vector) && sizes[1] > 0;
  Require(good, "{}: the array's shape is {}; expected {}", path, Printable(shape, 80),
          vector ? "(d,) or (1, d)" : "(n, d)");
  return {sizes[0], sizes[1]};
}

}  // namespace

NpyHeader ParseNpyHeader(const std::string& path, std::string_view bytes, NpyShape shape) {
  const std::string_view text = HeaderText(path, bytes);
  const std::map<std::string, std::string_view> entries = DictParser(path, text).Parse();
  const auto entry = [&](const std::string& key) {
    const auto found = entries.find(key);
    Require(found != entries.end(), "{}: .npy header: there is no '{}'", path, key);
    return found->second;
  };
  const std::string_view type = entry("descr");
  Require(type == "<f4" || type == "<f8",
          "{}: values are of type {}; expected little-endian float32 (<f4) or float64 (<f8)", path,
          Quoted(type));
  Require(entry("fortran_order") == "False", "{}: fortran_order is {}; expected False (C order)",
          path, Printable(entry("fortran_order"), 80));
  NpyHeader header;
  header.is_double = type == "<f8";
  std::tie(header.rows, header.cols) = SizesOf(path, entry("shape"), shape);
  header.data_start = static_cast<size_t>(text.data() + text.size() - bytes.data());
  const uint64_t data = bytes.size() - header.data_start;
  const uint64_t width = header.is_double ? sizeof(double) : sizeof(float);
  // Divided, not multiplied: a header may claim any sizes.
  const bool whole = data % width == 0 && data / width % header.cols == 0 &&
                     data / width / header.cols == header.rows;
  Require(whole, "{}: the header announces {} values of {} bytes, {} bytes follow", path,
          header.rows == 1 ? fmt::format("{}", header.cols)
                           : fmt::format("{} times {}", header.rows, header.cols),
          width, data);
  return header;
}

}  // namespace csn
