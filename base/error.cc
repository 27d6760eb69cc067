#include "base/error.h"

namespace csn {

int ExitStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFailed:
      return 1;
    case ErrorCode::kInvalidArgument:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kCorruption:
      return 5;
    case ErrorCode::kMismatch:
      return 6;
    case ErrorCode::kTargetNotMet:
      return 7;
    case ErrorCode::kLocked:
      return 8;
    case ErrorCode::kInterrupted:
      return 130;
  }
  return 1;
}

}  // namespace csn
