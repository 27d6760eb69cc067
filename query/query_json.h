// Queries written in JSON. docs/query.md and docs/query.schema.json describe it.
#pragma once

#include <string>
#include <string_view>

#include "query/query.h"

namespace csn {

inline constexpr size_t kMaxQueryBytes = 16 << 20;
inline constexpr size_t kMaxQueryDepth = 8;  // of arrays and objects within each other

// Reads one query: an object. What it does not name is as in `defaults`; what it does name takes
// the place of the default whole. Throws Error(kInvalidArgument): where it is no JSON, with line
// and column; else "query, /notions/closure: expected ..., got ..." with the place as a JSON
// pointer (RFC 6901), for keys that are unknown (with near ones) or there twice, values of another
// type or out of range, and what is nested too deep. Whether notions and columns exist is for the
// engine to say.
Query ParseQuery(std::string_view text, const Query& defaults = {});

// As ParseQuery reads it, on one line; floats and doubles read back equal.
std::string FormatQuery(const Query& query);

}  // namespace csn
