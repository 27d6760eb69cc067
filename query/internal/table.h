// An answer as a table for a person.
#pragma once

#include <string>
#include <string_view>

#include "query/query.h"

namespace csn {

// Aligned columns and a last line about the answer; no line is wider than `width` code points (0:
// as wide as it takes). Where it is narrow, long metadata is cut and the last metadata columns are
// left out, which the last line says.
std::string FormatTable(const Answer& answer, size_t width);

// `text` made harmless for a terminal: control characters, those that reorder or break lines, and
// bytes that are not UTF-8 become \n, \t, \x1b or \u202e. The result is valid UTF-8.
std::string EscapeForTerminal(std::string_view text);

}  // namespace csn
