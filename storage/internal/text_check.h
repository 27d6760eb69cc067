// Text from files: is it fit to keep, and how is it shown in a message.
#pragma once

#include <string>
#include <string_view>

namespace csn {

// `text` without ASCII blanks (space, tab, line ends) at either end.
std::string_view TrimBlanks(std::string_view text);

// "" for valid UTF-8 without NUL, which every value must be to appear in JSON; else what is wrong.
std::string TextProblem(std::string_view text);

// `text` for a message: control characters and broken UTF-8 as \xNN, cut after about `max_bytes`.
std::string Printable(std::string_view text, size_t max_bytes = 200);

// Printable() in double quotes, short enough for a line.
std::string Quoted(std::string_view text);

}  // namespace csn
