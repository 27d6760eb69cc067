// Small tables of a program's own figures, for people.
#pragma once

#include <string>
#include <vector>

namespace csn::cli {

// Rows of cells, the first being the heads; columns as wide as their widest cell, all but the first
// flush right. Control characters become '?', so that a catalogue's text cannot steer a terminal.
// Ends in a newline.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace csn::cli
