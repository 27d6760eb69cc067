// What the fuzz targets share. A target is one function over bytes, LLVMFuzzerTestOneInput: linked
// with libFuzzer it is fed made-up inputs (preset fuzz), with replay_main.cc the kept ones (every
// other preset). Errors of ours are an input's right; a crash, a sanitizer's report, any other
// exception or an Expect() that fails is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace csn::fuzz {

// Ends the process, saying `what` did not hold.
void Expect(bool holds, std::string_view what);

// What `call` returns, or nothing where it refused the input with one of `codes`.
template <typename Call>
auto Accepted(const Call& call, std::initializer_list<ErrorCode> codes)
    -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (const Error& error) {
    bool expected = false;
    for (const ErrorCode code : codes) expected = expected || code == error.code();
    Expect(expected, error.what());
    return std::nullopt;
  }
}

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// One file in memory, alone in its folder, for what only reads from a path; its bytes can be
// replaced. Removed with its folder at the end.
class MemoryFile {
 public:
  // Throws std::system_error.
  explicit MemoryFile(std::string_view name);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const std::string& path() const { return path_; }
  void Write(std::string_view bytes);

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace csn::fuzz
