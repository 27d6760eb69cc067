#include "base/item.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace csn {
namespace {

struct ToText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(double number) const { return fmt::format("{}", number); }
  std::string operator()(const std::vector<std::string>& parts) const {
    return fmt::format("{}", fmt::join(parts, "|"));
  }
};

}  // namespace

std::string_view ColumnTypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return "text";
    case ColumnType::kNumber:
      return "number";
    case ColumnType::kList:
      return "list";
  }
  Fail(ErrorCode::kCorruption, "column type {}: expected 0, 1 or 2", static_cast<int>(type));
}

ColumnType ParseColumnType(std::string_view name) {
  for (const ColumnType type : {ColumnType::kText, ColumnType::kNumber, ColumnType::kList}) {
    if (name == ColumnTypeName(type)) return type;
  }
  Fail(ErrorCode::kInvalidArgument, "column type '{}': expected text, number or list", name);
}

std::string ValueText(const Value& value) { return std::visit(ToText(), value); }

}  // namespace csn
