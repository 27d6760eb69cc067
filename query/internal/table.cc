#include "query/internal/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace csn {
namespace {

constexpr size_t kGap = 2;              // spaces between columns
constexpr size_t kNarrowMetadata = 24;  // what a metadata cell keeps where the table is too wide

struct TableColumn {
  bool align_right = false;
  std::vector<std::string> cells = {};  // the title first
  size_t width = 0;                     // of the widest cell

  void Add(std::string cell) {
    width = std::max(width, DisplayLength(cell));
    cells.push_back(std::move(cell));
  }
  void CutTo(size_t limit) {
    for (std::string& cell : cells) cell = CutForDisplay(cell, limit);
    width = std::min(width, limit);
  }
};

bool Counts(const Answer& answer, size_t notion) {
  return std::any_of(answer.hits.begin(), answer.hits.end(),
                     [&](const Hit& hit) { return hit.parts[notion].share != 0; });
}

// One column a notion: the shown distance and, where the notion counts, its part of the score. The
// mark tells it from a metadata column of the same name.
TableColumn NotionColumn(const Answer& answer, size_t notion) {
  TableColumn column{.align_right = true};
  column.Add("~" + EscapeForTerminal(answer.notions[notion]));
  const bool counts = Counts(answer, notion);
  for (const Hit& hit : answer.hits) {
    std::string cell = fmt::format("{:.3f}", hit.parts[notion].distance);
    if (counts) {
      // Of the sum of magnitudes, so that percentages mean something beside negative weights.
      double all = 0;
      for (const NotionPart& part : hit.parts) all += std::abs(part.share);
      cell +=
          fmt::format(" ({} %)", all > 0 ? std::lround(100 * hit.parts[notion].share / all) : 0);
    }
    column.Add(std::move(cell));
  }
  return column;
}

std::vector<TableColumn> FixedColumns(const Answer& answer) {
  TableColumn rank{.align_right = true}, sku{.align_right = false}, score{.align_right = true};
  rank.Add("rank");
  sku.Add("sku");
  score.Add("score");
  for (const Hit& hit : answer.hits) {
    rank.Add(fmt::format("{}", hit.rank));
    sku.Add(EscapeForTerminal(hit.item.sku));
    score.Add(fmt::format("{:.4f}", hit.score));
  }
  std::vector<TableColumn> columns = {std::move(rank), std::move(sku), std::move(score)};
  for (size_t notion = 0; notion < answer.notions.size(); ++notion) {
    columns.push_back(NotionColumn(answer, notion));
  }
  return columns;
}

// First the columns that the notions asked for were learned from: on a narrow screen the last go.
std::vector<size_t> MetadataOrder(const Answer& answer) {
  std::vector<size_t> order(answer.columns.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(), [&](size_t column) {
    for (size_t notion = 0; notion < answer.notions.size(); ++notion) {
      if (answer.sources[notion] == answer.columns[column].name && Counts(answer, notion)) {
        return true;
      }
    }
    return false;
  });
  return order;
}

std::vector<TableColumn> MetadataColumns(const Answer& answer) {
  std::vector<TableColumn> columns;
  for (const size_t i : MetadataOrder(answer)) {
    TableColumn column{.align_right = answer.columns[i].type == ColumnType::kNumber};
    column.Add(EscapeForTerminal(answer.columns[i].name));
    for (const Hit& hit : answer.hits) {
      column.Add(EscapeForTerminal(ValueText(hit.item.values[i])));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

size_t TableWidth(const std::vector<TableColumn>& columns) {
  size_t width = 0;
  for (const TableColumn& column : columns) width += column.width + kGap;
  return width - kGap;
}

// Cuts metadata, then drops the last columns until the table fits. Returns how many were dropped.
size_t FitMetadata(std::vector<TableColumn>& columns, size_t fixed, size_t width) {
  if (width == 0 || TableWidth(columns) <= width) return 0;
  for (size_t i = fixed; i < columns.size(); ++i) columns[i].CutTo(kNarrowMetadata);
  size_t dropped = 0;
  for (; columns.size() > fixed && TableWidth(columns) > width; ++dropped) columns.pop_back();
  return dropped;
}

std::string Line(const std::vector<TableColumn>& columns, size_t line) {
  std::string text;
  for (const TableColumn& column : columns) {
    const std::string& cell = column.cells[line];
    const std::string padding(column.width - DisplayLength(cell), ' ');
    text += column.align_right ? padding + cell : cell + padding;
    text.append(kGap, ' ');
  }
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string LastLine(const Answer& answer, size_t dropped) {
  std::string text =
      fmt::format("plan {}, {}", PlanName(answer.plan), answer.exact ? "exact" : "approximate");
  if (answer.qualifying) text += fmt::format(", {} qualify", *answer.qualifying);
  if (answer.shortfall > 0) text += fmt::format(", shortfall {}", answer.shortfall);
  text += fmt::format(", generation {}", answer.generation);
  if (dropped > 0) text += fmt::format(", {} column{} hidden", dropped, dropped == 1 ? "" : "s");
  return text;
}

// Lines of words, whole however narrow the screen.
std::string Explanations(const Answer& answer) {
  if (!answer.kept_out) return "";
  std::string text = answer.hits.empty() ? "" : "why\n";
  for (const Hit& hit : answer.hits) {
    text += fmt::format("{:>4}  {}: {}\n", hit.rank, EscapeForTerminal(hit.item.sku),
                        EscapeForTerminal(hit.why));
  }
  if (!answer.kept_out->empty()) text += "kept out\n";
  for (const KeptOut& kept : *answer.kept_out) {
    text += fmt::format("{:>12}  {} ({:.4f}): {}{}\n", StepName(kept.step),
                        EscapeForTerminal(kept.sku), kept.score, EscapeForTerminal(kept.why),
                        kept.nearer > 1 ? fmt::format(" (and {} other{})", kept.nearer - 1,
                                                      kept.nearer == 2 ? "" : "s")
                                        : "");
  }
  return text;
}

// What was expected of each way, and what the one that was taken came to.
std::string PlanLines(const Answer& answer) {
  if (!answer.plan_report) return "";
  const PlanReport& report = *answer.plan_report;
  std::string text = "ways\n";
  for (const PlanReport::Way& way : report.ways) {
    text += fmt::format("{:>12}  {:.3f} ms expected{}\n", way.name, way.expected_ms,
                        way.taken ? fmt::format(", {:.3f} ms seen", report.seen_ms) : "");
  }
  if (report.rows_by_codes + report.rows_by_floats == 0) return text;
  return text + fmt::format("      looked  at {} rows by codes, {} by floats, {} measured\n",
                            report.rows_by_codes, report.rows_by_floats, report.rows_measured);
}

}  // namespace

std::string FormatTable(const Answer& answer, size_t width) {
  std::vector<TableColumn> columns = FixedColumns(answer);
  const size_t fixed = columns.size();
  for (TableColumn& column : MetadataColumns(answer)) columns.push_back(std::move(column));
  const size_t dropped = FitMetadata(columns, fixed, width);
  std::string text;
  const auto add = [&](const std::string& line) {
    text += (width == 0 ? line : CutForDisplay(line, width)) + "\n";
  };
  for (size_t line = 0; line <= answer.hits.size(); ++line) add(Line(columns, line));
  add("~notion: distance in it (share of the score)");
  add(LastLine(answer, dropped));
  text += Explanations(answer) + PlanLines(answer);
  // Whole, however narrow the screen: it is to be copied.
  if (!answer.cursor.empty()) text += "more: --cursor " + answer.cursor + "\n";
  return text;
}

}  // namespace csn
