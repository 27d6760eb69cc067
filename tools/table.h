// Small tables of a program's own figures, for people.
#pragma once

#include <string>
#include <vector>

namespace csn::cli {

// Rows of cells, the first being the heads; columns as wide as their widest cell, all but the first
// flush right. A catalogue's text cannot steer the terminal (base/utf8.h EscapeForTerminal). Ends
// in a newline.
std::string FormatTable(std::vector<std::vector<std::string>> rows);

}  // namespace csn::cli
