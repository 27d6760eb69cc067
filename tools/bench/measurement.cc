#include "tools/bench/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/report/html.h"
#include "tools/report/svg_lines.h"
#include "tools/table.h"

namespace csn {
namespace {

// What finds less is left out: it would press all else against the upper edge.
constexpr double kLeastRecallShown = 0.8;

std::string RecallText(const Measurement& at) {
  if (at.exact) return "exact";
  return fmt::format("{:.2f} % ({:.2f} to {:.2f})", 100 * at.recall.value, 100 * at.recall.low,
                     100 * at.recall.high);
}

std::string Milliseconds(double seconds) { return fmt::format("{:.3f} ms", 1e3 * seconds); }

// Points of one name are a curve.
std::string CurveName(const Measurement& at) { return at.engine + " " + at.plan; }

}  // namespace

nlohmann::ordered_json MeasurementJson(const BenchSetting& setting, const Measurement& at) {
  nlohmann::ordered_json json = {{"rows", setting.rows}, {"notion", at.notion}, {"k", setting.k}};
  if (!setting.where.empty()) json["where"] = setting.where;
  json.update({{"threads", at.threads},
               {"together", at.together},
               {"engine", at.engine},
               {"plan", at.plan},
               {"exact", at.exact}});
  if (at.ef > 0) json["ef"] = at.ef;
  if (at.nprobe > 0) json["nprobe"] = at.nprobe;
  json.update({{"recall", at.recall.value},
               {"recall_interval", {at.recall.low, at.recall.high}},
               {"asked", at.asked},
               {"queries_per_second", at.queries_per_second},
               {"p50_ms", 1e3 * at.p50},
               {"p99_ms", 1e3 * at.p99}});
  if (at.build_seconds) json["build_seconds"] = *at.build_seconds;
  if (at.item_bytes) json["item_bytes"] = *at.item_bytes;
  return json;
}

std::string MeasurementTable(const BenchSetting& setting, const std::vector<Measurement>& all) {
  const bool built =
      std::ranges::any_of(all, [](const Measurement& at) { return at.item_bytes.has_value(); });
  std::vector<std::vector<std::string>> rows = {{"notion", "engine", "plan", "ef/nprobe",
                                                 fmt::format("recall@{}", setting.k), "queries/s",
                                                 "p50", "p99"}};
  if (built) rows[0].insert(rows[0].end(), {"build", "bytes/item"});
  for (const Measurement& at : all) {
    std::vector<std::string>& row = rows.emplace_back();
    const int width = std::max(at.ef, at.nprobe);
    row = {at.notion,
           at.engine,
           at.plan,
           width > 0 ? std::to_string(width) : "",
           RecallText(at),
           fmt::format("{:.0f}", at.queries_per_second),
           Milliseconds(at.p50),
           Milliseconds(at.p99)};
    if (!built) continue;
    row.push_back(at.build_seconds ? fmt::format("{:.1f} s", *at.build_seconds) : "");
    row.push_back(at.item_bytes ? fmt::format("{:.0f}", *at.item_bytes) : "");
  }
  return cli::FormatTable(rows);
}

std::string FrontierPlot(const BenchSetting& setting, const std::string& notion,
                         const std::vector<Measurement>& all) {
  LinePlot plot;
  plot.name = fmt::format("Recall against queries a second, {}", notion);
  plot.x_axis = "queries a second";
  plot.y_axis = fmt::format("{}: recall@{} of {} items", notion, setting.k, setting.rows);
  plot.logarithmic_x = true;
  double least = 1;
  for (const Measurement& at : all) {
    if (at.notion != notion || at.recall.value < kLeastRecallShown) continue;
    least = std::min(least, at.recall.low);
    const std::string name = CurveName(at);
    auto found = std::ranges::find(plot.series, name, &LineSeries::name);
    if (found == plot.series.end()) {
      const size_t position = plot.series.size();
      LineSeries& series = plot.series.emplace_back();
      series.name = name;
      series.colour = NotionColour(position);
      series.marker = MarkerOf(position);
      found = plot.series.end() - 1;
    }
    found->points.push_back({.x = at.queries_per_second, .y = at.recall, .marked = true});
  }
  plot.least_y = std::max(kLeastRecallShown, std::floor(100 * least) / 100 - 0.01);
  for (LineSeries& series : plot.series) std::ranges::sort(series.points, {}, &LinePoint::x);
  return StandaloneSvg(FormatLinePlot(plot));
}

}  // namespace csn
