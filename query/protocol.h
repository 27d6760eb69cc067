// Answers as text: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "query/query.h"

namespace csn {

enum class Format { kTable, kJsonl, kJson, kCsv };
// Throws Error(kInvalidArgument) naming the choices.
Format ParseFormat(std::string_view name);

// The whole answer, ending in a newline.
// JSONL: a line a hit
// {"rank","sku","score","notions":{NAME:{"distance","share"}},"why","vector":[...],
//  "item":{"image",COLUMN:value}}, then
// {"answer":{"plan","exact","shortfall","generation","qualifying","cursor",
//  "kept_out":[{"step","sku","score","why","nearer"}],"notes"}}; no "vector", "item" or "image"
// where the query asked for none, "why" and "kept_out" only with explanations, "qualifying" only
// with a filter, "cursor" and "notes" only where there are some.
// JSON: one object
// {"hits":[...],"answer":{...}}. CSV: a header and a line a hit, quoted as in RFC 4180, lines
// ending in a line feed. Table: aligned columns for a person, `width` characters wide at most (0:
// as wide as it takes).
std::string FormatAnswer(const Answer& answer, Format format, size_t width = 0);

// A line of a batch's answers, ending in a newline: {"line","hits":[...],"answer":{...}} as above,
// or {"line","error":{"status","message"}} with the exit status that the error would end a program
// with. `line` is the query's, from 1 on.
std::string FormatBatchAnswer(uint64_t line, const Answer& answer);
std::string FormatBatchError(uint64_t line, int status, const std::string& message);

}  // namespace csn
