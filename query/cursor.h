// Where a page of an answer ended: a text that the next query brings along.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/neighbor.h"

namespace csn {

struct CursorPosition {
  uint64_t hits = 0;   // on this page and all before
  Neighbor last = {};  // the last of them, by which answers without diversity go on
};

struct Cursor {
  std::string generation;
  uint64_t query_hash = 0;
  CursorPosition position;
};

// URL-safe text of letters, digits, - and _.
std::string FormatCursor(const Cursor& cursor);
// Throws Error(kInvalidArgument) where `text` is none that FormatCursor gave.
Cursor ParseCursor(const std::string& text);

}  // namespace csn
