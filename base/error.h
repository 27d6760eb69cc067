// The one exception of the project, its codes, and the two functions that throw it.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace csn {

// What went wrong, as far as a caller can act on it. Never one code per library.
enum class ErrorCode {
  kFailed,           // could not be done now: no space, no permission, no row accepted
  kInvalidArgument,  // the caller's fault: a wrong flag, name, shape or value
  kNotFound,         // no such file, index, sku
  kCorruption,       // damaged, truncated, foreign or newer bytes
  kMismatch,         // two sound things that do not belong together: model and index
  kTargetNotMet,     // a promised quality could not be reached
  kLocked,           // another writer holds the index
  kInterrupted,      // stopped by a signal
};

// The exit status of a program that ends with this error: 1 to 8 as docs/architecture.md lists
// them, 130 for kInterrupted.
int ExitStatus(ErrorCode code);

// Thrown by every folder; outside libraries' errors are translated to it at the folder's edge.
// `what()` says what was being done, to which file, item or flag, what was expected and what came.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// Throws Error(code, formatted message).
template <typename... Args>
[[noreturn]] void Fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

// Throws Error(kInvalidArgument, formatted message) unless `condition` holds.
template <typename... Args>
void Require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) Fail(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

}  // namespace csn
