// An answer as a table for a person.
#pragma once

#include <string>

#include "query/query.h"

namespace csn {

// Aligned columns and a last line about the answer; no line is wider than `width` code points (0:
// as wide as it takes). Where it is narrow, long metadata is cut and the last metadata columns are
// left out, which the last line says.
std::string FormatTable(const Answer& answer, size_t width);

}  // namespace csn
