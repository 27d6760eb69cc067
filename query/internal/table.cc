#include "query/internal/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace csn {
namespace {

constexpr size_t kGap = 2;              // spaces between columns
constexpr size_t kNarrowMetadata = 24;  // what a metadata cell keeps where the table is too wide
constexpr std::string_view kEllipsis = "…";

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes
};

// The code point `text` starts with, or nothing where its bytes are not UTF-8.
std::optional<CodePoint> Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  size_t length = 0;
  if ((lead & 0xe0) == 0xc0) length = 2;
  if ((lead & 0xf0) == 0xe0) length = 3;
  if ((lead & 0xf8) == 0xf0) length = 4;
  if (length == 0 || text.size() < length) return std::nullopt;
  uint32_t value = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return std::nullopt;
  return CodePoint{value, length};
}

bool IsHarmful(uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) ||       // C0, DEL, C1
         value == 0x61c || value == 0x200e || value == 0x200f ||  // direction marks
         (value >= 0x2028 && value <= 0x202e) ||  // line breaks, embeddings, overrides
         (value >= 0x2066 && value <= 0x2069) ||  // isolates
         value == 0xfeff;
}

std::string Escaped(uint32_t value) {
  if (value == '\n') return "\\n";
  if (value == '\r') return "\\r";
  if (value == '\t') return "\\t";
  return value < 0x100 ? fmt::format("\\x{:02x}", value) : fmt::format("\\u{:04x}", value);
}

// Code points of valid UTF-8.
size_t Length(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

// Valid UTF-8 cut to `width` code points, the last an ellipsis where something is cut.
std::string Cut(const std::string& text, size_t width) {
  if (Length(text) <= width) return text;
  if (width == 0) return "";
  size_t end = 0;
  for (size_t kept = 0; kept + 1 < width; ++kept) end += Decode(text.substr(end))->length;
  return text.substr(0, end) + std::string(kEllipsis);
}

struct TableColumn {
  bool align_right = false;
  std::vector<std::string> cells;  // the title first

  size_t Width() const {
    size_t width = 0;
    for (const std::string& cell : cells) width = std::max(width, Length(cell));
    return width;
  }
};

// One column a notion: the shown distance and, where the notion counts, its part of the score.
TableColumn NotionColumn(const Answer& answer, size_t notion) {
  TableColumn column{.align_right = true, .cells = {EscapeForTerminal(answer.notions[notion])}};
  const bool counts = std::any_of(answer.hits.begin(), answer.hits.end(),
                                  [&](const Hit& hit) { return hit.parts[notion].share != 0; });
  for (const Hit& hit : answer.hits) {
    std::string cell = fmt::format("{:.3f}", hit.parts[notion].distance);
    if (counts) {
      // Of the sum of magnitudes, so that percentages mean something beside negative weights.
      double all = 0;
      for (const NotionPart& part : hit.parts) all += std::abs(part.share);
      cell +=
          fmt::format(" ({} %)", all > 0 ? std::lround(100 * hit.parts[notion].share / all) : 0);
    }
    column.cells.push_back(std::move(cell));
  }
  return column;
}

std::vector<TableColumn> FixedColumns(const Answer& answer) {
  TableColumn rank{.align_right = true, .cells = {"rank"}};
  TableColumn sku{.align_right = false, .cells = {"sku"}};
  TableColumn score{.align_right = true, .cells = {"score"}};
  for (const Hit& hit : answer.hits) {
    rank.cells.push_back(fmt::format("{}", hit.rank));
    sku.cells.push_back(EscapeForTerminal(hit.item.sku));
    score.cells.push_back(fmt::format("{:.4f}", hit.score));
  }
  std::vector<TableColumn> columns = {std::move(rank), std::move(sku), std::move(score)};
  for (size_t notion = 0; notion < answer.notions.size(); ++notion) {
    columns.push_back(NotionColumn(answer, notion));
  }
  return columns;
}

std::vector<TableColumn> MetadataColumns(const Answer& answer) {
  std::vector<TableColumn> columns;
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    TableColumn column{.align_right = answer.columns[i].type == ColumnType::kNumber,
                       .cells = {EscapeForTerminal(answer.columns[i].name)}};
    for (const Hit& hit : answer.hits) {
      column.cells.push_back(EscapeForTerminal(ValueText(hit.item.values[i])));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

size_t TableWidth(const std::vector<TableColumn>& columns) {
  size_t width = 0;
  for (const TableColumn& column : columns) width += column.Width() + kGap;
  return width - kGap;
}

// Cuts metadata, then drops the last columns until the table fits. Returns how many were dropped.
size_t FitMetadata(std::vector<TableColumn>& columns, size_t fixed, size_t width) {
  if (width == 0 || TableWidth(columns) <= width) return 0;
  for (size_t i = fixed; i < columns.size(); ++i) {
    for (std::string& cell : columns[i].cells) cell = Cut(cell, kNarrowMetadata);
  }
  size_t dropped = 0;
  for (; columns.size() > fixed && TableWidth(columns) > width; ++dropped) columns.pop_back();
  return dropped;
}

std::string Line(const std::vector<TableColumn>& columns, size_t line) {
  std::string text;
  for (const TableColumn& column : columns) {
    const std::string& cell = column.cells[line];
    const std::string padding(column.Width() - Length(cell), ' ');
    text += column.align_right ? padding + cell : cell + padding;
    text.append(kGap, ' ');
  }
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string LastLine(const Answer& answer, size_t dropped) {
  std::string text =
      fmt::format("plan {}, {}", PlanName(answer.plan), answer.exact ? "exact" : "approximate");
  if (answer.shortfall > 0) text += fmt::format(", shortfall {}", answer.shortfall);
  text += fmt::format(", generation {}", answer.generation);
  if (dropped > 0) text += fmt::format(", {} column{} hidden", dropped, dropped == 1 ? "" : "s");
  return text;
}

}  // namespace

std::string EscapeForTerminal(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::optional<CodePoint> point = Decode(text);
    const size_t length = point.has_value() ? point->length : 1;
    if (!point.has_value()) {
      escaped += Escaped(static_cast<uint8_t>(text[0]));
    } else if (IsHarmful(point->value)) {
      escaped += Escaped(point->value);
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return escaped;
}

std::string FormatTable(const Answer& answer, size_t width) {
  std::vector<TableColumn> columns = FixedColumns(answer);
  const size_t fixed = columns.size();
  for (TableColumn& column : MetadataColumns(answer)) columns.push_back(std::move(column));
  const size_t dropped = FitMetadata(columns, fixed, width);
  std::string text;
  const auto add = [&](const std::string& line) {
    text += (width == 0 ? line : Cut(line, width)) + "\n";
  };
  for (size_t line = 0; line <= answer.hits.size(); ++line) add(Line(columns, line));
  add(LastLine(answer, dropped));
  return text;
}

}  // namespace csn
