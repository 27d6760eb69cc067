#include "storage/internal/current_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "storage/internal/manifest_check.h"
#include "storage/internal/text_check.h"
#include "storage/layout.h"

namespace csn::internal {
namespace {

constexpr size_t kChecksumDigits = 32;
constexpr size_t kLongestName = 18;      // digits that surely fit 64 bits
constexpr uint64_t kLongestLine = 4096;  // far above; a damaged file may claim any size

}  // namespace

std::optional<uint64_t> GenerationNumber(const std::string& name) {
  const bool digits =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || name.empty() || name.size() > kLongestName) return std::nullopt;
  const uint64_t number = std::stoull(name);
  if (number == 0 || layout::GenerationName(number) != name) return std::nullopt;
  return number;
}

std::optional<CurrentLine> ReadCurrent(const std::string& index) {
  const std::string path = layout::Current(index);
  std::string text;
  try {
    const std::vector<uint8_t> bytes = ReadFilePart(path, 0, kLongestLine);
    text.assign(bytes.begin(), bytes.end());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return std::nullopt;
    throw;
  }
  CurrentLine line;
  const size_t space = text.find(' ');
  if (space != std::string::npos && text.back() == '\n') {
    line.name = text.substr(0, space);
    line.manifest_checksum = text.substr(space + 1, text.size() - space - 2);
  }
  if (!GenerationNumber(line.name) || !IsHex(line.manifest_checksum, kChecksumDigits)) {
    Fail(ErrorCode::kCorruption,
         "{}: expected one line, a generation's number and a checksum; got {}", path, Quoted(text));
  }
  return line;
}

void WriteCurrent(const std::string& index, const CurrentLine& line) {
  WriteFileAtomically(layout::Current(index), line.name + " " + line.manifest_checksum + "\n");
}

}  // namespace csn::internal
