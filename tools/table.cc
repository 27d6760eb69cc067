#include "tools/table.h"

#include <algorithm>

#include "base/utf8.h"

namespace csn::cli {

std::string FormatTable(std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = EscapeForTerminal(row[i]);
      widths[i] = std::max(widths[i], DisplayLength(row[i]));
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - DisplayLength(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (i == 0 ? row[i] + fill : fill + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace csn::cli
