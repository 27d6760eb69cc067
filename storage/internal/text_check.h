// Text from files: is it fit to keep, and how is it shown in a message.
#pragma once

#include <string>
#include <string_view>

namespace csn {

// "" for valid UTF-8 without NUL, which every value must be to appear in JSON; else what is wrong.
std::string TextProblem(std::string_view text);

// `text` for a message: EscapeForTerminal (base/utf8.h) of its first `max_bytes` or a few more.
std::string Printable(std::string_view text, size_t max_bytes = 200);

// Printable() in double quotes, short enough for a line.
std::string Quoted(std::string_view text);

}  // namespace csn
