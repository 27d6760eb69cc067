#include "tools/report/eval_text.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"

namespace csn {
namespace {

std::string ShortName(const std::string& path) {
  const std::filesystem::path whole(path);
  return whole.extension() == ".csn" ? whole.stem().string() : whole.filename().string();
}

}  // namespace

size_t ColourNumber(const EvalReport& report, std::string_view notion) {
  std::vector<std::string_view> names;
  for (const EvaluatedModel& model : report.models) {
    for (const Notion& own : model.header.notions) {
      if (std::ranges::find(names, own.name) == names.end()) names.push_back(own.name);
    }
  }
  return static_cast<size_t>(std::ranges::find(names, notion) - names.begin());
}

std::vector<std::string> ModelNames(const EvalReport& report) {
  std::map<std::string, int> short_names, paths;
  for (const EvaluatedModel& model : report.models) ++short_names[ShortName(model.path)];
  std::vector<std::string> names;
  for (const EvaluatedModel& model : report.models) {
    const std::string name = ShortName(model.path);
    names.push_back(short_names[name] == 1 ? name : model.path);
    if (const int times = ++paths[model.path]; times > 1)
      names.back() += fmt::format(" ({})", times);
  }
  return names;
}

std::string MeasuredName(const EvalReport& report, size_t notion) {
  if (report.models.empty() || notion >= report.models.front().notions.size()) return "";
  return report.models.front().notions[notion].notion.name;
}

std::string LabelOf(const EvalReport& report, size_t item, size_t notion) {
  const std::vector<std::string>& labels = report.items[item].labels;
  return notion < labels.size() ? labels[notion] : "";
}

std::string SystemName(const Model& model) {
  if (model.networks > 1) return fmt::format("{} specialists", model.networks);
  switch (model.training.masks) {
    case MaskKind::kPreinitialised:
      return "learned masks, begun on slices";
    case MaskKind::kLearned:
      return "learned masks, begun at random";
    case MaskKind::kFixed:
      return "fixed masks";
    case MaskKind::kNone:
      return "no masks";
  }
  return "";
}

std::string IntervalHtml(const Interval& interval) {
  if (!std::isfinite(interval.value)) return "–";
  std::string html = PercentText(interval.value);
  if (std::isfinite(interval.low) && std::isfinite(interval.high)) {
    AddTo(html, " <span class=\"interval\">({:.1f} to {:.1f})</span>", 100 * interval.low,
          100 * interval.high);
  }
  return html;
}

std::string CountText(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string FigureText(double value) {
  return std::isfinite(value) ? fmt::format("{:.3f}", value) : "–";
}

std::string FigureText(const std::vector<double>& values, size_t position) {
  return position < values.size() ? FigureText(values[position]) : "–";
}

std::string PercentText(const std::vector<double>& values, size_t position) {
  return position < values.size() ? PercentText(values[position]) : "–";
}

std::string NotionHtml(const EvalReport& report, std::string_view notion) {
  return NotionDot(ColourNumber(report, notion)) + EscapeHtml(notion);
}

}  // namespace csn
