// The built programs, run as a user would run them, with what it cost.
#pragma once

#include <string>
#include <vector>

namespace csn::bench {

struct Cost {
  double seconds = 0;   // from before the process started until it had ended
  double peak_mib = 0;  // its largest resident set
};

// Runs `command` (a path, or the name of a built program, then arguments) with stdout and stderr
// dropped. Throws std::runtime_error naming it where it cannot be started or ends with another
// status than 0.
Cost RunProgram(const std::vector<std::string>& command);

}  // namespace csn::bench
