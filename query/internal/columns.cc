#include "query/internal/columns.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace csn::internal {
namespace {

std::string Folded(std::string_view name) {
  std::string folded = LowerCase(name);
  std::replace_if(
      folded.begin(), folded.end(), [](char c) { return c == '-' || c == ' '; }, '_');
  return folded;
}

}  // namespace

bool AreAlike(std::string_view a, std::string_view b) { return Folded(a) == Folded(b); }

std::optional<size_t> LookUpColumn(const std::vector<Column>& columns, std::string_view name) {
  std::vector<size_t> alike;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    if (AreAlike(columns[i].name, name)) alike.push_back(i);
  }
  if (alike.size() == 1) return alike.front();
  return std::nullopt;
}

}  // namespace csn::internal
