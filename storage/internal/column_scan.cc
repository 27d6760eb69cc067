#include "storage/internal/column_scan.h"

#include <bit>

#include "base/hash.h"
#include "base/text.h"

namespace csn {
namespace {

constexpr uint64_t kMaxDistinct = 10'000;

std::vector<std::string> ListParts(const RawValue& raw) {
  std::vector<std::string> parts;
  if (const auto* text = std::get_if<std::string>(&raw)) parts = SplitText(*text, '|');
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) parts = *list;
  for (std::string& part : parts) part = std::string(Trim(part));
  std::erase_if(parts, [](const std::string& part) { return part.empty(); });
  return parts;
}

bool IsAbsent(const RawValue& raw) {
  if (const auto* text = std::get_if<std::string>(&raw)) return IsMissing(*text);
  return ListParts(raw).empty();
}

std::optional<double> NumberIn(const RawValue& raw) {
  const auto* text = std::get_if<std::string>(&raw);
  return text ? ParseNumber(*text) : std::nullopt;
}

// As the value of a text column.
std::string TextOf(const RawValue& raw) {
  const auto* text = std::get_if<std::string>(&raw);
  return text ? *text : ValueText(ListParts(raw));
}

}  // namespace

std::optional<Value> ConvertValue(const RawValue& raw, ColumnType type) {
  std::optional<Value> value(std::in_place);
  if (IsAbsent(raw)) return value;
  switch (type) {
    case ColumnType::kText:
      value->emplace<std::string>(TextOf(raw));
      break;
    case ColumnType::kNumber:
      if (const std::optional<double> number = NumberIn(raw)) {
        value->emplace<double>(*number);
      } else {
        value.reset();
      }
      break;
    case ColumnType::kList:
      if (std::vector<std::string> parts = ListParts(raw); !parts.empty()) {
        value->emplace<std::vector<std::string>>(std::move(parts));
      }
      break;
  }
  return value;
}

void ColumnScan::Distinct::Add(uint64_t hash) {
  if (seen_.size() < kMaxDistinct) seen_.insert(hash);
}

void ColumnScan::Add(const RawValue& raw) {
  if (IsAbsent(raw)) return;
  ++present_;
  const std::string text = TextOf(raw);
  texts_.Add(Hash64(text));
  const std::optional<double> number = NumberIn(raw);
  all_numbers_ = all_numbers_ && number.has_value();
  if (all_numbers_) {
    numbers_.Add(std::bit_cast<uint64_t>(*number + 0.0));  // -0 counts as 0
  } else {
    numbers_ = {};
  }
  any_list_ =
      any_list_ || !std::holds_alternative<std::string>(raw) || text.find('|') != std::string::npos;
  const std::vector<std::string> parts = ListParts(raw);
  if (parts.empty()) ++without_parts_;
  for (const std::string& part : parts) parts_.Add(Hash64(part));
}

ColumnSummary ColumnScan::Finish(const std::string& name, std::optional<ColumnType> declared,
                                 uint64_t rows) const {
  ColumnType inferred = any_list_ ? ColumnType::kList : ColumnType::kText;
  if (present_ > 0 && all_numbers_) inferred = ColumnType::kNumber;
  ColumnSummary summary;
  summary.column = {.name = name, .type = declared.value_or(inferred)};
  summary.present = present_;
  summary.distinct = texts_.count();
  if (summary.column.type == ColumnType::kNumber) summary.distinct = numbers_.count();
  if (summary.column.type == ColumnType::kList) {
    summary.present -= without_parts_;
    summary.distinct = parts_.count();
  }
  summary.missing = rows - summary.present;
  return summary;
}

}  // namespace csn
